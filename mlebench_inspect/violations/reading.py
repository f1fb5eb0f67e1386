"""Reading back what scanners found: the verdicts in the folders `scans` beside logs.

Scout keeps one Parquet file for each scanner of a scan, with the whole transcript in each row. Only the few columns
that hold a verdict are read, and Scout itself is not needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import IO, Any, NamedTuple

from mlebench_inspect._inspect import listed, opened
from mlebench_inspect.run.artifacts import Archive
from mlebench_inspect.violations.questions import QUESTIONS, Question
from mlebench_inspect.violations.verdicts import Verdict

SCANS = "scans"
"""Folder beside a log that Inspect and Scout write scans to."""
_COLUMNS = ["transcript_id", "timestamp", "metadata"]
_RANK = {"filter": 0, "judge": 1, "person": 2}
_LONGEST = 1 << 20  # characters of a verdict; an honest one has some 20,000


class Dated(NamedTuple):
    """A verdict, and when it was given."""

    verdict: Verdict
    when: float
    """Seconds since the epoch."""


def verdicts_beside(logs: Iterable[str], scans: Sequence[str] = ()) -> dict[str, list[Verdict]]:
    """The verdicts on the samples of logs, whether scanned live or afterwards.

    Args:
        logs: Paths or URLs of logs; their folders are looked into, each once.
        scans: Further folders with scans.

    Returns:
        For each sample (by its `uuid`) one verdict for each question that has any, in the order of the questions. A
        person's comes before a judge's, a judge's before the filter's; of equal ones the newest counts.
    """
    folders = dict.fromkeys([f"{Archive.of_log(log).root}/{SCANS}" for log in logs] + [s.rstrip("/") for s in scans])
    found: dict[str, list[Dated]] = {}
    for folder in folders:
        for sample, dated in _in_scans(folder):
            found.setdefault(sample, []).append(dated)
    return {sample: decisive(dated) for sample, dated in found.items()}


def decisive(found: Iterable[Dated]) -> list[Verdict]:
    """Of several verdicts on one sample the one that counts for each question."""
    best: dict[Question, Dated] = {}
    for dated in found:
        now = best.get(dated.verdict.question)
        if now is None or _weight(dated) >= _weight(now):
            best[dated.verdict.question] = dated
    return [best[question].verdict for question in QUESTIONS if question in best]


def _weight(dated: Dated) -> tuple[int, float]:
    return _RANK[dated.verdict.by], dated.when


def _in_scans(folder: str) -> Iterator[tuple[str, Dated]]:
    """All verdicts in a folder of scans; what is damaged, or another's, is passed over."""
    with suppress(OSError):
        for scan in listed(folder):
            with suppress(OSError):
                for name in listed(scan) if "scan_id=" in scan else ():
                    if name.endswith(".parquet") and any(question in name for question in QUESTIONS):
                        yield from _in_table(name)


def _in_table(name: str) -> Iterator[tuple[str, Dated]]:
    with suppress(Exception):  # whatever reading a damaged file or a cloud's client raises
        with opened(name) as file:
            rows = list(_rows(file))
        for sample, when, text in rows:
            with suppress(ValueError):  # another's, or no time
                if text is not None and len(text) <= _LONGEST:
                    when = datetime.fromisoformat(when).timestamp()
                    yield str(sample), Dated(Verdict.model_validate_json(text), when)


def _rows(file: IO[bytes]) -> Iterator[tuple[Any, ...]]:
    """Sample, time and verdict of each row. Row groups are read one by one, since their dictionaries may differ."""
    import pyarrow.parquet as parquet

    table = parquet.ParquetFile(file)
    for group in range(table.num_row_groups):
        part = table.read_row_group(group, columns=_COLUMNS)
        yield from zip(*(part.column(name).to_pylist() for name in _COLUMNS), strict=True)
