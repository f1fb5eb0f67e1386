"""What an agent keeps with a checkpoint beside its conversation, and what it is told when it goes on from one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from inspect_ai.agent import AgentState
from inspect_ai.model import ChatMessageUser
from inspect_ai.util import current_checkpointer
from pydantic import BaseModel

Kept = TypeVar("Kept", bound=BaseModel | int)


def kept_with_checkpoints(key: str, now: Callable[[], Kept], initial: Kept) -> Kept:
    """Has something kept with every checkpoint from now on; returns what an earlier attempt at the sample kept.

    Must be called within the agent's `checkpointer()`.

    Args:
        key: Its name.
        now: What it is when a checkpoint is made.
        initial: What is returned where nothing was kept.
    """
    session = current_checkpointer()
    if session is None:
        return initial
    try:
        return session.track(f"mlebench_{key}", now, initial)
    except ValueError:  # an agent within an agent: the outer one's is kept
        return initial


class Notice:
    """Tells an agent, once, that its run was cut off and goes on."""

    def __init__(self) -> None:
        self._told = False

    def tell(self, state: AgentState) -> None:
        """Adds the message to the conversation, before the model's first turn after it."""
        session = None if self._told else current_checkpointer()
        self._told = True
        report = session.restored if session is not None else None
        if report is not None and report.message:
            state.messages.append(ChatMessageUser(content=report.message))
