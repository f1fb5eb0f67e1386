"""Every competition, on its miniature data: preparing, grading the sample, a perfect and a shuffled submission."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from mlebench_inspect.tasks import Competition, competition, competition_ids
from mlebench_inspect.tasks.preparing import read_csv

Prepared = Callable[..., Path]
REAL_DATA = Path(__file__).parents[3] / "shared" / "data"

each_competition = pytest.mark.parametrize("competition_id", competition_ids())
each_revision = pytest.mark.parametrize("revision", ["v1", "v2"])


def perfect(found: Competition, root: Path, revision: str) -> pd.DataFrame:
    """A submission built from the answers: by the competition's own `perfect`, else the answers' own columns."""
    miniature = import_module(f"mlebench_inspect.tasks.{found.folder.name}.miniature")
    options = getattr(grader(found), "READ_CSV", {}).get(revision, {})
    sample = read_csv(root / "prepared" / found.sample_submission, **options)
    answers = read_answers(found, root, revision)
    if hasattr(miniature, "perfect"):
        return miniature.perfect(answers, sample)
    return answers[list(sample.columns)]


def perfect_score(found: Competition, root: Path, revision: str) -> float:
    """What `perfect` scores: as the competition's own `perfect_score` says where it depends on the answers."""
    miniature = import_module(f"mlebench_inspect.tasks.{found.folder.name}.miniature")
    if hasattr(miniature, "perfect_score"):
        return miniature.perfect_score(read_answers(found, root, revision), revision)
    return found.perfect_score


def grader(found: Competition) -> ModuleType:
    return import_module(f"mlebench_inspect.tasks.{found.folder.name}.grade")


def read_answers(found: Competition, root: Path, revision: str) -> pd.DataFrame:
    options = getattr(grader(found), "READ_CSV", {}).get(revision, {})
    read = getattr(grader(found), "read_answers", lambda path, options: read_csv(path, **options))
    return read(root / "prepared" / found.answers, options)


def grade(found: Competition, root: Path, table: pd.DataFrame, tmp_path: Path, revision: str):
    path = tmp_path / "submission.csv"
    table.to_csv(path, index=False)
    return found.grade(path, root / "prepared/private", revision, data="miniature")


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
def test_sample_submission_is_valid(competition_id: str, revision: str, prepared: Prepared) -> None:
    found = competition(competition_id)
    root = prepared(competition_id, revision)
    report = found.grade(root / "prepared" / found.sample_submission, root / "prepared/private", revision)
    assert report.error is None
    assert report.valid_submission


@each_revision
@each_competition
def test_perfect_submission_is_best_and_a_shuffled_one_is_not(
    competition_id: str, revision: str, prepared: Prepared, tmp_path: Path
) -> None:
    found = competition(competition_id)
    root = prepared(competition_id, revision)
    table = perfect(found, root, revision)
    best = grade(found, root, table, tmp_path, revision)
    assert best.error is None
    assert best.score == pytest.approx(perfect_score(found, root, revision), abs=1e-5)
    targets = [c for c in table.columns if c not in found.submission.ids(revision)]
    shuffled = table.copy()
    order = np.roll(np.arange(len(table)), 1) if len(table) < 4 else np.random.default_rng(1).permutation(len(table))
    shuffled[targets] = table[targets].to_numpy()[order]
    if len(table) == 1:
        shuffled = read_csv(root / "prepared" / found.sample_submission)
    worse = grade(found, root, shuffled, tmp_path, revision)
    if worse.valid_submission:
        assert worse.score is not None
        assert (worse.score < best.score) == found.higher_is_better
        assert worse.score != best.score


@each_competition
def test_miniature_depends_on_its_seed_alone(competition_id: str, prepared: Prepared, tmp_path: Path) -> None:
    found = competition(competition_id)
    found.make_miniature(tmp_path / "again", seed=0)
    found.make_miniature(tmp_path / "other", seed=1)
    first, again, other = (
        {str(p.relative_to(r)): digest(p) for p in sorted(r.rglob("*")) if p.is_file()}
        for r in (prepared(competition_id) / "raw", tmp_path / "again", tmp_path / "other")
    )
    assert first == again
    assert first != other


@each_competition
def test_preparing_changes_no_raw_file(competition_id: str, tmp_path: Path) -> None:
    found = competition(competition_id)
    raw = tmp_path / "raw"
    found.make_miniature(raw)
    before = {p: digest(p) for p in raw.rglob("*") if p.is_file()}
    found.prepare(raw, tmp_path / "public", tmp_path / "private")
    assert {p: digest(p) for p in raw.rglob("*") if p.is_file()} == before


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
