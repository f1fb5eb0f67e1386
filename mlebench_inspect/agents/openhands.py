"""OpenHands: its SDK and tools, run headless inside the sandbox."""

from __future__ import annotations

from inspect_ai.agent import Agent, AgentState, agent

from mlebench_inspect.agents.bridged import MODEL, run_in_sandbox
from mlebench_inspect.options import AtLeast0, agent_options
from mlebench_inspect.sandboxes.compose import HOME


@agent
@agent_options
def openhands(
    max_iterations: int = 500,
    max_input_tokens: int = 128_000,
    condenser_size: int = 240,
    idle_turns: AtLeast0 = 0,
) -> Agent:
    """OpenHands in the image `mlebench-inspect-openhands`; 500 iterations are the published setting.

    Args:
        max_iterations: Steps that the agent may take; the run ends earlier when it says that it is done.
        max_input_tokens: Context window that OpenHands reckons with.
        condenser_size: Events in the history above which the older ones are summarised.
        idle_turns: Turns in a row without an action after which the run ends; 0 for never, as published.
    """

    async def execute(state: AgentState) -> AgentState:
        settings = {
            "model": f"openai/{MODEL}",  # litellm wants to know whose API it speaks
            "max_iterations": max_iterations,
            "max_input_tokens": max_input_tokens,
            "condenser_size": condenser_size,
            "workspace": HOME,
        }
        return await run_in_sandbox("openhands", state, settings, idle_turns=idle_turns)

    return execute
