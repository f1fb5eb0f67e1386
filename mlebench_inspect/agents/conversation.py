"""What a model is sent of a conversation that may grow beyond its window."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from inspect_ai.log import transcript
from inspect_ai.model import (
    ChatMessage,
    ChatMessageUser,
    ModelOutput,
    get_model,
    get_model_info,
)
from inspect_ai.tool import Tool, ToolDef, ToolInfo
from inspect_ai.util import LimitExceededError
from pydantic import BaseModel, JsonValue

from mlebench_inspect.agents.ending import note_end
from mlebench_inspect.agents.replies import no_refusal
from mlebench_inspect.agents.resuming import kept_with_checkpoints
from mlebench_inspect.agents.sending import LEAST, sent
from mlebench_inspect.agents.windows import (
    CHARACTERS,
    USUAL,
    opening,
    plain_users,
    shortened,
    shrunk,
    size,
    told,
)

_SUMMARY = """\
The conversation becomes too long and will be cut. Write down, for yourself, what you need to go on: what the data is
like; what you have tried, with the validation score of each; which files hold the best submission and its code; what
runs in the background; what failed and why; what you mean to do next. Be exact and brief. Do nothing else now.
"""


class View(BaseModel):
    """What a conversation was cut to, and what was learnt of the window; kept with checkpoints."""

    messages: list[ChatMessage] = []
    seen: list[str | None] = []
    head: int = 0
    written_id: str | None = None
    characters: float = CHARACTERS
    window: int = 0


class Conversation:
    """The view of a conversation that fits into the model's window.

    A conversation that comes near to the window is compacted: by the provider where it offers that, else by a summary
    of the model's. What the API finds too long all the same teaches what the window really is, and is shrunk until it
    fits: the task, the notes and the latest turns stay. Tokens are reckoned from those that the API counts, so no table
    is needed.
    """

    def __init__(self, window: int, compaction: float, notes: Callable[[], Awaitable[str]]) -> None:
        """
        Args:
            window: Tokens of the model's window; 0 for what is known of the model.
            compaction: Part of the window, or number of tokens, at which the conversation is compacted; 0 for never.
            notes: What the agent wrote down; put back where messages are left out.
        """
        self._window, self._compaction, self._notes = window, compaction, notes
        self._view: list[ChatMessage] = []
        self._seen: set[str | None] = set()
        self._head = 0
        self._written_id: str | None = None
        self._characters = CHARACTERS
        self._is_kept = False

    async def ask(self, messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()) -> ModelOutput:
        """The model's next message.

        Args:
            messages: The whole conversation, with new messages at its end.
            tools: That the model may call.

        Returns:
            Its answer, without what would break the run (`mended`). The stop reason is `model_length` only where not
            even the task and the last turn fit.
        """
        if not self._is_kept:
            self._go_on()
        self._take(messages)
        if self._compaction and self._tokens() > self._limit():
            await self._compact(tools)
        while True:
            output = await sent(self._view, tools)
            if output.stop_reason != "model_length":
                self._calibrate(output)
                return no_refusal(output)
            if not await self._shrink(output.completion):
                note_end("window_too_small", f"Not even the task and the last turn fit: {output.completion}")
                return output

    def _go_on(self) -> None:
        """Has this kept with checkpoints, and takes up what was kept."""
        self._is_kept, nothing = True, View()
        found = kept_with_checkpoints("conversation", self._now, nothing)
        if found is not nothing and found.messages:
            self._view, self._seen, self._head = list(found.messages), set(found.seen), found.head
            self._written_id, self._characters, self._window = found.written_id, found.characters, found.window

    def _now(self) -> View:
        return View(
            messages=self._view,
            seen=list(self._seen),
            head=self._head,
            written_id=self._written_id,
            characters=self._characters,
            window=self._window,
        )

    def _take(self, messages: Sequence[ChatMessage]) -> None:
        if not self._view:
            self._head = len(opening(messages))
        new = [m for m in messages if m.id not in self._seen]
        self._seen |= {m.id for m in new}
        self._view += new

    def _tokens(self) -> int:
        return int(size(self._view) / self._characters)

    def _limit(self) -> float:
        if self._compaction <= 1:
            return self._compaction * self._known_window()
        return min(self._compaction, 0.9 * self._window) if self._window else self._compaction

    def _known_window(self) -> int:
        """As it was given, or learned; else what Inspect knows of the model."""
        info = None if self._window else get_model_info(get_model())
        return self._window or (info.input_tokens or info.context_length if info else None) or USUAL

    def _calibrate(self, output: ModelOutput) -> None:
        usage = output.usage
        if usage is not None:
            cached = (usage.input_tokens_cache_read or 0) + (usage.input_tokens_cache_write or 0)
            self._learn_size(usage.input_tokens + cached)

    def _learn_size(self, tokens: int) -> None:
        if tokens > LEAST:
            self._characters = min(8.0, max(0.5, size(self._view) / tokens))

    async def _shrink(self, error: str) -> bool:
        """Halves what is sent, by what the error says of the window; whether there was anything to halve."""
        window, tokens = told(error)
        if tokens:
            self._learn_size(tokens)
        before = self._tokens()
        self._window = min(window or self._known_window(), before)
        return await self._keep(self._window / 2, f"The API takes no {before} tokens: {error[:300]}")

    async def _keep(self, tokens: float, why: str, summary: str = "") -> bool:
        """Leaves the opening, what was written down, and the latest turns."""
        if tokens < LEAST:
            return False
        most, before = int(tokens * self._characters), len(self._view)
        written = await self._written(summary, most // 4)
        kept = [m for m in self._view if m.id != self._written_id]
        view = shrunk(kept, self._head, most - size([written]))
        self._written_id = written.id
        self._view = plain_users([*view[: self._head], written, *view[self._head :]])
        self._tell(why, before)
        return True

    def _tell(self, why: str, before: int) -> None:
        now, window = len(self._view), self._known_window()
        seen: JsonValue = {"shortened": why, "messages before": before, "messages now": now, "window": window}
        transcript().info(seen, source="mlebench")

    async def _written(self, summary: str, most: int) -> ChatMessageUser:
        notes = await self._notes()
        parts = ["Earlier messages are left out here, since the conversation became too long."]
        if summary:
            parts.append(f"Your summary of them:\n{shortened(summary, most)}")
        if notes:
            parts.append(f"Your notes file:\n{shortened(notes, most)}")
        return ChatMessageUser(content="\n\n".join(parts))

    async def _compact(self, tools: Sequence[Tool]) -> None:
        why = f"{self._tokens()} tokens, of {self._known_window()} in the window"
        if await self._compact_natively(tools, why):
            return
        limit = self._limit()
        while True:
            question = shrunk(self._view, self._head, int(limit * self._characters))
            output = await sent([*question, ChatMessageUser(content=_SUMMARY)])
            if output.stop_reason != "model_length" or limit < 2 * LEAST:
                break
            limit /= 2
            self._window = min(told(output.completion).window or self._known_window(), self._known_window())
        summary = output.completion if output.stop_reason in ("stop", "max_tokens") else ""
        await self._keep(min(limit, self._limit()) / 2, why, summary)

    async def _compact_natively(self, tools: Sequence[Tool], why: str) -> bool:
        """Whether the provider could do it."""
        try:
            compacted, _ = await get_model().compact(list(self._view), [_info(t) for t in tools])
        except LimitExceededError:
            raise
        except Exception as ex:  # most providers cannot, and say so in many ways
            transcript().info(f"No compaction by the provider: {str(ex)[:300]}", source="mlebench")
            return False
        known, before = {m.id for m in compacted}, len(self._view)
        system = [m for m in self._view[: self._head] if m.role == "system" and m.id not in known]
        self._view = [*system, *compacted]
        self._head = len(self._view)
        notes = await self._notes()
        if notes:
            self._view.append(ChatMessageUser(content=f"Your notes file:\n{notes}"))
        self._tell(f"{why}; by the provider", before)
        return True


def _info(tool: Tool) -> ToolInfo:
    defined = ToolDef(tool)
    return ToolInfo(name=defined.name, description=defined.description, parameters=defined.parameters)
