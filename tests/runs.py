"""Running tasks in tests: solvers that do one thing, and the score that comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspect_ai import eval as inspect_eval
from inspect_ai.agent import Agent
from inspect_ai.log import EvalLog
from inspect_ai.scorer import Score
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from mlebench_inspect.benchmark import TASKS

_OF_INSPECT = ("epochs", "model", "max_samples")


@solver
def shell(script: str) -> Solver:
    """Runs a bash script in the sandbox as the agent would, and fails if it fails."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        result = await sandbox().exec(["bash", "-c", script], timeout=120)
        state.output.completion = f"{result.returncode}\n{result.stdout}\n{result.stderr}"
        return state

    return solve


def run(
    tmp_path: Path, solver: Solver | Agent, *, task: str = "spaceship-titanic", sandbox: str = "local", **options: Any
) -> EvalLog:
    """One evaluation, on miniature data unless told otherwise; the log lies in `tmp_path/logs`."""
    eval_options = {k: options.pop(k) for k in list(options) if k in _OF_INSPECT or k.endswith("_limit")}
    built = TASKS[task](**{"data": "miniature", "sandbox": sandbox, "hardware": "lite", **options})
    (log,) = inspect_eval(
        built, **{"model": None, **eval_options}, solver=solver, log_dir=str(tmp_path / "logs"), display="none"
    )
    return log


def score(log: EvalLog, number: int = 0) -> Score:
    """The score of one sample."""
    assert log.samples
    (found,) = (log.samples[number].scores or {}).values()
    return found


def value(log: EvalLog, number: int = 0) -> dict[str, Any]:
    """The score's values of one sample."""
    found = score(log, number).value
    assert isinstance(found, dict)
    return found
