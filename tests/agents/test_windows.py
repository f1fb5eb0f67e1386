"""What APIs say of a prompt that is too long, and what is left of a conversation that must be shorter."""

from __future__ import annotations

import pytest
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
)
from inspect_ai.tool import ToolCall

from mlebench_inspect.agents.windows import is_too_long, shrunk, size, told

OPENAI = """This model's maximum context length is 128000 tokens. However, your messages resulted in 128402 tokens.
Please reduce the length of the messages."""
WITH_ANSWER = """This model's maximum context length is 4097 tokens. However, you requested 4600 tokens (3600 in the
messages, 1000 in the completion)."""
GOOGLE = "The input token count (1,200,000) exceeds the maximum number of tokens allowed (1,048,576)."
LLAMA = "the request exceeds the available context size (8192 tokens), try increasing it"


@pytest.mark.parametrize(
    ("text", "window", "sent"),
    [
        (OPENAI, 128_000, 128_402),
        (WITH_ANSWER, 3_097, 4_600),
        ("prompt is too long: 208310 tokens > 200000 maximum", 200_000, 208_310),
        (GOOGLE, 1_048_576, None),
        (LLAMA, 8_192, None),
        ("Your input exceeds the context window of this model.", None, None),
        ("Input length 40000 exceeds the maximum allowed input length of 32768 tokens.", 32_768, 40_000),
        ("Request entity too large", None, None),
    ],
)
def test_what_an_error_tells(text: str, window: int | None, sent: int | None) -> None:
    assert is_too_long(text)
    assert told(text).window == window
    if sent is not None:
        assert told(text).sent == sent


@pytest.mark.parametrize("text", ["Slow down", "The model is overloaded", "Invalid value for 'messages'", "limit is 5"])
def test_other_errors_are_none_of_these(text: str) -> None:
    assert not is_too_long(text)


def conversation(turns: int, length: int = 1000) -> list[ChatMessage]:
    messages: list[ChatMessage] = [ChatMessageSystem(content="Work."), ChatMessageUser(content="t" * 2000)]
    for number in range(turns):
        call = ToolCall(id=f"call-{number}", function="bash", arguments={"command": f"echo {number}"})
        messages.append(ChatMessageAssistant(content=f"Step {number}.", tool_calls=[call]))
        messages.append(ChatMessageTool(content="o" * length, function="bash", tool_call_id=call.id))
    return messages


@pytest.mark.parametrize("most", [1_000, 3_000, 10_000, 30_000])
@pytest.mark.parametrize("length", [10, 1_000, 100_000])
def test_what_is_left_fits_and_keeps_calls_with_their_results(most: int, length: int) -> None:
    messages = conversation(50, length)
    left = shrunk(messages, 2, most)
    assert size(left) <= most + 200
    assert [m.role for m in left[:2]] == ["system", "user"]
    called = [c.id for m in left if isinstance(m, ChatMessageAssistant) for c in m.tool_calls or []]
    assert called == [m.tool_call_id for m in left if isinstance(m, ChatMessageTool)]
    assert called == [f"call-{n}" for n in range(50 - len(called), 50)]


def test_the_task_is_whole_where_there_is_room() -> None:
    messages = conversation(50)
    left = shrunk(messages, 2, 8_000)
    assert left[1].text == messages[1].text
    assert 2 < len(left) < len(messages)
