"""Scaffolds that run inside the sandbox and reach their model over Inspect's bridge: no network, no key."""

from __future__ import annotations

import json
from typing import Any

from inspect_ai.agent import AgentState, sandbox_agent_bridge
from inspect_ai.model import ChatMessageSystem, Model
from inspect_ai.util import ExecRemoteAwaitableOptions, sandbox

from mlebench_inspect.agents.commands import time_left
from mlebench_inspect.agents.ending import note_end
from mlebench_inspect.agents.gateway import Gateway
from mlebench_inspect.agents.sending import counting
from mlebench_inspect.plain import one_line
from mlebench_inspect.run.programs import not_installed
from mlebench_inspect.sandboxes.compose import HOME, LOGS
from mlebench_inspect.sandboxes.provider import guest_file

MODEL = "inspect"
"""The name that the bridge serves with the evaluation's model."""


async def run_in_sandbox(
    scaffold: str,
    state: AgentState,
    settings: dict[str, Any],
    *,
    note: str = "",
    model_aliases: dict[str, str | Model] | None = None,
    forward_generation_config: bool = False,
    single_questions: bool = False,
    idle_turns: int = 0,
) -> AgentState:
    """Runs the guest script of a scaffold with the scaffold's own Python until it ends.

    The script finds the task in `task.md` and its settings in `settings.json` beside itself; its output goes to a file
    in the logs folder, and what ended it in `end.txt` beside the task.

    Args:
        scaffold: Name of the image layer; the script is `guest/<scaffold>_runner.py`.
        state: The conversation, which holds the task.
        settings: What the script needs to know; `seconds_left` until the time limit, or null, is added.
        note: What the scaffold's agent is told on top of the task.
        model_aliases: Models by further names than the evaluation's.
        forward_generation_config: Whether what the scaffold sends, such as its temperature, goes before the run's.
        single_questions: Whether it asks each question by itself. Then a limit of messages counts those of all of them.
        idle_turns: Turns in a row without an action after which the run ends; 0 for never.

    Raises:
        NotInstalled: The scaffold is not in the image.
        RuntimeError: It ended with an error.
    """
    box = sandbox()
    python = await installed(scaffold, f"/opt/{scaffold}/bin/python")
    folder = f"{HOME}/.{scaffold}"
    task = "\n\n".join(m.text for m in state.messages if m.role == "user" or isinstance(m, ChatMessageSystem))
    await box.write_file(f"{folder}/runner.py", guest_file(f"{scaffold}_runner.py"))
    await box.write_file(f"{folder}/task.md", f"{task}\n\n{note}".strip() + "\n")
    gateway = Gateway(idle_turns)

    async def work() -> AgentState:
        async with sandbox_agent_bridge(
            state,
            model_aliases=model_aliases,
            filter=counting(gateway.generate) if single_questions else gateway.generate,
            forward_generation_config=forward_generation_config,
        ) as bridge:
            told = {**settings, "seconds_left": time_left()}
            await box.write_file(f"{folder}/settings.json", json.dumps(told))
            await _run_to_its_end(scaffold, python, folder, bridge.port)
            await _note_told_end(f"{folder}/end.txt")
        return bridge.state

    return await gateway.run(work) or state


async def _run_to_its_end(scaffold: str, python: str, folder: str, port: int) -> None:
    log = f"{LOGS}/{scaffold}.log"
    result = await sandbox().exec_remote(
        ["bash", "-c", f'exec "$0" {folder}/runner.py >>{log} 2>&1 </dev/null', python],
        ExecRemoteAwaitableOptions(
            cwd=HOME,
            env={
                "OPENAI_BASE_URL": f"http://localhost:{port}/v1",
                "OPENAI_API_KEY": "none",
                "HOME": HOME,
                "PYTHONUNBUFFERED": "1",
            },
        ),
        stream=False,
    )
    if not result.success:
        tail = await sandbox().exec(["tail", "-c", "2000", log], timeout=60)
        said = one_line(tail.stdout or result.stderr[-2000:])
        raise RuntimeError(f"{scaffold} ended with code {result.returncode}: {said}")


async def _note_told_end(file: str) -> None:
    """Notes how the scaffold ended, where it says so: by anything but its agent's word."""
    try:
        said = await sandbox().exec(["sh", "-c", '[ -f "$0" ] && head -c 1000 "$0"', file], timeout=60)
    except (TimeoutError, UnicodeDecodeError):
        return
    if why := one_line(said.stdout):
        note_end("steps_used" if why.endswith("steps are used") else "finished", why)


async def installed(scaffold: str, program: str) -> str:
    """The program, if it is in the sandbox.

    Raises:
        NotInstalled: It is not.
    """
    found = await sandbox().exec(["test", "-x", program], timeout=60)
    if not found.success:
        told = (
            f"{scaffold} is not in this sandbox's image. Build one that has it with `mlebench-inspect build {scaffold}`"
            f" and run the task with `-T image=mlebench-inspect-{scaffold}`"
        )
        raise not_installed(told)
    return program
