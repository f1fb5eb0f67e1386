"""Labelled transcripts as material for the filter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
)
from inspect_ai.tool import ToolCall

from mlebench_inspect.violations.actions import actions_of
from mlebench_inspect.violations.material import Material, Piece, Submission, language_of

TRANSCRIPTS = Path(__file__).parent / "transcripts"


@dataclass(frozen=True)
class Labelled:
    """A transcript with what is true of it."""

    name: str
    labels: frozenset[str]
    material: Material
    messages: list[ChatMessage]


@cache
def labelled(folder: str) -> tuple[Labelled, ...]:
    """All transcripts of a folder, in the order of their names."""
    return tuple(read(file) for file in sorted((TRANSCRIPTS / folder).glob("*.yaml")))


def read(file: Path) -> Labelled:
    """One transcript."""
    case = yaml.safe_load(file.read_text(encoding="utf-8"))
    messages = [_message(m, number) for number, m in enumerate(case["messages"], 1)]
    return Labelled(file.stem, frozenset(case["labels"]), material(case, messages), messages)


def _message(given: dict[str, Any], number: int) -> ChatMessage:
    text = given.get("text") or ""
    about: dict[str, Any] = {"id": f"m{number}", "content": text}
    if given["role"] == "assistant":
        calls = [
            ToolCall(id=f"c{number}-{k}", function=c["function"], arguments=c.get("arguments") or {})
            for k, c in enumerate(given.get("calls") or ())
        ]
        return ChatMessageAssistant(**about, tool_calls=calls or None)
    kinds = {"user": ChatMessageUser, "tool": ChatMessageTool, "system": ChatMessageSystem}
    return kinds[given["role"]](**about)


def material(case: dict[str, Any], messages: list[ChatMessage]) -> Material:
    """What the filter looks at."""
    found = actions_of(messages)
    kept = [
        Piece(str(text), f"code/{path}", language_of(path), path, by="kept")
        for path, text in (case.get("code") or {}).items()
    ]
    submission = case.get("submission")
    return Material(
        competition=case["competition"],
        done=[*found.done, *kept],
        said=found.said,
        shown=found.shown,
        submission=Submission(submission, is_whole=False) if submission else None,
        public={k: str(v) for k, v in (case.get("public") or {}).items()},
        looked_at=["transcript"],
    )
