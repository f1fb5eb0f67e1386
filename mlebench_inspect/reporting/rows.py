"""A row of figures, and what its reader must know: why it stands apart from others, and what was pooled in it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlebench_inspect.reporting.pieces import ANSWERS, Piece, same_answers
from mlebench_inspect.reporting.records import Result, RunRecord, Setting
from mlebench_inspect.run.identity import differences

_SHOWN = 70  # characters of a value in a note


@dataclass(frozen=True)
class Row:
    """Results that make one row of figures."""

    setting: Setting
    fields: Mapping[str, Any]
    answers: Mapping[str, str]
    identity: str
    """Digest of the fields, without those that were left out of the comparison."""
    competitions: tuple[str, ...]
    seeds: int
    cells: Mapping[tuple[str, int], Result]
    runs: tuple[RunRecord, ...]
    merged: int = 1
    """How many runs with other competitions stand side by side, at most."""
    variant: int = 1
    """Number among the rows of the same setting."""
    notes: tuple[str, ...] = ()
    """What keeps it apart from the first row of its setting, and what was pooled although it differs."""

    @property
    def title(self) -> str:
        """Its setting's label, with its number where the setting has several rows."""
        return self.setting.label + (f" [{self.variant}]" if self.variant > 1 else "")

    def status(self, competition: str, seed: int) -> str:
        """`scored`, `unscored` or `not run`."""
        result = self.cells.get((competition, seed))
        return result.status if result else "not run"


def apart(row: Row, first: Row, without: Collection[str]) -> Iterator[str]:
    """What keeps a row from being pooled with the first of its setting."""
    told = [
        f"{name} is {_short(here)} (there {_short(there)})"
        for name, (here, there) in _deep_differences(row.fields, first.fields).items()
        if name.split(".")[0] not in without and not _unknown(name, row, first)
    ]
    both = sorted(c for c in row.answers if first.answers.get(c, row.answers[c]) != row.answers[c])
    if both and ANSWERS not in without:
        here, there = row.answers[both[0]][:12], first.answers[both[0]][:12]
        more = f" and {len(both) - 1} more" if len(both) > 1 else ""
        told.append(f"the answers of {both[0]}{more} have the SHA-256 {here} (there {there})")
    if not told:
        told.append(
            f"its plan is {len(row.competitions)} competitions in {row.seeds} seeds "
            f"(there {len(first.competitions)} in {first.seeds})"
        )
    yield f"Not pooled with the first row of {row.setting.label}: {'; '.join(told)}."


def _unknown(name: str, row: Row, first: Row) -> bool:
    """Whether one of the two does not tell what its sandboxes were given, which keeps nothing apart."""
    prefix = "given_"
    return name.startswith(prefix) and not all(any(k.startswith(prefix) for k in r.fields) for r in (row, first))


def pooled(pieces: Sequence[Piece], without: Collection[str]) -> Iterator[str]:
    """What was pooled because the user said so, although it differs."""
    for name in without:
        values = dict.fromkeys(_short(p.fields[name]) for p in pieces if name in p.fields)
        if name == ANSWERS and len(same_answers(pieces)) > 1:
            yield "Pooled as asked, although the answers differ."
        elif len(values) > 1:
            yield f"Pooled as asked, although {name} differs: {'; '.join(values)}."


def _deep_differences(these: Mapping[str, Any], those: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """As `differences`, with the fields of fields under their own names (`limits.token_limit`)."""
    found: dict[str, tuple[Any, Any]] = {}
    for name, (here, there) in differences(these, those).items():
        if isinstance(here, Mapping) and isinstance(there, Mapping):
            found |= {f"{name}.{k}": pair for k, pair in _deep_differences(here, there).items()}
        else:
            found[name] = (here, there)
    return found


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else "not given" if value is None else json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _changed(row: Row) -> list[str]:
    """Competitions whose results were not all graded by the same code, tiers and metric."""
    facts: dict[str, set[tuple[object, ...]]] = {}
    for (name, _), result in sorted(row.cells.items()):
        if r := result.report:
            tiers = (r.gold_threshold, r.silver_threshold, r.bronze_threshold, r.median_threshold)
            facts.setdefault(name, set()).add((*tiers, r.metric, r.is_lower_better, result.folder_digest))
    return [name for name, found in facts.items() if len(found) > 1]


def circumstances(row: Row) -> Iterator[str]:
    """What a reader may want to know of the runs, though it keeps none apart: shards, versions, parallelism."""
    if row.merged > 1:
        yield f"Merged from {row.merged} runs with different competitions and as many seeds."
    if changed := _changed(row):
        yield f"Changed between runs, so that results graded in different ways are pooled: {', '.join(changed)}."
    packages: dict[str, set[str]] = {}
    for run in row.runs:
        for name, version in (run.noted.get("packages") or {}).items():
            packages.setdefault(name, set()).add(str(version))
    parallel = dict.fromkeys(json.dumps(p)[1:-1].replace('"', "") for r in row.runs if (p := r.noted.get("parallel")))
    facts = [f"{name} {', '.join(sorted(versions))}" for name, versions in sorted(packages.items())]
    if facts or parallel:
        yield f"Run with {'; '.join([*facts, *parallel])}."
