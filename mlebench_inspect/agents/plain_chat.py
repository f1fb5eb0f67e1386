"""Models that take neither tool calls nor system messages: conversations in plain chat."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    GenerateConfig,
    GenerateInput,
    Model,
    ModelOutput,
)
from inspect_ai.tool import ToolCall, ToolChoice, ToolFunction, ToolInfo

from mlebench_inspect.agents.text_actions import read_calls
from mlebench_inspect.models import takes_plain_chat_only


def as_plain_chat(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The conversation in user and assistant messages alone; ids are kept, so that compaction knows them again."""
    plain: list[ChatMessage] = []
    for message in messages:
        if isinstance(message, ChatMessageSystem):
            plain.append(ChatMessageUser(id=message.id, content=message.content))
        elif isinstance(message, ChatMessageTool):
            text = f"{message.error.message}\n{message.text}" if message.error else message.text
            plain.append(
                ChatMessageUser(id=message.id, content=f"Output of {message.function}:\n{text.strip() or '(none)'}")
            )
        elif isinstance(message, ChatMessageAssistant) and message.tool_calls:
            text = message.text or "\n".join(_call_block(c.function, c.arguments) for c in message.tool_calls)
            plain.append(message.model_copy(update={"content": text, "tool_calls": None}))
        else:
            plain.append(message)
    return plain


def with_calls(output: ModelOutput, calls: Sequence[tuple[str, dict[str, Any]]]) -> ModelOutput:
    """The output as if the model had made these tool calls."""
    output = output.model_copy(deep=True)
    if calls and not output.empty:
        output.message.tool_calls = [
            ToolCall(id=f"{output.message.id}-{number}", function=name, arguments=arguments)
            for number, (name, arguments) in enumerate(calls)
        ]
        output.choices[0].stop_reason = "tool_calls"
    return output


async def plain_chat_filter(
    model: Model,
    messages: list[ChatMessage],
    tools: list[ToolInfo],
    tool_choice: ToolChoice | None,
    config: GenerateConfig,
) -> ModelOutput | GenerateInput | None:
    """For a bridge: lets scaffolds that send system messages and tools use a model that takes neither."""
    if not takes_plain_chat_only(model):
        return None
    messages = as_plain_chat(messages)
    if isinstance(tool_choice, ToolFunction):
        tools = [t for t in tools if t.name == tool_choice.name]
    if tools and tool_choice != "none":
        forced = isinstance(tool_choice, ToolFunction) or tool_choice == "any"
        first = messages[0].model_copy(update={"content": f"{messages[0].text}\n\n{_tools_text(tools, forced)}"})
        messages = [first, *messages[1:]]
    output = await model.generate(messages, config=config)
    return with_calls(output, read_calls(output.completion, {t.name for t in tools}))


def _call_block(name: str, arguments: dict[str, Any]) -> str:
    return f"```tool_call\n{json.dumps({'name': name, 'arguments': arguments})}\n```"


def _tools_text(tools: Sequence[ToolInfo], forced: bool) -> str:
    need = "Call one of these tools in your reply" if forced else "You can call these tools"
    listed = "\n".join(
        json.dumps(
            {
                "name": t.name,
                "description": t.description,
                "arguments": t.parameters.model_dump(exclude_none=True, exclude_defaults=True),
            }
        )
        for t in tools
    )
    example = _call_block("the tool's name", {"argument": "value"})
    return f"{need}, each call as JSON in a block of its own:\n{example}\n\nThe tools:\n{listed}"
