"""The frozen table: for each competition its base files and the verdict on each form."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from forms.generator import forms

FOLDER = Path(__file__).parent
Verdict = float | str
"""A score rounded to 5 decimals, `invalid`, or `undefined` (valid, but infinite or not a number)."""


@dataclass
class Frozen:
    """One competition's part of the table.

    Args:
        files: Path under the prepared folder to content; `submission` is the submission that the forms are made of.
        ids: Its id columns.
        targets: Its columns with predictions.
        sample: Path of the sample submission.
        verdicts: Revision to form to verdict.
        known: Form to why this package may differ there.
    """

    files: dict[str, str | bytes]
    ids: list[str]
    targets: list[str]
    sample: str
    verdicts: dict[str, dict[str, Verdict]]
    known: dict[str, str] = field(default_factory=dict)

    @property
    def forms(self) -> dict[str, bytes]:
        """All forms of the submission."""
        submission, sample = self.files["submission"], self.files[self.sample]
        assert isinstance(submission, str)
        assert isinstance(sample, str)
        return forms(submission, self.ids, self.targets, sample)

    def lay_out(self, folder: Path) -> None:
        """Writes the prepared folder."""
        for path, content in self.files.items():
            if path != "submission":
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content if isinstance(content, bytes) else content.encode())
        for part in ("public", "private"):
            (folder / part).mkdir(exist_ok=True)


def frozen_ids() -> set[str]:
    """Names of the competitions in the table."""
    return {path.stem for path in FOLDER.glob("*.yaml")}


def load(competition_id: str) -> Frozen:
    """Reads a competition's part."""
    found = yaml.load((FOLDER / f"{competition_id}.yaml").read_text(encoding="utf-8"), _LOADER)
    revisions = {name: _by_form(found.pop(name)) for name in ("v1", "v2") if name in found}
    return Frozen(verdicts=revisions, **found)


def save(competition_id: str, table: Frozen) -> None:
    """Writes a competition's part: forms are listed under their verdict."""
    content = {"ids": table.ids, "targets": table.targets, "sample": table.sample, "files": table.files}
    if table.known:
        content["known"] = table.known
    text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=118, allow_unicode=True, default_flow_style=None)
    for revision, verdicts in table.verdicts.items():
        text += f"{revision}:\n" + "".join(_lines(verdict, names) for verdict, names in _by_verdict(verdicts).items())
    (FOLDER / f"{competition_id}.yaml").write_text(text, encoding="utf-8")


def _lines(verdict: Verdict, names: list[str]) -> str:
    """One verdict and its forms, no name broken over two lines."""
    line, lines = f"  {_key(verdict)}: [", []
    for place, name in enumerate(names):
        item = (name if re.fullmatch(r"\w[^,:\[\]{}'\"\\]*", name) else json.dumps(name)) + (
            "]" if name == names[-1] else ","
        )
        if place and len(line) + len(item) >= 118:
            lines.append(line)
            line = "   "
        line += item if line.endswith("[") else f" {item}"
    return "\n".join([*lines, line]) + "\n"


def _key(verdict: Verdict) -> str:
    """A number as YAML 1.1 knows it, with a point."""
    if isinstance(verdict, str):
        return verdict
    digits, *exponent = repr(verdict).split("e")
    return "e".join([digits if "." in digits else f"{digits}.0", *exponent])


def _by_form(verdicts: dict[Verdict, list[str]]) -> dict[str, Verdict]:
    return {form: verdict for verdict, forms in verdicts.items() for form in forms}


def _by_verdict(verdicts: dict[str, Verdict]) -> dict[Verdict, list[str]]:
    found: dict[Verdict, list[str]] = {}
    for form, verdict in verdicts.items():
        found.setdefault(verdict, []).append(form)
    return dict(sorted(found.items(), key=lambda item: (isinstance(item[0], str), item[0])))


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""

    def ignore_aliases(self, data: object) -> bool:
        """Repeats what occurs twice."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
