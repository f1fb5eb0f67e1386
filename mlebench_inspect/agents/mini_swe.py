"""mini-swe-agent as `inspect_swe` runs it, with the settings that it needs in an image without network."""

from __future__ import annotations

from inspect_ai.agent import Agent, AgentState, agent

from mlebench_inspect.agents.bridged import MODEL, installed
from mlebench_inspect.agents.plain_chat import plain_chat_filter
from mlebench_inspect.options import agent_options
from mlebench_inspect.sandboxes.compose import HOME


@agent
@agent_options
def mini_swe_agent() -> Agent:
    """mini-swe-agent in the image `mlebench-inspect-mini-swe-agent`; needs the extra `scaffolds` (`inspect-swe`)."""
    from inspect_swe import mini_swe_agent as from_inspect_swe

    inner = from_inspect_swe(
        version="sandbox",
        cwd=HOME,
        env={
            "MSWEA_MODEL_NAME": f"openai/{MODEL}",  # litellm wants to know whose API it speaks
            "MSWEA_COST_TRACKING": "ignore_errors",  # it has no price for that name; Inspect counts tokens and cost
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        },
        filter=plain_chat_filter,
    )

    async def execute(state: AgentState) -> AgentState:
        await installed("mini-swe-agent", "/usr/local/bin/mini")
        done: AgentState = await inner(state)
        return done

    return execute
