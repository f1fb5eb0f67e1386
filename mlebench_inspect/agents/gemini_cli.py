"""Gemini CLI as `inspect_swe` runs it, out of an image layer and without a network."""

from __future__ import annotations

import json

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.model import GenerateFilter
from inspect_ai.util import sandbox

from mlebench_inspect._inspect_swe import install_folder
from mlebench_inspect.agents.bridged import installed
from mlebench_inspect.agents.coding import work_to_the_end
from mlebench_inspect.options import AtLeast0, agent_options
from mlebench_inspect.sandboxes.compose import CODE, HOME

_LAYER = "/opt/gemini-cli"
_LONGEST_ANSWER = 24 * 3600  # seconds; its own minute is too short for a model that thinks
_REQUEST_TIMEOUT = 45773134  # its number of the flag
_FLAGS = "/var/tmp/gemini_cli_flags.json"
_HOME = f"{HOME}/.gemini-cli"  # not where inspect_swe writes its settings, over any others


@agent
@agent_options
def gemini_cli(tool_timeout: int = 14400, model_config: str = "gemini-2.5-pro", idle_turns: AtLeast0 = 20) -> Agent:
    """Gemini CLI in the image `mlebench-inspect-gemini-cli`; needs the extra `scaffolds` (`inspect-swe`).

    Args:
        tool_timeout: Seconds without output after which a command is stopped.
        model_config: Name of the model that Gemini CLI takes itself to be run by.
        idle_turns: Turns in a row without an action after which the run ends; 0 for never.
    """
    from inspect_swe import gemini_cli as from_inspect_swe

    async def execute(state: AgentState) -> AgentState:
        program = await installed("gemini-cli", "/usr/local/bin/gemini")
        version = await _furnish(program, tool_timeout)

        def make(filter: GenerateFilter) -> Agent:
            return from_inspect_swe(  # type: ignore[no-any-return]
                version=version,
                cwd=CODE,
                web_search=False,
                gemini_model=model_config,
                env={"HOME": HOME, "GEMINI_CLI_HOME": _HOME, "GEMINI_EXP": _FLAGS},
                filter=filter,
            )

        return await work_to_the_end(make, state, idle_turns)

    return execute


def _settings(tool_timeout: int) -> str:
    return json.dumps(
        {
            "security": {"auth": {"selectedType": "gemini-api-key"}},
            "privacy": {"usageStatisticsEnabled": False},
            "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
            "model": {"disableLoopDetection": True},  # which takes five equal looks at a training for a loop
            "tools": {
                "exclude": ["google_web_search", "web_fetch"],
                "shell": {"inactivityTimeout": tool_timeout},  # its own five minutes end any silent training
            },
        }
    )


async def _furnish(program: str, tool_timeout: int) -> str:
    """Writes the settings, and puts the program where inspect_swe looks for it.

    Returns:
        The program's version: inspect_swe would fetch any other.
    """
    box = sandbox()
    await box.write_file(f"{_HOME}/.gemini/settings.json", _settings(tool_timeout))
    flags = {"flags": [{"flagId": _REQUEST_TIMEOUT, "intValue": str(_LONGEST_ANSWER)}]}
    await box.write_file(_FLAGS, json.dumps(flags))
    link = 'mkdir -p "$0" && ln -sfn "$1" "$0/gemini-cli" && node "$2" --version'
    made = await box.exec(["sh", "-c", link, install_folder(), _LAYER, program], timeout=300)
    if not made.success:
        raise RuntimeError(f"gemini-cli cannot be made ready: {made.stderr[-2000:]}")
    return made.stdout.strip()
