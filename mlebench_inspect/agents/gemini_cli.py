"""Gemini CLI as `inspect_swe` runs it, out of an image layer and without a network."""

from __future__ import annotations

import json

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.util import sandbox

from mlebench_inspect.agents.bridged import installed
from mlebench_inspect.agents.plain_chat import plain_chat_filter
from mlebench_inspect.options import agent_options
from mlebench_inspect.sandboxes.compose import CODE, HOME

_LAYER = "/opt/gemini-cli"
_SETTINGS = "/var/tmp/gemini_cli_settings.json"  # they go before those that inspect_swe writes


@agent
@agent_options
def gemini_cli(tool_timeout: int = 14400, model_config: str = "gemini-2.5-pro") -> Agent:
    """Gemini CLI in the image `mlebench-inspect-gemini-cli`; needs the extra `scaffolds` (`inspect-swe`).

    Args:
        tool_timeout: Seconds without output after which a command is stopped.
        model_config: Name of the model that Gemini CLI takes itself to be run by.
    """
    from inspect_swe import gemini_cli as from_inspect_swe

    async def execute(state: AgentState) -> AgentState:
        program = await installed("gemini-cli", "/usr/local/bin/gemini")
        version = await _furnish(program, _settings(tool_timeout))
        inner = from_inspect_swe(
            version=version,
            cwd=CODE,
            web_search=False,
            gemini_model=model_config,
            env={"HOME": HOME, "GEMINI_CLI_SYSTEM_SETTINGS_PATH": _SETTINGS},
            filter=plain_chat_filter,
        )
        done: AgentState = await inner(state)
        return done

    return execute


def _settings(tool_timeout: int) -> str:
    return json.dumps(
        {
            "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
            "model": {"disableLoopDetection": True},  # which takes five equal looks at a training for a loop
            "tools": {
                "exclude": ["google_web_search", "web_fetch"],
                "shell": {"inactivityTimeout": tool_timeout},  # its own five minutes end any silent training
            },
        }
    )


async def _furnish(program: str, settings: str) -> str:
    """Writes the settings, and puts the program where inspect_swe looks for it.

    Returns:
        The program's version: inspect_swe would fetch any other.
    """
    from inspect_swe._util.sandbox import SANDBOX_INSTALL_DIR

    box = sandbox()
    await box.write_file(_SETTINGS, settings)
    link = 'mkdir -p "$0" && ln -sfn "$1" "$0/gemini-cli" && node "$2" --version'
    made = await box.exec(["sh", "-c", link, SANDBOX_INSTALL_DIR, _LAYER, program], timeout=300)
    if not made.success:
        raise RuntimeError(f"gemini-cli cannot be made ready: {made.stderr[-2000:]}")
    return made.stdout.strip()
