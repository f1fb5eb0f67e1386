"""Every competition, on its miniature data: preparing, grading the sample, a perfect and a shuffled submission."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from mlebench_inspect.checks import Case
from mlebench_inspect.checks.data import depends_on_the_seed_alone, prepares
from mlebench_inspect.checks.grading import gives_the_best_to_the_answers, takes_the_sample
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import competition, competition_ids

Prepared = Callable[..., Path]
REAL_DATA = Path(__file__).parents[3] / "shared" / "data"

each_competition = pytest.mark.parametrize("competition_id", competition_ids())
each_revision = pytest.mark.parametrize("revision", ["v1", "v2"])


@each_revision
@each_competition
def test_prepared_files(competition_id: str, revision: str, prepared: Prepared) -> None:
    found = competition(competition_id)
    root = prepared(competition_id, revision) / "prepared"
    assert (root / "public/description.md").stat().st_size > 500
    assert (root / found.answers).is_file()
    assert (root / found.sample_submission).is_file()
    if revision == "v1":
        for part in ("public", "private"):
            for name in getattr(found.checksums, part):
                assert (root / part / name).is_file(), f"{part}/{name} has a published checksum but was not made"


@each_revision
@each_competition
def test_sample_submission_is_valid(competition_id: str, revision: Revision, prepared: Prepared) -> None:
    takes_the_sample(Case(competition(competition_id), revision, prepared(competition_id, revision)))


@each_revision
@each_competition
def test_perfect_submission_is_best_and_a_shuffled_one_is_not(
    competition_id: str, revision: Revision, prepared: Prepared
) -> None:
    gives_the_best_to_the_answers(Case(competition(competition_id), revision, prepared(competition_id, revision)))


@each_competition
def test_miniature_depends_on_its_seed_alone(competition_id: str, tmp_path: Path) -> None:
    depends_on_the_seed_alone(Case(competition(competition_id), "v1", tmp_path))


@each_competition
def test_preparing_changes_no_raw_file(competition_id: str, tmp_path: Path) -> None:
    prepares(Case(competition(competition_id), "v1", tmp_path))


@pytest.mark.parametrize("competition_id", sorted(p.parent.name for p in REAL_DATA.glob("*/raw")) or ["none"])
def test_real_data_has_the_published_checksums(competition_id: str, tmp_path: Path) -> None:
    raw = REAL_DATA / competition_id / "raw"
    if not raw.is_dir():
        pytest.skip("no real data beside the checkout (it is not part of the project)")
    found = competition(competition_id)
    found.prepare(raw, tmp_path / "public", tmp_path / "private")
    for part in ("public", "private"):
        for name, published in getattr(found.checksums, part).items():
            assert digest(tmp_path / part / name) == published, f"{part}/{name}"


def digest(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
