"""opencode as `inspect_swe` runs it, out of an image layer and without a network."""

from __future__ import annotations

import json

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.model import GenerateFilter

from mlebench_inspect.agents.bridged import installed
from mlebench_inspect.agents.coding import work_to_the_end
from mlebench_inspect.options import AtLeast0, agent_options
from mlebench_inspect.sandboxes.compose import CODE, HOME

_PERMISSION = {"*": "allow", "webfetch": "deny", "websearch": "deny", "question": "deny"}


@agent
@agent_options
def opencode(
    tool_timeout: int = 14400, model_config: str = "anthropic/claude-sonnet-4-5", idle_turns: AtLeast0 = 20
) -> Agent:
    """opencode in the image `mlebench-inspect-opencode`; needs the extra `scaffolds` (`inspect-swe`).

    Args:
        tool_timeout: Seconds after which a single command is stopped, unless the call itself says otherwise.
        model_config: Provider and name of the model that opencode takes itself to be run by; they choose its prompt
            and the API by which it reaches the evaluation's model.
        idle_turns: Turns in a row without an action after which the run ends; 0 for never.
    """
    from inspect_swe import opencode as from_inspect_swe

    provider = model_config.partition("/")[0]
    variables = {
        "HOME": HOME,
        # a provider that is busy is Inspect's to wait for
        "OPENCODE_CONFIG_CONTENT": json.dumps({"provider": {provider: {"options": {"timeout": False}}}}),
        "OPENCODE_PERMISSION": json.dumps(_PERMISSION),
        "OPENCODE_EXPERIMENTAL_BASH_DEFAULT_TIMEOUT_MS": str(tool_timeout * 1000),  # its own is two minutes
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_SHARE": "1",
        "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
    }

    def make(filter: GenerateFilter) -> Agent:
        return from_inspect_swe(  # type: ignore[no-any-return]
            version="sandbox", cwd=CODE, opencode_model=model_config, env=variables, filter=filter
        )

    async def execute(state: AgentState) -> AgentState:
        await installed("opencode", "/usr/local/bin/opencode")
        return await work_to_the_end(make, state, idle_turns)

    return execute
