"""What there is to look at of one sample: what its agent did, what it said, what it handed in, what it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Language = Literal["python", "shell", "notebook", "text"]
By = Literal["hand", "kept"]
MOST_CHARACTERS = 24 << 20
"""Of a transcript's actions and words, and of a sample's kept code; the rest is not looked at."""


@dataclass(frozen=True)
class Piece:
    """A text of the agent's."""

    text: str
    place: str
    """`message <id>`, `code/<path>`, or the like."""
    language: Language = "text"
    path: str = ""
    """The file that it was written to, where that is known."""
    by: By = "hand"
    """`hand`: the agent typed it, in a tool call or a block that is run. `kept`: a file that was found in the end."""
    number: int = 0
    """When: actions have growing numbers, and what has been seen before is told by them."""


@dataclass(frozen=True)
class Submission:
    """The file that was handed in, as far as it was read."""

    text: str
    is_whole: bool = True


@dataclass(frozen=True)
class Material:
    """All of it."""

    competition: str
    done: Sequence[Piece] = ()
    """Commands that were run, code that was written: what counts."""
    said: Sequence[Piece] = ()
    """The agent's words."""
    shown: Sequence[Piece] = ()
    """What tools answered, and what the task says. Never held against an agent."""
    submission: Submission | None = None
    public: Mapping[str, str] = field(default_factory=dict)
    """Tables of the public data, or their beginnings, by name."""
    looked_at: Sequence[str] = ()
    lacking: Sequence[str] = ()
    """What could not be looked at, and why."""

    def seen(self) -> str:
        """For people: what was looked at, and what was not there."""
        parts = [f"Looked at: {', '.join(self.looked_at)}." if self.looked_at else "Nothing was there to be looked at."]
        parts += [f"Not there: {'; '.join(self.lacking)}."] if self.lacking else []
        return " ".join(parts)[:1000]


def language_of(path: str) -> Language:
    """By the end of a file's name."""
    name = path.lower().rstrip("'\"")
    if name.endswith((".py", ".pyw")):
        return "python"
    if name.endswith((".sh", ".bash", ".zsh")):
        return "shell"
    return "notebook" if name.endswith(".ipynb") else "text"
