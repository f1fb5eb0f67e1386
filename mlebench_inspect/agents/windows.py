"""How much of a conversation fits into a model's window, and what an API says when too much was sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

USUAL = 128_000
"""Tokens of a window that nothing is known about."""
CHARACTERS = 3.5
"""In a token, until an answer tells it of the conversation at hand."""
_OVERHEAD = 20  # characters that a message costs besides its text
_OTHER = 4_000  # what is no text (a picture, say) counts as so many characters
_WINDOW = re.compile(
    r"(?:maximum (?:allowed )?(?:context|input|prompt|sequence)[ \w]*length (?:is|of)(?: only)?"
    r"|context (?:window|length|size)(?: is| of|:)?"
    r"|tokens? allowed|limit (?:is|of)|tokens? >|max_(?:model_len|context_length|seq_len)\W*)"
    r"\D{0,12}(\d{1,3}(?:,\d{3})+|\d{3,8})",
    re.IGNORECASE,
)
_SENT = re.compile(
    r"(?:requested|resulted in|prompt is too long:|input (?:has|is|of|length)|prompt (?:has|contains)|in the messages)"
    r"\D{0,40}?(\d{1,3}(?:,\d{3})+|\d{3,8})",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,8})\s+(?:tokens )?(?:in|for) the completion", re.IGNORECASE)
_TOO_LONG = re.compile(
    r"context[_ ]length|context[_ ](?:window|size)|maximum (?:context|input|prompt|sequence)|prompt is too long"
    r"|input (?:length|is too long)|too many (?:input )?tokens|exceeds? the (?:maximum|available|limit)[^.]{0,40}"
    r"(?:tokens|context)|reduce the length|request (?:entity )?too large|payload too large|max_model_len",
    re.IGNORECASE,
)


class Told(NamedTuple):
    """What an API's error says of the window, in tokens."""

    window: int | None
    """That a prompt may fill."""
    sent: int | None


def is_too_long(text: str) -> bool:
    """Whether an error complains of a prompt beyond the model's window; APIs have no common code for it."""
    return bool(_TOO_LONG.search(text[:4000]))


def told(text: str) -> Told:
    """The figures in such an error; what it promises to the answer is taken off the window."""
    text = text[:4000]
    window, sent, answer = (_number(p, text) for p in (_WINDOW, _SENT, _ANSWER))
    if window and answer and answer < window:
        window -= answer
    return Told(window, sent)


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(found[1].replace(",", "")) if found else None


def size(messages: Sequence[ChatMessage]) -> int:
    """Characters that messages come to."""
    return sum(_size(m) for m in messages)


def _size(message: ChatMessage) -> int:
    total = _OVERHEAD + len(message.text)
    if isinstance(message.content, list):
        total += sum(_OTHER for c in message.content if c.type not in ("text", "reasoning"))
    if isinstance(message, ChatMessageAssistant):
        total += sum(len(c.function) + len(json.dumps(c.arguments, default=str)) for c in message.tool_calls or [])
    return total


def turns(messages: Sequence[ChatMessage]) -> Iterator[list[ChatMessage]]:
    """The conversation cut before each of the model's messages, so that calls stay with their results."""
    turn: list[ChatMessage] = []
    for message in messages:
        if message.role == "assistant" and turn:
            yield turn
            turn = []
        turn.append(message)
    if turn:
        yield turn


def opening(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """What comes before the model's first message: how to work, and the task."""
    return next(turns(messages), []) if messages and messages[0].role != "assistant" else []


def shortened(text: str, most: int) -> str:
    """A text without its middle, if it is longer than `most` characters."""
    if len(text) <= most:
        return text
    gone = f"\n[... {len(text) - most} characters left out ...]\n"
    return f"{text[: most * 2 // 3]}{gone}{text[len(text) - most // 3 :]}"


def shrunk(messages: Sequence[ChatMessage], head: int, most: int) -> list[ChatMessage]:
    """The first messages and the latest turns that fit; what is long in them loses its middle.

    Args:
        messages: The conversation.
        head: How many messages, at its beginning, tell the task.
        most: Characters. Half of them may go to the task.
    """
    first = fitting(messages[:head], most // 2)
    room, kept = most - size(first), list[list[ChatMessage]]()
    for turn in reversed(list(turns(messages[head:]))):
        lesser = [cut(m, max(200, most // 8)) for m in turn]
        if size(lesser) > room:
            break
        kept.insert(0, lesser)
        room -= size(lesser)
    return first + [m for turn in kept for m in turn]


def fitting(messages: Sequence[ChatMessage], most: int) -> list[ChatMessage]:
    """All of the messages; the longest loses its middle until they fit."""
    found = list(messages)
    while found and size(found) > most:
        longest = max(range(len(found)), key=lambda i: len(found[i].text))
        length = len(found[longest].text)
        if length < 200:
            break
        found[longest] = cut(found[longest], max(length // 2, min(length - 100, most - size(found) + length - 100)))
    return found


def cut(message: ChatMessage, most: int) -> ChatMessage:
    """The message with no more than so many characters of text; its id stays."""
    if len(message.text) <= most:
        return message
    return message.model_copy(update={"content": shortened(message.text, most)})


def plain_users(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """The opening alone as the model may be sent it: some APIs want a user's message at the end."""
    last = messages[-1] if messages else None
    if last is None or isinstance(last, ChatMessageSystem | ChatMessageAssistant):
        return [*messages, ChatMessageUser(content="Go on.")]
    return list(messages)
