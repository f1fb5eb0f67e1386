"""Whatever a submission holds, each grader ends in a verdict of its own, well within memory and time."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

import bombs
from mlebench_inspect.run import limits, worker
from mlebench_inspect.tasks import UNFORESEEN, Competition, competition, competition_ids
from mlebench_inspect.tasks.preparing import read_csv

SECONDS = 60
Prepared = Callable[..., Path]
each = pytest.mark.parametrize(
    ("competition_id", "revision"), [(i, r) for i in competition_ids() for r in ("v1", "v2")]
)


def sound(found: Competition, root: Path, revision: str) -> tuple[pd.DataFrame, str]:
    """A submission with cells of the right kind, and its last target column."""
    module = import_module(f"mlebench_inspect.tasks.{found.folder.name}.grade")
    options = getattr(module, "READ_CSV", {}).get(revision, {})
    sample = read_csv(root / found.sample_submission, **options)
    answers = getattr(module, "read_answers", lambda p, o: read_csv(p, **o))(root / found.answers, options)
    perfect = getattr(import_module(f"mlebench_inspect.tasks.{found.folder.name}.miniature"), "perfect", None)
    table = perfect(answers, sample) if perfect else answers[list(sample.columns)]
    ids = found.submission.ids(revision)  # type: ignore[arg-type]
    return table, next((c for c in reversed(table.columns) if c not in ids), table.columns[-1])


class Graded(NamedTuple):
    code: int
    text: str
    seconds: float
    memory: int

    def complaint(self, size: int) -> str | None:
        """What is wrong with this end; None for a verdict within its limits."""
        if self.code or not self.text.startswith("{"):
            return f"code {self.code}, {self.seconds:.0f} s, {self.memory / 2**20:.0f} MiB: {self.text[:300]}"
        report = json.loads(self.text)
        if (report["error"] or "").startswith(UNFORESEEN):
            return f"unforeseen: {report['detail'][:300]}"
        if len(report["error"] or "") > 2000:
            return f"an error of {len(report['error']):,} characters"
        return None


@pytest.fixture(scope="session")
def grade() -> Iterator[Callable[[dict[str, Any]], Graded]]:
    """Grades in processes of their own."""
    script = Path(__file__).parents[1] / "forking.py"
    environment = {**os.environ, **worker.ENVIRONMENT}
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin
        assert process.stdout

        def one(request: dict[str, Any]) -> Graded:
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            return Graded(*json.loads(process.stdout.readline()))

        yield one
        process.stdin.close()


def complaints(
    grade: Callable[[dict[str, Any]], Graded],
    found: Competition,
    root: Path,
    revision: str,
    file: Path,
    made: Iterator[tuple[str, Callable[[], bytes]]],
) -> list[str]:
    """What went wrong, a line for each of the submissions."""
    told = []
    for name, make in made:
        file.write_bytes(make())
        size = file.stat().st_size
        request = {
            "competition": found.id,
            "submission": str(file),
            "private": str(root / "private"),
            "revision": revision,
            "data": "miniature",
            "max_bytes": 1 << 31,
            "memory": limits.of_grading(size, (root / found.answers).stat().st_size).memory,
            "seconds": SECONDS,
        }
        ended = grade(request)
        if complaint := ended.complaint(size):
            told.append(f"{found.id} {revision} {name}: {complaint}")
        if os.environ.get("HOSTILE_TIMES"):
            with open(os.environ["HOSTILE_TIMES"], "a", encoding="utf-8") as log:
                log.write(f"{ended.seconds:.1f} {ended.memory >> 20} {size >> 10} {found.id} {revision} {name}\n")
    return told


def values(table: pd.DataFrame, seed: str, count: int) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for k in range(count):
        yield f"values {k}", lambda k=k: bombs.with_values(table, random.Random(f"{seed} {k}"))  # type: ignore[misc]


@each
def test_some_of_each(competition_id: str, revision: str, prepared: Prepared, tmp_path: Path, grade: Any) -> None:
    found, root = competition(competition_id), prepared(competition_id, revision) / "prepared"
    table, column = sound(found, root, revision)
    rng = random.Random(f"{competition_id} {revision}")
    chosen = rng.sample(list(bombs.bombs(table, column, 300_000)), 2)
    made = iter([*chosen, *values(table, f"{competition_id} {revision}", 1)])
    assert not complaints(grade, found, root, revision, tmp_path / "submission.csv", made)


@pytest.mark.nightly
@each
def test_bombs(competition_id: str, revision: str, prepared: Prepared, tmp_path: Path, grade: Any) -> None:
    found, root = competition(competition_id), prepared(competition_id, revision) / "prepared"
    table, column = sound(found, root, revision)
    made = bombs.bombs(table, column, 8 << 20)
    told = complaints(grade, found, root, revision, tmp_path / "submission.csv", made)
    assert not told, "\n".join(told)


@pytest.mark.nightly
@each
def test_values(competition_id: str, revision: str, prepared: Prepared, tmp_path: Path, grade: Any) -> None:
    found, root = competition(competition_id), prepared(competition_id, revision) / "prepared"
    table, _ = sound(found, root, revision)
    made = values(table, f"{competition_id} {revision} long", 40)
    told = complaints(grade, found, root, revision, tmp_path / "submission.csv", made)
    assert not told, "\n".join(told)
