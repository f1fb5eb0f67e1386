"""What happens between an agent's turns: it is told to go on, slowed down where it gets nowhere, and ended."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
from inspect_ai.agent import AgentState
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage, ChatMessageTool

from mlebench_inspect.agents.commands import time_left
from mlebench_inspect.agents.ending import note_end
from mlebench_inspect.run.instructions import duration

LONGEST_PAUSE = 60.0
"""Seconds."""
_PATIENCE = 2
"""Turns that get nowhere before the first pause, of a second; each further one is twice as long."""


class Pace:
    """Called after each turn. A turn acts if a tool took one of its calls; `submit` alone is no action."""

    def __init__(self, how: str, submit: bool, time_notes: int, idle_turns: int) -> None:
        """
        Args:
            how: By what the agent acts, in words.
            submit: Whether it may end its run.
            time_notes: Seconds after which it is told again how much time is left; 0 for never.
            idle_turns: Turns without an action after which the run ends; 0 for never.
        """
        self._how, self._submit, self._every, self._most = how, submit, time_notes, idle_turns
        self._told = time_left()
        self._idle = self._same = 0
        self._last: object = None
        self.unread: list[str] = []
        """What the agent wrote and nobody understood; told after its turn."""

    async def __call__(self, state: AgentState) -> bool | str:
        results = _results(state.messages)
        self._count(state, results)
        if self._most and self._idle >= self._most:
            note_end("no_action", f"{self._idle} turns in a row without an action; the last: {_last_words(state)}")
            return False
        await pause(max(self._idle, self._same))
        return self._say(state, results) or True

    def _count(self, state: AgentState, results: Sequence[ChatMessageTool]) -> None:
        acted = any(r.function != "submit" and (r.error is None or r.error.type != "parsing") for r in results)
        self._idle = 0 if acted else self._idle + 1
        calls = state.output.message.tool_calls or []
        turn = [(c.function, c.arguments) for c in calls], [(r.text, r.error and r.error.message) for r in results]
        self._same = self._same + 1 if calls and turn == self._last else 0
        self._last = turn

    def _say(self, state: AgentState, results: Sequence[ChatMessageTool]) -> str:
        left, said = time_left(), []
        hint = f"You have {duration(left)} left." if left is not None else ""
        if self.unread:
            said.append("Not understood, and not acted upon: " + "; ".join(self.unread[:10]) + ".")
            self.unread.clear()
        if self._same >= _PATIENCE:
            said.append(
                f"{self._same + 1} times the same with the same result: wait longer (`sleep`) or do something else."
            )
        if not results:
            said += [hint, self._go_on(state)]
        elif self._every and left is not None and self._told is not None and self._told - left >= self._every:
            self._told = left
            said.append(hint)
        return " ".join(s for s in said if s)

    def _go_on(self, state: AgentState) -> str:
        cut = "Your reply was cut off at its longest; be shorter. " if state.output.stop_reason == "max_tokens" else ""
        end = "If nothing more is to be gained, submit." if self._submit else "Use the time to improve your submission."
        return f"{cut}Go on with the next step by {self._how}. {end}"


def _results(messages: Sequence[ChatMessage]) -> list[ChatMessageTool]:
    """What the tools gave back in the last turn."""
    found: list[ChatMessageTool] = []
    for message in reversed(messages):
        if message.role == "assistant":
            break
        if isinstance(message, ChatMessageTool):
            found.insert(0, message)
    return found


async def pause(turns: int) -> None:
    """Slows a model down that gets nowhere, so that it uses up neither its calls nor somebody's money."""
    if turns < _PATIENCE:
        return
    seconds = min(2.0 ** min(turns - _PATIENCE, 30), LONGEST_PAUSE)
    transcript().info(f"{turns} turns led nowhere; a pause of {seconds:.0f} seconds", source="mlebench")
    await anyio.sleep(seconds)


def _last_words(state: AgentState) -> str:
    return " ".join(state.output.completion.split())[:300] or "(nothing)"
