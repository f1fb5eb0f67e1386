"""mini-swe-agent as `inspect_swe` runs it, with the settings that it needs in an image without network."""

from __future__ import annotations

import json
from typing import Annotated

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.util import sandbox
from pydantic import Field

from mlebench_inspect.agents.bridged import MODEL, installed
from mlebench_inspect.agents.commands import time_left
from mlebench_inspect.agents.gateway import Gateway
from mlebench_inspect.options import AtLeast0, Form, agent_options
from mlebench_inspect.sandboxes.compose import HOME
from mlebench_inspect.sandboxes.provider import guest_file

_CONFIG = "/var/tmp/mini_swe_settings.yaml"
_ENVIRONMENT = "/var/tmp/mini_swe_environment.py"  # the folder that inspect_swe has Python look in
_VARIABLES = {
    "MSWEA_MINI_CONFIG_PATH": _CONFIG,
    "MSWEA_MODEL_NAME": f"openai/{MODEL}",  # litellm wants to know whose API it speaks
    "MSWEA_COST_TRACKING": "ignore_errors",  # it has no price for that name; Inspect counts tokens and cost
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
_Timeout = Annotated[int, Field(ge=0), Form("a whole number of seconds, 0 for what is left of the time")]


@agent
@agent_options
def mini_swe_agent(command_timeout: _Timeout = 0, idle_turns: AtLeast0 = 20) -> Agent:
    """mini-swe-agent in the image `mlebench-inspect-mini-swe-agent`; needs the extra `scaffolds` (`inspect-swe`).

    Args:
        command_timeout: Seconds after which a command is stopped, at the latest shortly before the time is over; 0 for
            what is left of the time.
        idle_turns: Turns in a row without an action after which the run ends; 0 for never.
    """
    from inspect_swe import mini_swe_agent as from_inspect_swe

    async def execute(state: AgentState) -> AgentState:
        await _furnish(await installed("mini-swe-agent", "/opt/mini-swe-agent/bin/python"), command_timeout)
        gateway = Gateway(idle_turns)
        inner = from_inspect_swe(version="sandbox", cwd=HOME, env=_VARIABLES, filter=gateway.generate)

        async def work() -> AgentState:
            done: AgentState = await inner(state)
            return done

        return await gateway.run(work) or state

    return execute


async def _furnish(python: str, command_timeout: int) -> None:
    """Puts the way in which commands run, and the settings that name it, into the sandbox."""
    box = sandbox()
    await box.write_file(_ENVIRONMENT, guest_file("mini_swe_environment.py"))
    settings = json.dumps({"command_timeout": command_timeout, "seconds_left": time_left()})
    made = await box.exec(
        [python, _ENVIRONMENT, _CONFIG], input=settings, env={"MSWEA_SILENT_STARTUP": "1"}, timeout=300
    )
    if not made.success:
        raise RuntimeError(f"mini-swe-agent's settings cannot be written: {made.stderr[-2000:]}")
