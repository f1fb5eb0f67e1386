"""Two solvers without a model: a simple real model of the data, and the sample submission."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath

from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import ExecResult, sandbox, store_as

from mlebench_inspect.options import agent_options
from mlebench_inspect.run.validation import Validation, check_submission
from mlebench_inspect.sandboxes.provider import Provider, guest_file
from mlebench_inspect.sandboxes.providers import provider
from mlebench_inspect.tasks import Competition, competition

# Beyond the script's own budget: for what cannot be interrupted at once, and for writing the submission.
GRACE_SECONDS = 120
KILLED = (-9, 137)


@solver
@agent_options
def baseline(seconds: int = 1800) -> Solver:
    """Trains a simple model on the mounted data and submits its predictions; needs no language model.

    Where the model's submission is found invalid, the sample submission is put in its place.

    Args:
        seconds: How long the training may take; after that the sample submission stays.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        said = await _run(state, "baseline", seconds)
        if "a model of" in said or "answers taken over" in said:
            answer = await check_submission(store_as(Validation))
            if answer.startswith("Invalid"):
                said += f"\n{answer}\n" + await _run(state, "dummy", seconds)
        state.output.completion = said
        return state

    return solve


@solver
@agent_options
def dummy() -> Solver:
    """Submits the sample submission as it is; needs no language model."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.output.completion = await _run(state, "dummy", 1800)
        return state

    return solve


async def _run(state: TaskState, mode: str, seconds: int) -> str:
    """Runs the script in the sandbox; returns what it said.

    The script puts the sample submission in place before it starts to learn, so a run that is cut off has one, too.

    Raises:
        RuntimeError: It found no sample submission, or failed in another way of its own.
    """
    found = competition(state.metadata["competition"])
    box = provider(state.metadata["provider"])
    script = f"{box.paths.code}/{mode}.py"
    python = sys.executable if box.name == "local" else "python3"
    command = ["/bin/sh", "-c", 'cat >"$1" && exec "$0" "$@"', python, script, "--mode", mode]
    command += ["--seconds", str(seconds), *_arguments(found, box, state.metadata["revision"])]
    try:
        result = await sandbox().exec(command, input=guest_file("baseline.py"), timeout=seconds + GRACE_SECONDS)
    except TimeoutError:
        return f"the {mode} script was stopped after {seconds + GRACE_SECONDS} seconds; the sample submission stays"
    if result.returncode in KILLED:
        return f"the {mode} script was killed, likely for want of memory; the sample submission stays"
    if not result.success:
        raise RuntimeError(f"the {mode} script ended with code {result.returncode}: {result.stderr[-2000:]}")
    return _said(result)


def _arguments(found: Competition, box: Provider, revision: str) -> list[str]:
    columns = found.submission
    targets = [*columns.target_columns, *(columns.target_columns_v2_extra if revision == "v2" else [])]
    return [
        *("--data", box.paths.data, "--submission", box.paths.submission_file),
        *("--sample", PurePosixPath(found.sample_submission).name, "--metric", found.metric),
        *("--ids", *columns.ids("v2" if revision == "v2" else "v1"), "--targets", *targets),
    ]


def _said(result: ExecResult[str]) -> str:
    return "\n".join(t for t in (result.stdout.strip(), result.stderr.strip()[-500:]) if t)
