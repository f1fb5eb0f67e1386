"""The campaign's agent, and the hook that tells the campaign how far each sample is.

Both run inside the process of the evaluation. Marks go to a datagram socket, so that telling never waits.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
from inspect_ai.hooks import Hooks, SampleEnd, SampleScoring, SampleStart, hooks
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import ExecResult, sandbox

from mlebench_inspect.sandboxes.providers import provider
from mlebench_inspect.tasks import competition

SOCKET = "MLEBENCH_CAMPAIGN_SOCKET"
PATIENCE = 60.0
"""Seconds for which a patient agent tries a command again."""
_ANSWERS = (Path(__file__).parent / "answers.py").read_text(encoding="utf-8")


def mark(uuid: str, stage: str, **facts: Any) -> None:
    """Tells the campaign; nothing where none listens."""
    address = os.environ.get(SOCKET)
    if not address:
        return
    message = json.dumps({"uuid": uuid, "stage": stage, "pid": os.getpid(), **facts}).encode()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(message, address)
    except OSError:
        pass


@hooks(name="campaign_marks", description="Tells a campaign how far each sample is")
class Marks(Hooks):
    """A sample's stages: setup, (the solver's) agent, taking_out, (`evaluate`'s) grading, over."""

    async def on_sample_start(self, data: SampleStart) -> None:
        try:
            container = (await sandbox().connection()).container
        except Exception:  # whatever a container raises that has gone already
            container = None
        about = {"competition": str(data.summary.id), "seed": data.summary.epoch}
        mark(data.sample_id, "setup", container=container, **about)

    async def on_sample_scoring(self, data: SampleScoring) -> None:
        mark(data.sample_id, "taking_out")

    async def on_sample_end(self, data: SampleEnd) -> None:
        mark(data.sample_id, "over")


@solver
def steady(seconds: float = 2.0) -> Solver:
    """Puts the sample submission in place, works for a while, and replaces it by that of its seed.

    When a command fails, two in three agents fail as well, and one tries it again for a while.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        found, paths = competition(state.metadata["competition"]), provider(state.metadata["provider"]).paths
        sample = f"{paths.data}/{found.sample_submission.partition('/')[2]}"
        patient = (state.epoch + len(found.id)) % 3 == 0
        mark(state.uuid, "agent")
        copy = f"cp {sample} {paths.submission}/part && mv {paths.submission}/part {paths.submission_file}"
        await _run(patient, ["sh", "-c", copy])
        mark(state.uuid, "agent", placed="early")
        for _ in range(2):
            await _run(patient, ["sleep", str(seconds / 2)])
        part = f"{paths.submission}/part"
        write = f'python3 -I - {sample} "$0" {part} && mv {part} {paths.submission_file}'
        await _run(patient, ["sh", "-c", write, str(state.epoch)], input=_ANSWERS)
        mark(state.uuid, "agent", placed="final")
        return state

    return solve


async def _run(patient: bool, command: list[str], input: str | None = None) -> None:
    """Runs a command in the sandbox.

    Raises:
        RuntimeError: It fails, even when tried again by a patient agent.
    """
    await _persistently(lambda: sandbox().exec(command, input=input, timeout=60), PATIENCE if patient else 0.0)


async def _persistently(attempt: Callable[[], Awaitable[ExecResult[str]]], patience: float) -> None:
    until = anyio.current_time() + patience
    while True:
        try:
            result = await attempt()
            if result.success:
                return
            raise RuntimeError(f"the command failed with code {result.returncode}: {result.stderr.strip()[-300:]}")
        except Exception:
            if anyio.current_time() > until:
                raise
        await anyio.sleep(1)
