"""Checks of a competition's miniature data and of what its preparation makes of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from mlebench_inspect.checks.case import Case, sums
from mlebench_inspect.checks.fault import Fault

_LARGEST = 16 << 20
"""Bytes of a public file that is looked into."""
_ENOUGH = 2
"""Equal rows that are no accident."""
_NO_ACCIDENT = 12
"""Equal values of a column that are none either; of those in another order, so many different ones."""
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
"""Of the tables that are looked into."""


def depends_on_the_seed_alone(case: Case) -> None:
    """The same seed makes the same miniature, byte for byte, and another one another."""
    found = case.found
    found.make_miniature(case.folder / "again", seed=0)
    found.make_miniature(case.folder / "other", seed=1)
    first, again, other = sums(case.raw), sums(case.folder / "again"), sums(case.folder / "other")
    if first != again:
        told = ", ".join(sorted(n for n in first.keys() | again.keys() if first.get(n) != again.get(n))[:3])
        raise Fault(f"seed 0 made other files the second time: {told}", "draw from numpy.random.default_rng(seed)")
    if first == other:
        raise Fault("seeds 0 and 1 make the same files", "draw from numpy.random.default_rng(seed)")


def makes_its_raw_files(case: Case) -> None:
    """The miniature has the raw files that `competition.yaml` names."""
    named = [f.path for f in case.found.raw_files if not any(c in f.path for c in "*<{")]
    missing = [name for name in named if not (case.raw / name).exists()]
    if missing:
        raise Fault(f"make_raw does not write {', '.join(missing[:3])}", "write what raw_files in the YAML names")


def prepares(case: Case) -> None:
    """Preparing makes the answers, the sample submission and something to learn from; raw files stay as they are."""
    before = sums(case.raw)
    prepared = case.prepared
    if sums(case.raw) != before:
        raise Fault("preparing changed raw files", "write into `public` and `private` alone")
    for name in (case.found.answers, case.found.sample_submission, case.found.public_sample):
        if not (prepared / name).is_file():
            raise Fault(f"prepare.py does not write {name}, which competition.yaml names", "write it, or mend the name")
    others = {"description.md", Path(case.found.public_sample).name}
    if not {Path(name).name for name in sums(prepared / "public")} - others:
        raise Fault("public/ holds the sample submission alone", "write training data and test inputs there")


def prepares_the_same_again(case: Case) -> None:
    """A second preparation makes the same files, byte for byte."""
    case.prepare(case.raw, case.folder / "second")
    first, second = sums(case.prepared), sums(case.folder / "second")
    changed = sorted(n for n in first.keys() | second.keys() if first.get(n) != second.get(n))
    if changed:
        mend = "split with tasks.preparing, or draw with a fixed seed; write no times into files"
        raise Fault(f"preparing once more made other files: {', '.join(changed[:3])}", mend)


def hides_the_answers(case: Case) -> None:
    """No public file is a private one, and none tells the targets of the test rows."""
    if case.found.leaks_in(case.revision):
        return  # a known issue says so
    private = {digest: name for name, digest in sums(case.prepared / "private").items()}
    for name, digest in sums(case.prepared / "public").items():
        if digest in private:
            raise Fault(f"public/{name} is private/{private[digest]}", "write it into `private` alone")
    answers = _columns(case.prepared / case.found.answers)
    truth = dict(_pairs(answers, case))
    wanted = {c: answers[c] for c in case.found.submission.target_columns if c in answers}
    mend = "drop the target columns of test rows, and keep test rows out of the training data"
    for path in sorted((case.prepared / "public").rglob("*")):
        if path.suffix not in _DELIMITERS or path.name == Path(case.found.sample_submission).name:
            continue
        if path.stat().st_size > _LARGEST:
            continue
        columns = _columns(path)
        same = [key for key, target in _pairs(columns, case) if truth.get(key) == target]
        if len(same) >= _ENOUGH and len(same) >= len(truth) / 10:
            raise Fault(f"public/{path.name} holds the targets of {len(same)} of {len(truth)} test rows", mend)
        for name, values in columns.items():
            if told := next((c for c, targets in wanted.items() if _tells(values, targets)), None):
                raise Fault(f"column {name!r} of public/{path.name} holds the targets of the test rows, {told!r}", mend)


def _tells(values: list[str], targets: list[str]) -> bool:
    """Whether a column is that of the targets under another name, in whatever order."""
    if len(values) != len(targets):
        return False
    if values == targets:
        return len(set(targets)) > 1 and len(targets) >= _NO_ACCIDENT
    return len(set(targets)) >= _NO_ACCIDENT and sorted(values) == sorted(targets)


def _columns(path: Path) -> dict[str, list[str]]:
    """Columns of a table by name, with numbers written in one way; none of what is no table, such as long texts."""
    if path.suffix not in _DELIMITERS:
        return {}
    try:
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            head, *rows = [row for row in csv.reader(file, delimiter=_DELIMITERS[path.suffix]) if row] or [[]]
    except csv.Error:
        return {}
    whole = [row for row in rows if len(row) == len(head)]
    return {name: [_written(row[place]) for row in whole] for place, name in enumerate(head)}


def _written(text: str) -> str:
    try:
        return repr(float(text))
    except ValueError:
        return text.strip()


def _pairs(columns: dict[str, list[str]], case: Case) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Ids and targets of each row, where a table has these columns."""
    form = case.found.submission
    ids, targets = form.ids(case.revision), form.target_columns
    if {*ids, *targets} <= columns.keys():
        of = [list(zip(*(columns[c] for c in names), strict=True)) for names in (ids, targets)]
        yield from zip(*of, strict=True)
