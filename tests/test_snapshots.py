"""Snapshots: taken while the agent works, graded afterwards, kept when the run is cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from mlebench_inspect._inspect import prerequisite_error
from mlebench_inspect.agents import dummy
from mlebench_inspect.run.snapshots import SnapshotRecord, table
from runs import run, score

GOOD = "cp data/sample_submission.csv submission/submission.csv"
BAD = "echo a,b > submission/submission.csv"
LINK = "rm submission/submission.csv; ln -s /etc/hostname submission/submission.csv"


@pytest.fixture(autouse=True)
def _data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLEBENCH_DATA_DIR", str(tmp_path_factory.getbasetemp() / "data"))


@solver
def in_steps(*scripts: str, then_wait: bool = False) -> Solver:
    """Runs a script, waits for the snapshot of it, runs the next one."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        for number, script in enumerate(scripts, 1):
            await sandbox().exec(["bash", "-c", script])
            with anyio.fail_after(60):
                while len(state.store_as(SnapshotRecord).snapshots) < number:
                    await anyio.sleep(0.05)
        while then_wait:
            await anyio.sleep(0.05)
        return state

    return solve


def snapshots(log: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (score(log).metadata or {}).get("snapshots", [])
    return found


def test_each_change_is_kept_and_graded(tmp_path: Path) -> None:
    log = run(tmp_path, in_steps(GOOD, BAD, GOOD, LINK), snapshot_every=0.2)
    assert log.samples
    assert log.samples[0].error is None
    first, second, third, fourth = snapshots(log)
    assert first["score"] == third["score"] == 0.625
    assert [s["valid_submission"] for s in (first, second, third, fourth)] == [True, False, True, False]
    assert first["artifact"] == third["artifact"] != second["artifact"]
    assert fourth["artifact"] is None
    assert "link" in fourth["error"]
    files = {str(p.relative_to(tmp_path / "logs")) for p in (tmp_path / "logs").rglob("snapshots/*")}
    assert files == {first["artifact"], second["artifact"]}
    explanation = score(log).explanation or ""
    assert "| after | accuracy | medal |" in explanation
    assert explanation.count("| 0.625 | none |") == 2
    assert not (score(log).metadata or {})["valid_submission"]  # the score itself is that of the end


def test_a_run_that_is_cut_off_still_has_them(tmp_path: Path) -> None:
    log = run(tmp_path, in_steps(GOOD, then_wait=True), snapshot_every=0.2, time_limit=30)
    assert log.samples
    assert log.samples[0].limit is not None
    assert log.samples[0].limit.type == "time"
    assert [s["score"] for s in snapshots(log)] == [0.625]


def test_the_agent_sees_nothing_of_it(tmp_path: Path) -> None:
    log = run(tmp_path, in_steps(GOOD), snapshot_every=0.2)
    assert log.samples
    words = " ".join(m.text for m in log.samples[0].messages)
    assert "snapshot" not in words
    assert "0.625" not in words


def test_none_unless_asked_for(tmp_path: Path) -> None:
    log = run(tmp_path, dummy())
    assert snapshots(log) == []
    assert not list((tmp_path / "logs").rglob("snapshots"))


def test_grading_again_grades_them_again(tmp_path: Path) -> None:
    from inspect_ai import score as score_again

    from mlebench_inspect.run.scoring import mlebench_scorer

    log = run(tmp_path, in_steps(GOOD, BAD), snapshot_every=0.2)
    again = score_again(log, mlebench_scorer(), action="overwrite", display="none")
    assert snapshots(again) == snapshots(log)


def test_an_interval_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(type(prerequisite_error(""))) as caught:
        run(tmp_path, dummy(), snapshot_every=0)
    assert "snapshot_every" in str(caught.value.message)  # type: ignore[attr-defined]


def test_table() -> None:
    rows = [
        {"after": 3600, "score": 0.5, "medal": "none"},
        {"after": 7230, "score": None, "medal": "none"},
        {"after": 10800, "score": 0.81, "medal": "silver"},
    ]
    assert table(rows, "accuracy").splitlines()[2:] == [
        "| 1 hour | 0.5 | none |",
        "| 2 hours 30 seconds | invalid | none |",
        "| 3 hours | 0.81 | silver |",
    ]
