"""One competition in one revision, with its miniature data, made when it is asked for."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.report import CheckReport, GradingReport
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import Competition

if TYPE_CHECKING:
    import pandas as pd


class Case:
    """A competition, and a folder for its data.

    Args:
        found: The competition.
        revision: Of the data.
        folder: New or empty; data is made in it. Data that is there already, as this lays it out, is used.
    """

    def __init__(self, found: Competition, revision: Revision, folder: Path) -> None:
        self.found, self.revision, self.folder = found, revision, folder

    @cached_property
    def raw(self) -> Path:
        """Miniature raw data of seed 0."""
        raw = self.folder / "raw"
        if not raw.exists():
            self.found.make_miniature(raw, 0)
        return raw

    @cached_property
    def prepared(self) -> Path:
        """What preparation made of it: a folder with `public` and `private`."""
        prepared = self.folder / "prepared"
        if not prepared.exists():
            self.prepare(self.raw, prepared)
        return prepared

    def prepare(self, raw: Path, target: Path) -> None:
        """Prepares raw data in a folder of its own."""
        self.found.prepare(raw, target / "public", target / "private", self.revision)

    @cached_property
    def answers(self) -> pd.DataFrame:
        """The answers, as the grader has them read."""
        read = getattr(self.grader, "read_answers", _read)
        answers: pd.DataFrame = read(self.prepared / self.found.answers, self.options)
        return answers

    @cached_property
    def perfect(self) -> pd.DataFrame:
        """A submission built from the answers: by the miniature's own `perfect`, else the answers' own columns."""
        sample = _read(self.prepared / self.found.sample_submission, self.options)
        own = getattr(self.found.module("miniature"), "perfect", None)
        return own(self.answers, sample) if own else self.answers[list(sample.columns)]

    @property
    def perfect_score(self) -> float:
        """What that scores: by the miniature's own `perfect_score` where it depends on the answers."""
        own = getattr(self.found.module("miniature"), "perfect_score", None)
        return float(own(self.answers, self.revision)) if own else self.found.perfect_score

    @property
    def grader(self) -> Any:
        """The module that grades."""
        return self.found.module("grade")

    @property
    def options(self) -> dict[str, Any]:
        """How the grader has tables read."""
        options: dict[str, Any] = getattr(self.grader, "READ_CSV", {}).get(self.revision, {})
        return options

    def grade(self, submission: Path | pd.DataFrame) -> GradingReport:
        """The grading of a submission against the miniature's answers."""
        return self.found.grade(submission, self.prepared / "private", self.revision, data="miniature")

    def check(self, submission: Path) -> CheckReport:
        """What an agent is told of a submission."""
        return self.found.check(submission, self.prepared / "public", self.revision)

    def written(self, text: str) -> Path:
        """A submission file of that text."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "submission.csv"
        path.write_text(text, encoding="utf-8")
        return path


def _read(path: Path, options: dict[str, Any]) -> Any:
    from mlebench_inspect.tasks.preparing import read_csv

    return read_csv(path, **options)


def sums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path there."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
