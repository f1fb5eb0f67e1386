"""A model's answer without what would break the run: no message at all, calls that cannot be told apart."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from itertools import count

from inspect_ai.model import ModelOutput
from inspect_ai.tool import Tool, ToolCall, ToolDef, ToolInfo
from inspect_ai.util import LimitExceededError

from mlebench_inspect.agents.windows import is_too_long

MOST_CALLS = 32
"""In one message; more are not made."""
_MARK = re.compile(r"<\|.*$|</?s>$", re.DOTALL)
_PREFIX = re.compile(r"^(functions?|tools?|default_api)[.:/]")


async def answer(
    request: Awaitable[ModelOutput], model: str, tools: Sequence[Tool | ToolInfo] = (), ids: set[str] | None = None
) -> ModelOutput:
    """The answer to a request, mended; with the stop reason `model_length` where the API finds the request too long.

    Args:
        request: The call of the model.
        model: Its name.
        tools: That it may call.
        ids: Of earlier calls of the conversation; those of this answer are added. None: only within the answer do
            calls get ids of their own.
    """
    try:
        return mended(await request, tools, ids)
    except LimitExceededError:
        raise
    except Exception as ex:
        said = getattr(ex, "provider_message", None) or str(ex)[-2000:]  # the error itself begins with the request
        if not is_too_long(said):
            raise
        return ModelOutput.from_content(model, said, stop_reason="model_length")


def mended(output: ModelOutput, tools: Sequence[Tool | ToolInfo] = (), ids: set[str] | None = None) -> ModelOutput:
    """The answer as it can be acted on and sent again.

    Calls get ids of their own and the names of the tools that they mean; an answer without any message becomes an empty
    one.
    """
    if output.empty:
        return ModelOutput.from_content(output.model, "")
    output = output.model_copy(deep=True)
    message = output.message
    if message.tool_calls:
        names = {_named(t) for t in tools}
        message.tool_calls = _calls(message.tool_calls[:MOST_CALLS], names, set() if ids is None else ids)
    return output


def no_refusal(output: ModelOutput) -> ModelOutput:
    """The answer with a refusal as an answer like others: what many of them lead to is decided elsewhere."""
    if output.stop_reason == "content_filter":
        output.choices[0].stop_reason = "stop"
    return output


def _named(tool: Tool | ToolInfo) -> str:
    return tool.name if isinstance(tool, ToolInfo) else ToolDef(tool).name


def _calls(calls: Sequence[ToolCall], names: set[str], ids: set[str]) -> list[ToolCall]:
    made = []
    for number, call in enumerate(calls):
        found = call.id or f"call-{number}"
        if found in ids:
            found = next(new for n in count(len(ids)) if (new := f"{found}-{n}") not in ids)
        ids.add(found)
        made.append(replace(call, id=found, function=_name(call.function, names)))
    return made


def _name(name: str, names: set[str]) -> str:
    """The tool that is meant where a model's own marks are left in the name (`functions.bash<|channel|>`)."""
    bare = _PREFIX.sub("", _MARK.sub("", name).strip())
    return bare if bare in names else name
