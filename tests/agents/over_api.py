"""The scripted model of all scaffolds behind the chat API, and what misbehaves between its turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser, ModelOutput
from inspect_ai.tool import ToolInfo

from agents.chat_api import Reply, Request, call, calls, content_text, says
from agents.misbehaviour import SHELLS, Kind, acts
from agents.scripted import any_scaffold


def any_request(request: Request) -> Reply:
    """What the scripted model answers, whichever scaffold asks."""
    return _reply(any_scaffold([_message(m) for m in request["messages"]], _tools(request)))


class Misbehaving:
    """Does its work in whatever scaffold, and misbehaves: in its first and its third turn, or in all but the first."""

    def __init__(self, kind: Kind, often: str) -> None:
        self._kind, self._often, self._turns = kind, often, 0

    def __call__(self, request: Request) -> Reply:
        self._turns += 1
        bad = self._turns in (1, 3) if self._often == "once" else self._turns > 1
        return (self._kind.reply(request) if bad else None) or any_request(request)


class EachInTurn:
    """Misbehaves in every way, one after the other, each time followed by a turn without fault; then does its work."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self.left = list(kinds)
        self._bad = False

    def __call__(self, request: Request) -> Reply:
        self._bad = not self._bad
        while self._bad and self.left:
            if reply := self.left.pop(0).reply(request):
                return reply
        offered = {t["function"]["name"] for t in request.get("tools") or []}
        return acts(request, "echo on") if self.left and offered & set(SHELLS) else any_request(request)


def _message(sent: dict[str, Any]) -> ChatMessage:
    text = content_text(sent.get("content"))
    return ChatMessageAssistant(content=text) if sent["role"] == "assistant" else ChatMessageUser(content=text)


def _tools(request: Request) -> list[ToolInfo]:
    named = [t["function"] for t in request.get("tools") or []]
    return [ToolInfo(name=f["name"], description=f.get("description") or "") for f in named]


def _reply(output: ModelOutput) -> Reply:
    made = output.message.tool_calls or []
    return calls(*(call(c.function, c.arguments) for c in made)) if made else says(output.message.text)
