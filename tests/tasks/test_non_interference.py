"""The agent's check tells nothing about answers: what it says is the same for all answers to the same public data.

Of each competition there are two sets of answers that give different grades, and a copy of the data without any.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from inspect_ai.util import Store

from hostile import KINDS, Hostile, Table, hostile
from mlebench_inspect.checks import Case
from mlebench_inspect.run import validation
from mlebench_inspect.tasks import Competition, competition, competition_ids
from perturbed import perturb

Prepared = Callable[..., Path]

each_competition = pytest.mark.parametrize("competition_id", competition_ids())
each_revision = pytest.mark.parametrize("revision", ["v1", "v2"])

ORACLES = {
    "3d-object-detection-for-autonomous-vehicles": "structure",  # a faulty box of a class that the sample holds
    "h-and-m-personalized-fashion-recommendations": "dropped row",  # a customer who bought something
    "jigsaw-toxic-comment-classification-challenge": "number",  # no number in a scored row
    "osic-pulmonary-fibrosis-progression": "doubled row",  # a repeated row of a scored week
}
"""What v1's grading refuses for some answers and takes for others."""
SAYS_LESS = {
    *ORACLES,
    "siim-covid19-detection",  # confidences that are not finite, of classes that the answers hold
    "stanford-covid-vaccine",  # what is no number in scored rows
    "tweet-sentiment-extraction",  # empty texts where nothing was selected
    "ventilator-pressure-prediction",  # what is no number in scored rows
}
"""Where v1's grading refuses more than its check, which has a notice in that case."""
ROWS = 3  # in which faults are tried; some 200 submissions


class Place:
    """The data of one competition in a data folder of its own.

    Args:
        found: The competition.
        root: Its miniature data.
        folder: New data folder.
        revision: Revision of the data.
        answers: None of them, the `true` ones, or `others`.
    """

    def __init__(self, found: Competition, root: Path, folder: Path, revision: str, answers: str | None) -> None:
        self.found, self.revision, self.folder = found, revision, folder
        prepared = folder / found.id / ("prepared" if revision == "v1" else "prepared-v2")
        self.public, self.private = prepared / "public", prepared / "private"
        shutil.copytree(root / "prepared/public", self.public, copy_function=os.link)
        if answers:
            shutil.copytree(root / "prepared/private", self.private)
        if answers == "others":
            perturb(found, root / "prepared" / found.answers, prepared / found.answers, self.public)

    def check(self, submission: Path) -> str:
        """What the check says."""
        return self.found.check(submission, self.public, self.revision).model_dump_json()  # type: ignore[arg-type]

    def grade(self, submission: Path) -> tuple[float | None, str | None]:
        """Score and error of the final grading."""
        report = self.found.grade(submission, self.private, self.revision)  # type: ignore[arg-type]
        return report.score, report.error


def place_of(prepared: Prepared, tmp_path: Path, competition_id: str, revision: str, answers: str | None) -> Place:
    root = prepared(competition_id, revision)
    return Place(competition(competition_id), root, tmp_path / f"{answers}-answers", revision, answers)


def submissions(place: Place, root: Path, rows: int) -> Iterator[Hostile]:
    """Hostile submissions with faults in so many rows, from the first to the last."""
    good = Table.read(root / "prepared" / place.found.sample_submission)
    last = len(good.rows) - 1
    chosen = sorted({round(last * k / max(rows - 1, 1)) for k in range(rows)})
    ids = place.found.submission.ids(place.revision)  # type: ignore[arg-type]
    return hostile(good, ids, chosen)


def written(folder: Path, content: bytes) -> Path:
    path = folder / "submission.csv"
    path.write_bytes(content)
    return path


def assert_agrees(place: Place, submission: Path, said: str, graded: tuple[float | None, str | None]) -> None:
    """What the check refuses, the grading does too; what it takes, the grading takes but for documented reasons."""
    valid, error = '"valid":true' in said, graded[1] or ""
    if not valid:
        assert graded[1] is not None
    elif graded[1] is not None and not error.startswith("the metric is"):
        assert (place.revision, place.found.id in SAYS_LESS) == ("v1", True), error
        assert "where this is scored, it is refused" in said


@each_revision
@each_competition
def test_check_needs_no_answers_and_agrees_with_the_grading(
    competition_id: str, revision: str, prepared: Prepared, tmp_path: Path
) -> None:
    place = place_of(prepared, tmp_path, competition_id, revision, None)
    root = prepared(competition_id, revision)
    chance = random.Random(competition_id)
    for one in chance.sample(list(submissions(place, root, rows=1)), 2):
        path = written(tmp_path, one.content)
        said = place.check(path)
        place.private = root / "prepared/private"
        assert_agrees(place, path, said, place.grade(path))


@pytest.mark.nightly
@each_revision
@each_competition
def test_check_says_the_same_whatever_the_answers(
    competition_id: str, revision: str, prepared: Prepared, tmp_path: Path
) -> None:
    none, one, other = (place_of(prepared, tmp_path, competition_id, revision, a) for a in (None, "true", "others"))
    made = list(submissions(none, prepared(competition_id, revision), ROWS))
    assert {h.kind for h in made} == KINDS
    for hostile_one in made:
        path = written(tmp_path, hostile_one.content)
        said = none.check(path)
        assert one.check(path) == said, hostile_one.name
        assert other.check(path) == said, hostile_one.name
        assert_agrees(one, path, said, one.grade(path))


@each_revision
@each_competition
def test_other_answers_give_another_grade(
    competition_id: str, revision: str, prepared: Prepared, tmp_path: Path
) -> None:
    """Without this the test above would compare nothing."""
    found, root = competition(competition_id), prepared(competition_id, revision)
    path = tmp_path / "submission.csv"
    Case(found, revision, root).perfect.to_csv(path, index=False)
    one, other = (place_of(prepared, tmp_path, competition_id, revision, a) for a in ("true", "others"))
    assert one.grade(path) != other.grade(path)


@pytest.mark.parametrize("competition_id", ORACLES)
def test_whole_check_is_no_oracle_where_the_grading_is_one(
    competition_id: str, prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (place_of(prepared, tmp_path, competition_id, "v1", a) for a in ("true", "others"))
    path = tmp_path / "submission.csv"
    tells = next(
        h
        for h in submissions(one, prepared(competition_id), rows=200)
        if h.kind == ORACLES[competition_id] and _tells(one, other, written(tmp_path, h.content))
    )
    monkeypatch.setattr(validation, "provider", lambda name: _Box(path))
    said = {anyio.run(validation._check, settings(place), str(path)) for place in (one, other)}
    assert len(said) == 1, tells.name
    assert said.pop().startswith("The submission is valid.")


def _tells(one: Place, other: Place, submission: Path) -> bool:
    """Whether the grading takes the submission for one set of answers and refuses it for the other."""
    return (one.grade(submission)[1] is None) != (other.grade(submission)[1] is None)


def settings(place: Place) -> validation.Validation:
    return validation.Validation(
        store=Store(),
        competition_id=place.found.id,
        data_dir=str(place.folder),
        revision=place.revision,
        max_bytes=1 << 30,
    )


class _Box:
    """A sandbox in which the submission lies."""

    def __init__(self, submission: Path) -> None:
        self.paths = SimpleNamespace(submission_file=str(submission))

    async def take_out(self, handle: Any, source: str, target: Path, *args: Any, **options: Any) -> None:
        shutil.copyfile(source, target)
