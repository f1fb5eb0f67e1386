"""Models that take neither tool calls nor system messages: actions as fenced blocks in plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inspect_ai.agent import Agent, AgentState
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    CompactionStrategy,
    GenerateConfig,
    GenerateInput,
    Model,
    ModelOutput,
    compaction,
    get_model,
)
from inspect_ai.tool import Tool, ToolCall, ToolChoice, ToolFunction, ToolInfo

_PLAIN_CHAT = re.compile(r"(^|[/.:])o1-(preview|mini)\b")
_BLOCK = re.compile(
    r"^(?P<fence>`{3,})(?P<name>[\w-]+)[^\n`]*\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL
)


def takes_plain_chat_only(model: Model) -> bool:
    """Whether the model is known to refuse tools and system messages."""
    return bool(_PLAIN_CHAT.search(str(model)))


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Name and content of each closed fenced block that has a name. A longer fence may hold shorter ones."""
    for match in _BLOCK.finditer(text):
        yield match["name"].lower(), match["body"]


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


def fenced_actions(actions: Mapping[str, tuple[str, str | None]], strategy: CompactionStrategy | None) -> Agent:
    """Stands in for the model of a tool-calling agent: sends plain chat, and reads its tool calls from fenced blocks.

    Args:
        actions: Name of a block: the tool that it calls, and the tool's argument that takes the block's content.
        strategy: How a long conversation is made to fit.
    """
    compact = None

    async def execute(state: AgentState, tools: list[Tool]) -> AgentState:
        nonlocal compact
        messages = as_plain_chat(state.messages)
        if strategy is not None:
            compact = compact or compaction(strategy, prefix=messages[:2])
            messages, note = await compact.compact_input(messages)
            if note is not None:
                state.messages.append(note)
        output = await get_model().generate(messages)
        if compact is not None:
            await compact.record_output(messages, output)
        calls = []
        for name, body in blocks(output.completion):
            if name in actions:
                tool, argument = actions[name]
                calls.append((tool, {argument: body} if argument else {}))
        state.output = with_calls(output, calls)
        state.messages.append(state.output.message)
        return state

    return execute


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
    names = {t.name for t in tools}
    calls = []
    for name, body in blocks(output.completion):
        call = _json_object(body) if name == "tool_call" else {}
        if call.get("name") in names and isinstance(call.get("arguments"), dict):
            calls.append((call["name"], call["arguments"]))
    return with_calls(output, calls)


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


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
