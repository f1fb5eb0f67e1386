"""The figures of one run are the same live, scored again, in a report, after a kill and a retry, and from S3.

The run has everything that figures must bear: a valid submission, an invalid one, a sample without score, and one that
never starts.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai import score as score_again
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from mlebench_inspect.data.store import Store
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.run.scoring import mlebench_scorer
from mlebench_inspect.tasks import competition

VALID, INVALID = "leaf-classification", "random-acts-of-pizza"
WITHOUT_SCORE, NEVER = "spooky-author-identification", "nomad2018-predict-transparent-conductors"

SCRIPT = """
import shutil, sys
from pathlib import Path
import anyio
from inspect_ai import eval, eval_retry
from inspect_ai.solver import solver
from inspect_ai.util import sandbox
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.sandboxes.local import Local
from mlebench_inspect.sandboxes.providers import PROVIDERS

mode, logs, data, mark = sys.argv[1:]

class Picky(Local):
    def setup(self, public, description=None):
        return "#!/bin/sh\\nexit 1\\n" if "nomad" in str(public) else super().setup(public)

PROVIDERS["local"] = Picky()

@solver
def agent():
    async def solve(state, generate):
        if state.sample_id.startswith("random"):
            await sandbox().exec(["sh", "-c", "echo a,b > submission/submission.csv"])
        else:
            await sandbox().exec(["sh", "-c", "cp data/sample*ubmission.csv submission/submission.csv"])
        if state.sample_id.startswith("spooky"):
            private = Path(data, "miniature", state.sample_id, "prepared/private")
            if private.exists():
                shutil.move(private, private.with_name("away"))
        if mode == "killed" and state.sample_id.startswith("random"):
            Path(mark).touch()
            await anyio.sleep_forever()
        return state
    return solve

if mode == "retry":
    from inspect_ai.log import list_eval_logs
    eval_retry(max(i.name for i in list_eval_logs(logs)), log_dir=logs, display="none", max_samples=1)
else:
    task = TASKS["all"](
        competitions="leaf-classification,nomad2018-predict-transparent-conductors,random-acts-of-pizza,"
        "spooky-author-identification",
        data="miniature", sandbox="local", hardware="lite", data_dir=data,
    )
    eval(task, model=None, solver=agent(), epochs=2, log_dir=logs, display="none", max_samples=1, log_buffer=1)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "run.py"
    path.write_text(SCRIPT)
    return path


def start(script: Path, mode: str, logs: str, mark: str = "-") -> subprocess.Popen[bytes]:
    data = script.with_name("data")
    private = Store.open(data, "miniature").private(competition(WITHOUT_SCORE))
    if private.with_name("away").exists():
        private.with_name("away").rename(private)
    return subprocess.Popen([sys.executable, str(script), mode, logs, str(data), mark], start_new_session=True)


def whole(script: Path, mode: str, logs: str) -> EvalLog:
    process = start(script, mode, logs)
    assert process.wait(timeout=300) == 0
    return newest(logs)


def newest(logs: str) -> EvalLog:
    return read_eval_log(max(i.name for i in list_eval_logs(logs)))


def figures(log: EvalLog) -> dict[str, float]:
    assert log.results
    return {k: m.value for k, m in log.results.scores[0].metrics.items()}


def of_report(places: list[str]) -> dict[str, float]:
    """The same figures by their names in the log, from a report."""
    (found,) = report(read_results(places))
    result: dict[str, float | None] = {
        "any_medal": found.any_medal["all"].mean,
        "any_medal_sem": found.any_medal["all"].sem,
    }
    for name, figure in found.outcomes.items():
        result |= {name: figure.mean, f"{name}_sem": figure.sem}
    assert found.percentile
    result |= {"percentile": found.percentile.mean, "percentile_sem": found.percentile.sem}
    result |= {f"pass_at_{k}": v for k, v in found.pass_at_k.items()}
    return result | {  # type: ignore[return-value]
        "competitions": found.competitions,
        "seeds": found.seeds,
        "without_score": found.without_score,
    }


def test_five_ways_to_the_same_figures(script: Path, tmp_path: Path, s3: str) -> None:
    live = whole(script, "whole", str(tmp_path / "logs"))
    expected = figures(live)
    assert live.status == "error"
    assert expected["competitions"] == 4
    assert expected["seeds"] == 2
    assert expected["without_score"] == 4  # two of each
    assert expected["valid"] == 25
    assert expected["made"] == 50

    scorer = mlebench_scorer(str(script.with_name("data")))
    again = score_again(live, scorer, action="overwrite", display="none")
    assert figures(again) == expected

    reported = of_report([str(tmp_path / "logs")])
    assert reported == {k: expected[k] for k in reported}

    mark, broken = tmp_path / "mark", str(tmp_path / "broken")
    process = start(script, "killed", broken, str(mark))
    try:
        anyio.run(_wait_for, mark, process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=60)
    assert figures(whole(script, "retry", broken)) == expected
    assert of_report([broken]) == reported

    away = whole(script, "whole", f"{s3}/logs")
    assert figures(away) == expected
    assert of_report([f"{s3}/logs"]) == reported
    again = score_again(away, scorer, action="overwrite", display="none")
    assert figures(again) == expected  # from the submissions that were kept there


async def _wait_for(mark: Path, process: Any) -> None:
    with anyio.fail_after(180):
        while not mark.exists():
            assert process.poll() is None
            await anyio.sleep(0.05)
