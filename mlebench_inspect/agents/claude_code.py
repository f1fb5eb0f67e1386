"""Claude Code as `inspect_swe` runs it, out of an image layer and without a network."""

from __future__ import annotations

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.model import GenerateFilter

from mlebench_inspect.agents.bridged import installed
from mlebench_inspect.agents.coding import work_to_the_end
from mlebench_inspect.options import AtLeast0, agent_options
from mlebench_inspect.sandboxes.compose import CODE, HOME

_LONGEST_ANSWER = 24 * 3600  # seconds; a provider that is busy is Inspect's to wait for


@agent
@agent_options
def claude_code(tool_timeout: int = 14400, model_config: str | None = None, idle_turns: AtLeast0 = 20) -> Agent:
    """Claude Code in the image `mlebench-inspect-claude-code`; needs the extra `scaffolds` (`inspect-swe`).

    Args:
        tool_timeout: Seconds after which a single command is stopped.
        model_config: Name of the model that Claude Code takes itself to be run by; default: the evaluation's.
        idle_turns: Turns in a row without an action after which the run ends; 0 for never.
    """
    from inspect_swe import claude_code as from_inspect_swe

    def make(filter: GenerateFilter) -> Agent:
        return from_inspect_swe(  # type: ignore[no-any-return]
            version="sandbox",
            cwd=CODE,
            model_config=model_config,
            disallowed_tools=["WebSearch", "WebFetch"],
            env={
                "HOME": HOME,
                "BASH_DEFAULT_TIMEOUT_MS": str(tool_timeout * 1000),  # its own two minutes end any training
                "BASH_MAX_TIMEOUT_MS": str(tool_timeout * 1000),
                "API_TIMEOUT_MS": str(_LONGEST_ANSWER * 1000),
                "DISABLE_AUTOUPDATER": "1",
                "DISABLE_TELEMETRY": "1",
                "DISABLE_ERROR_REPORTING": "1",
            },
            filter=filter,
        )

    async def execute(state: AgentState) -> AgentState:
        await installed("claude-code", "/usr/local/bin/claude")
        return await work_to_the_end(make, state, idle_turns)

    return execute
