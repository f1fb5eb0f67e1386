"""What MLAB does in one step, and what it learns of it."""

from __future__ import annotations

from dataclasses import dataclass

BAD_INPUT = "ActionInputParsingError"


class ActionError(Exception):
    """An action that cannot be done; the message is the observation."""


class InputError(Exception):
    """What is no action; the message tells why."""


@dataclass
class Step:
    reply: str
    observation: str

    @property
    def acted(self) -> bool:
        """Whether it was an action at all."""
        return not self.observation.startswith(BAD_INPUT)
