"""What stands between a scaffold behind the bridge and its model, so that the faults of neither are the other's end."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, TypeVar

import anyio
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelOutput, ModelUsage
from inspect_ai.tool import ToolChoice, ToolFunction, ToolInfo
from inspect_ai.util import LimitExceededError

from mlebench_inspect.agents.ending import note_end
from mlebench_inspect.agents.pace import pause
from mlebench_inspect.agents.plain_chat import plain_chat_filter
from mlebench_inspect.agents.replies import answer, no_refusal
from mlebench_inspect.agents.sending import LEAST
from mlebench_inspect.agents.windows import CHARACTERS, opening, plain_users, shrunk, size, told

T = TypeVar("T")

MOST_REJECTED = 5
"""Requests in a row that the provider rejects, after which the run ends with what it said."""
# What programs write above a command's output, and is another each time.
_STAMPS = re.compile(r"^(Chunk ID|Wall time|Process Group PGID)\b.*$", re.MULTILINE)
_TRY_AGAIN = {401, 402, 403, 404, 407, 408, 409, 425, 429}
"""Answers of HTTP that complain of something else than the request's text."""


class Gateway:
    """Passes one scaffold's requests on to the model, and the answers back.

    Answers come without what would break the scaffold. What the API finds too long loses its middle until it fits.
    Turns that lead nowhere are slowed down; after a number of them the run ends with a note. A provider that fails for
    good, after Inspect's own retries, ends the run with its error, as it does for an agent without a bridge. A request
    that it rejects is told to the scaffold, which may send another one.
    """

    def __init__(self, idle_turns: int = 0) -> None:
        """
        Args:
            idle_turns: Turns in a row without an action after which the run ends; 0 for never.
        """
        self._most = idle_turns
        self._idle = self._same = self._rejected = 0
        self._last: object = None
        self._ids: set[str] = set()
        """Of all calls so far: programs such as Claude Code drop what they take for a call that they know already."""
        self._room = math.inf
        self._error: Exception | None = None
        self._scope = anyio.CancelScope()

    async def run(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """Lets the scaffold work.

        Args:
            work: Runs it, with `generate` as its bridge's filter.

        Returns:
            What the work returns; None where it was ended with a note.

        Raises:
            Exception: The provider's, where it was the model's last word; else the scaffold's own.
        """
        with self._scope:
            try:
                done = await work()
                note_end("finished", "the scaffold's program ended by its agent's word")
                return done
            except LimitExceededError:
                raise
            except Exception:
                if self._error is None:
                    raise
        if self._error is not None:
            raise self._error
        return None

    async def generate(
        self,
        model: Model,
        messages: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice | None,
        config: GenerateConfig,
    ) -> ModelOutput:
        """The model's answer; a filter of Inspect's bridge."""

        async def ask(view: list[ChatMessage]) -> ModelOutput:
            plain = await plain_chat_filter(model, view, tools, tool_choice, config)
            if isinstance(plain, ModelOutput):
                return plain
            return await model.generate(view, tools=tools, tool_choice=tool_choice, config=config)

        try:
            output = await self._fitting(lambda view: answer(ask(view), str(model), tools, self._ids), messages)
        except LimitExceededError:
            raise
        except Exception as ex:
            await self._failed(ex)
            raise
        self._error, self._rejected = None, 0
        output = no_refusal(output)
        output.usage = output.usage or ModelUsage()  # programs reckon with it
        await self._pace(output, messages[-1:], acts(output, tools, tool_choice))
        return output

    async def _fitting(
        self, ask: Callable[[list[ChatMessage]], Awaitable[ModelOutput]], messages: Sequence[ChatMessage]
    ) -> ModelOutput:
        """The answer to as much of the conversation as the window takes: the task and the latest turns."""
        head = len(opening(messages))
        while True:
            fits = size(messages) <= self._room
            view = list(messages) if fits else plain_users(shrunk(messages, head, int(self._room)))
            output = await ask(view)
            if output.stop_reason != "model_length":
                return output
            said = output.completion
            if not self._learn(said, size(view)):
                await self._end("window_too_small", f"Not even the task and the last turn fit: {said}")
            transcript().info({"shortened": said[:300], "characters": int(self._room)}, source="mlebench")

    def _learn(self, said: str, sent: int) -> bool:
        """Makes less room, by what the API says of its window; whether there is any left."""
        window, tokens = told(said)
        per = sent / tokens if tokens and tokens > LEAST else CHARACTERS
        self._room = 0.8 * min(window * per, sent) if window else 0.5 * sent
        return self._room > LEAST * CHARACTERS

    async def _failed(self, ex: Exception) -> None:
        self._error = ex
        self._rejected += 1
        if not _is_rejection(ex) or self._rejected >= MOST_REJECTED:
            await self._end()
        await pause(self._rejected)

    async def _pace(self, output: ModelOutput, before: Sequence[ChatMessage], acted: bool) -> None:
        self._idle = 0 if acted else self._idle + 1
        calls = [(c.function, c.arguments) for c in output.message.tool_calls or []]
        turn = calls, output.completion, [_STAMPS.sub("", m.text) for m in before]
        self._same = self._same + 1 if turn == self._last else 0
        self._last = turn
        if self._most and self._idle >= self._most:
            words = " ".join(output.completion.split())[:300] or "(nothing)"
            await self._end("no_action", f"{self._idle} turns in a row without an action; the last: {words}")
        await pause(max(self._idle, self._same))

    async def _end(self, how: Literal["", "no_action", "window_too_small"] = "", why: str = "") -> None:
        """Ends the scaffold, and this call with it."""
        if how:
            note_end(how, why)
        self._scope.cancel()
        await anyio.sleep_forever()


def acts(output: ModelOutput, tools: Sequence[ToolInfo], tool_choice: ToolChoice | None) -> bool:
    """Whether an answer does something: calls a tool that there is, or holds the code or JSON that was asked for."""
    names = {t.name for t in tools}
    if any(c.function in names and c.parse_error is None for c in output.message.tool_calls or []):
        return True
    if isinstance(tool_choice, ToolFunction):
        return "{" in output.completion
    return not tools and "```" in output.completion


def _is_rejection(ex: Exception) -> bool:
    """Whether the provider was there and would not take this request."""
    found: BaseException | None = ex
    while found is not None:
        status = getattr(found, "status_code", None)
        if isinstance(status, int):
            return 400 <= status < 500 and status not in _TRY_AGAIN
        found = found.__cause__
    return False
