"""Freezes the table of forms from oracles: `python tests/forms/freeze.py ORACLES ID ...`.

An oracle is a Python file, named like the competition with `_` for `-`, that has `BASE` (path under the prepared folder
to text, and `submission`), `ID` and `TARGETS` (columns), and `v1(submission, prepared) -> float`, which grades as
naively as the published benchmark does. What it raises means invalid. Optional are `v2`, `KNOWN` (form to reason),
`SAMPLE` (path of a sample submission whose name does not say so) and `write(folder)`, which adds files that
are no text.

NUL bytes are invalid here whatever the oracle says: only plain UTF-8 text is a submission (docs/sandbox.md).

Run it under the libraries that the published benchmark pins: pandas 2.2.3, NumPy 2.0.2, scikit-learn 1.5.2.
"""

from __future__ import annotations

import importlib
import math
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parents[1]))

from forms.frozen import FOLDER, Frozen, Verdict, save


def freeze(oracle: ModuleType) -> Frozen:
    """Asks an oracle for its verdict on each form."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared"
        sample = getattr(oracle, "SAMPLE", None) or next(path for path in oracle.BASE if "sample" in path.lower())
        table = Frozen(dict(oracle.BASE), oracle.ID, oracle.TARGETS, sample, {}, getattr(oracle, "KNOWN", {}))
        table.lay_out(prepared)
        if hasattr(oracle, "write"):
            oracle.write(prepared)
            added = (path for path in sorted(prepared.rglob("*")) if path.is_file())
            table.files |= {
                name: path.read_bytes()
                for path in added
                if (name := str(path.relative_to(prepared))) not in oracle.BASE
            }
        for revision in ("v1", "v2"):
            if hasattr(oracle, revision):
                grade = getattr(oracle, revision)
                table.verdicts[revision] = {
                    form: _verdict(grade, content, prepared) for form, content in table.forms.items()
                }
        return table


def _verdict(grade: Callable[[Path, Path], float], content: bytes, prepared: Path) -> Verdict:
    if b"\0" in content:
        return "invalid"
    submission = prepared.parent / "submission.csv"
    submission.write_bytes(content)
    try:
        score = grade(submission, prepared)
        return float(round(score, 5)) + 0.0 if math.isfinite(score) else "undefined"
    except Exception:
        return "invalid"


def main() -> None:
    """Freezes the competitions named."""
    warnings.simplefilter("ignore")
    folder, *names = sys.argv[1:]
    sys.path.insert(0, folder)
    for name in names:
        table = freeze(importlib.import_module(name.replace("-", "_")))
        save(name, table)
        counts = {kind: list(table.verdicts["v1"].values()).count(kind) for kind in ("invalid", "undefined")}
        print(f"{FOLDER.name}/{name}.yaml: {len(table.verdicts['v1'])} forms, {counts}", flush=True)


if __name__ == "__main__":
    main()
