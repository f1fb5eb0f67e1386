"""Codex CLI as `inspect_swe` runs it, out of an image layer and without a network."""

from __future__ import annotations

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.model import GenerateFilter

from mlebench_inspect.agents.bridged import installed
from mlebench_inspect.agents.coding import work_to_the_end
from mlebench_inspect.options import AtLeast0, agent_options
from mlebench_inspect.sandboxes.compose import CODE, HOME


@agent
@agent_options
def codex(model_config: str | None = None, idle_turns: AtLeast0 = 20) -> Agent:
    """Codex CLI in the image `mlebench-inspect-codex`; needs the extra `scaffolds` (`inspect-swe`).

    Args:
        model_config: Name of the model whose prompt and tools Codex uses; default: the one nearest the evaluation's.
        idle_turns: Turns in a row without an action after which the run ends; 0 for never.
    """
    from inspect_swe import codex_cli as from_inspect_swe

    def make(filter: GenerateFilter) -> Agent:
        return from_inspect_swe(  # type: ignore[no-any-return]
            version="sandbox",
            cwd=CODE,
            home_dir=f"{HOME}/.codex",  # not the code folder, which is taken out
            model_config=model_config,
            web_search="disabled",
            config_overrides={"check_for_update_on_startup": "false"},
            env={"HOME": HOME},
            filter=filter,
        )

    async def execute(state: AgentState) -> AgentState:
        await installed("codex", "/usr/local/bin/codex")
        return await work_to_the_end(make, state, idle_turns)

    return execute
