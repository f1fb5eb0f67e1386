"""Verdicts in the folders of scans beside logs: which of them count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlebench_inspect.violations.questions import QUESTIONS
from mlebench_inspect.violations.reading import verdicts_beside
from mlebench_inspect.violations.verdicts import Verdict
from scans import written

LATE, EARLY = "2026-01-02T00:00:00+00:00", "2026-01-02T00:30:00+02:00"  # in time zones of their own


def verdict(ruling: Any, by: Any = "filter", question: Any = "handmade") -> Verdict:
    return Verdict(question=question, ruling=ruling, by=by)


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        ((LATE, verdict("clean")), (EARLY, verdict("suspect")), "clean"),
        ((EARLY, verdict("clean", "judge")), (LATE, verdict("suspect")), "clean"),
        ((EARLY, verdict("violation", "person")), (LATE, verdict("clean", "judge")), "violation"),
        ((EARLY, verdict("undecided", "judge")), (LATE, verdict("violation", "judge")), "violation"),
    ],
)
def test_which_of_two_counts(tmp_path: Path, first: Any, second: Any, counts: str) -> None:
    """Whoever stands higher, then the newest; in whichever order they are found."""
    for name, order in (("a", (first, second)), ("b", (second, first))):
        folder = tmp_path / name
        for number, (when, found) in enumerate(order):
            written(folder, f"s{number}", "handmade", [("u1", when, found)])
        (only,) = verdicts_beside([str(folder / "x.eval")])["u1"]
        assert only.ruling == counts


def test_one_verdict_for_each_question_in_their_order(tmp_path: Path) -> None:
    for question in reversed(QUESTIONS):
        rows = [(sample, LATE, verdict("clean", question=question)) for sample in ("u1", "u2")]
        written(tmp_path, "s", f"mlebench_inspect_{question}", rows)
    found = verdicts_beside([str(tmp_path / "x.eval"), str(tmp_path / "y.eval")])
    assert {sample: [v.question for v in of] for sample, of in found.items()} == {
        "u1": list(QUESTIONS),
        "u2": list(QUESTIONS),
    }


def test_what_is_damaged_or_anothers_is_passed_over(tmp_path: Path) -> None:
    rows = [("u1", LATE, json.dumps({"mine": 1})), ("u2", "no time", verdict("clean")), ("u3", LATE, verdict("clean"))]
    written(tmp_path, "s", "handmade", rows)
    folder = tmp_path / "scans/scan_id=s"
    (folder / "tampering.parquet").write_bytes(b"PAR1 no more")
    pq.write_table(pa.table({"a": [1]}), folder / "memorised.parquet")
    (tmp_path / "scans/notes").mkdir()
    assert set(verdicts_beside([str(tmp_path / "x.eval")])) == {"u3"}


def test_no_scans_no_verdicts(tmp_path: Path) -> None:
    assert verdicts_beside([str(tmp_path / "x.eval")]) == {}


def test_scans_that_lie_elsewhere(tmp_path: Path) -> None:
    written(tmp_path / "far", "s", "handmade", [("u1", LATE, verdict("suspect"))])
    log = str(tmp_path / "x.eval")
    assert verdicts_beside([log]) == {}
    assert set(verdicts_beside([log], [f"{tmp_path}/far/scans/"])) == {"u1"}


def test_scans_beside_logs_in_a_bucket(s3: str, tmp_path: Path) -> None:
    import fsspec

    written(tmp_path, "s", "handmade", [("u1", LATE, verdict("suspect"))])
    fsspec.filesystem("s3").put(str(tmp_path / "scans"), f"{s3}/logs/scans", recursive=True)
    assert [v.ruling for v in verdicts_beside([f"{s3}/logs/x.eval"])["u1"]] == ["suspect"]
