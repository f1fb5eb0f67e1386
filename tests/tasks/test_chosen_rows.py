"""Where a submission may choose the rows that count, the report says how many did, and the catalogue that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mlebench_inspect.run.scoring import explain
from mlebench_inspect.tasks import competition, competition_ids
from mlebench_inspect.tasks.preparing import read_csv

CHOSEN = {
    "champs-scalar-coupling",
    "osic-pulmonary-fibrosis-progression",
    "predict-volcanic-eruptions-ingv-oe",
    "uw-madison-gi-tract-image-segmentation",
}
# Copies pass in v1, yet each row to predict counts once: what is over is cut off, or is of an image that is known.
COPIES = {"h-and-m-personalized-fashion-recommendations", "vinbigdata-chest-xray-abnormalities-detection"}
CHOICES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "the first half": lambda t: t.head(max(1, len(t) // 2)),
    "the second half": lambda t: t.tail(max(1, len(t) // 2)),
    "all twice": lambda t: pd.concat([t, t]),
    "one again": lambda t: pd.concat([t, t.head(1)]),
}


def test_the_catalogue_names_them() -> None:
    named = {
        i for i in competition_ids() if any("The grading report shows" in k.text for k in competition(i).known_issues)
    }
    assert named == CHOSEN


@pytest.mark.parametrize("revision", ["v1", "v2"])
@pytest.mark.parametrize("competition_id", competition_ids())
def test_no_submission_with_other_rows_is_graded_in_silence(
    competition_id: str, revision: str, prepared: Callable[..., Path], tmp_path: Path
) -> None:
    found, root = competition(competition_id), prepared(competition_id, revision) / "prepared"
    sample = read_csv(root / found.sample_submission, dtype=str, keep_default_na=False)
    for name, choice in CHOICES.items():
        table = choice(sample)
        if len(table) == len(sample):
            continue
        table.to_csv(tmp_path / "submission.csv", index=False)
        report = found.grade(tmp_path / "submission.csv", root / "private", revision)
        if report.valid_submission and not (competition_id in COPIES and len(table) > len(sample)):
            assert competition_id in CHOSEN, name
            assert revision == "v1"
            assert report.rows_counted
            assert report.rows_to_predict
            assert (report.rows_counted < report.rows_to_predict) == (len(table) < len(sample))
            assert report.rows_counted > report.rows_to_predict or not (name == "all twice" and counts_copies(found.id))


def counts_copies(competition_id: str) -> bool:
    """OSIC looks at the weeks that are scored alone, and UW-Madison leaves out what is over."""
    return competition_id in ("champs-scalar-coupling", "predict-volcanic-eruptions-ingv-oe")


@pytest.mark.parametrize("competition_id", sorted(CHOSEN))
def test_the_share_is_shown_to_people(competition_id: str, prepared: Callable[..., Path]) -> None:
    found = competition(competition_id)
    for revision in ("v1", "v2"):
        root = prepared(competition_id, revision) / "prepared"
        report = found.grade(root / found.sample_submission, root / "private", revision)
        assert (report.rows_counted == report.rows_to_predict is not None) == (revision == "v1")
        assert ("100.0%" in explain(report, found)) == (revision == "v1")
        assert "rows" not in (report.notice or "")
