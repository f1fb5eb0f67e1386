"""An evaluation by Inspect's own runner of samples that have GPUs, where neither these nor a Docker engine need be.

It writes to a file when a container would start, and when it would be gone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import anyio
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import SandboxEnvironment, SandboxEnvironmentSpec
from inspect_ai.util._sandbox.local import LocalSandboxEnvironment

from mlebench_inspect import _inspect

EVENTS = Path(os.environ["PRETENDED_EVENTS"])
_IDS: dict[SandboxEnvironment, list[str]] = {}


def note(what: str, ids: list[str]) -> None:
    """Adds a line to what all processes write."""
    with EVENTS.open("a", encoding="utf-8") as file:
        file.write(f"{what} {os.getpid()} {' '.join(ids)}\n")


class Pretended(LocalSandboxEnvironment):
    """In Docker's place."""

    @classmethod
    async def sample_init(cls, task_name: str, config: Any, metadata: dict[str, str]) -> Any:
        """Notes the GPUs that Docker would be told."""
        boxes = await super().sample_init(task_name, None, metadata)
        (device,) = config.services["default"].deploy.resources.reservations.devices
        assert device.count is None
        _IDS[boxes["default"]] = device.device_ids
        note("start", device.device_ids)
        return boxes

    @classmethod
    async def sample_cleanup(cls, task_name: str, config: Any, environments: Any, interrupted: bool) -> None:
        """Notes that they are free."""
        assert not interrupted
        note("end", _IDS.pop(environments["default"]))
        await super().sample_cleanup(task_name, config, environments, interrupted)


_inspect.docker_sandbox = lambda: Pretended  # type: ignore[return-value]

from mlebench_inspect import _registry  # noqa: E402, F401
from mlebench_inspect.sandboxes.compose import SandboxSettings, docker_config  # noqa: E402
from mlebench_inspect.sandboxes.gpus import GPU_SANDBOX  # noqa: E402


@solver
def works(how: str) -> Solver:
    """Works for a moment, fails, or never ends."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if how == "fails":
            raise ValueError("on purpose")
        if how == "hangs":
            await anyio.sleep_forever()
        await anyio.sleep(0.05)
        return state

    return solve


def main(logs: str, how: str, gpus: str) -> None:
    """Four samples at once."""
    settings = SandboxSettings(cpus=1, gpus=int(gpus) if gpus.isdigit() else gpus)
    spec = SandboxEnvironmentSpec(GPU_SANDBOX, docker_config(settings, Path("/")))
    task = Task([Sample(id=str(i), input="x", sandbox=spec) for i in range(4)], solver=works(how), fail_on_error=False)
    (log,) = eval(task, model=None, log_dir=logs, display="none", max_samples=4)
    assert log.status == "success", log.error


if __name__ == "__main__":
    main(*sys.argv[1:])
