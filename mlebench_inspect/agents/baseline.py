"""Two solvers without a model: a simple real model of the data, and the sample submission."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath

from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from mlebench_inspect.sandboxes.provider import guest_file, provider
from mlebench_inspect.tasks import competition


@solver
def baseline(timeout: int = 3600) -> Solver:
    """Trains a simple model on the mounted data and submits its predictions; needs no language model.

    Args:
        timeout: Seconds that the training may take.
    """
    return _script("baseline", timeout)


@solver
def dummy() -> Solver:
    """Submits the sample submission as it is; needs no language model."""
    return _script("dummy", 600)


def _script(mode: str, timeout: int) -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        found = competition(state.metadata["competition"])
        box = provider(state.metadata["provider"])
        python = sys.executable if box.name == "local" else "python3"
        script = f"{box.paths.code}/{mode}.py"
        await sandbox().write_file(script, guest_file("baseline.py"))
        arguments = ["--data", box.paths.data, "--submission", box.paths.submission_file, "--mode", mode]
        arguments += ["--sample", PurePosixPath(found.sample_submission).name, "--metric", found.metric]
        result = await sandbox().exec([python, script, *arguments], timeout=timeout)
        if not result.success:
            raise RuntimeError(f"the {mode} script ended with code {result.returncode}: {result.stderr[-2000:]}")
        state.output.completion = "\n".join(t for t in (result.stdout.strip(), result.stderr.strip()[-500:]) if t)
        return state

    return solve
