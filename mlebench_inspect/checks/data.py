"""Checks of a competition's miniature data and of what its preparation makes of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from mlebench_inspect.checks.case import Case, sums
from mlebench_inspect.checks.fault import Fault

_LARGEST = 64 << 20
"""Bytes of a public file that is looked into."""
_ENOUGH = 2
"""Equal rows that are no accident."""


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
    truth = dict(_targets(case.prepared / case.found.answers, case))
    for path in sorted((case.prepared / "public").rglob("*.csv")):
        if path.name == Path(case.found.sample_submission).name or path.stat().st_size > _LARGEST:
            continue
        same = [key for key, target in _targets(path, case) if truth.get(key) == target]
        if len(same) >= _ENOUGH and len(same) >= len(truth) / 10:
            told = f"public/{path.name} holds the targets of {len(same)} of {len(truth)} test rows"
            raise Fault(told, "drop the target columns of test rows, and keep test rows out of the training data")


def _targets(path: Path, case: Case) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Ids and targets of each row, where a CSV file has these columns."""
    form = case.found.submission
    ids, targets = form.ids(case.revision), form.target_columns
    if path.suffix != ".csv":
        return
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        rows = csv.DictReader(file)
        if not {*ids, *targets} <= set(rows.fieldnames or ()):
            return
        for row in rows:
            yield tuple(row[c] or "" for c in ids), tuple(row[c] or "" for c in targets)
