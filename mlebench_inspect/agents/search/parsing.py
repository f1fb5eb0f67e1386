"""What a model said and what a script printed, read without trust."""

from __future__ import annotations

import ast
import json
import math
import re
from typing import Any, NamedTuple

MAX_CODE = 200_000
"""Characters of a script."""
SCORE, FOLDS = "validation_score", "fold_scores"
"""Keys of the line that a solution prints."""
_FENCE = re.compile(r"^[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<name>[\w+-]*)[^\n]*$", re.MULTILINE)
_PYTHON = ("python", "py", "python3", "")


class Reply(NamedTuple):
    """A model's answer."""

    plan: str
    code: str
    fault: str = ""
    """Why there is no code, to be told to the model."""


def read_reply(text: str) -> Reply:
    """The plan and the script in an answer: what is before the code, and the longest block that is Python.

    A closed block is taken as it is, since the sandbox's Python may know more than this one. One that was never closed
    is taken if it is Python to its end.
    """
    text = text.replace("\r\n", "\n")
    plan = _FENCE.split(text, maxsplit=1)[0].strip()[:3000]
    scripts = [
        body for name, body, whole in _blocks(text) if name in _PYTHON and body.strip() and (whole or _runs(body))
    ]
    if not scripts:
        return Reply(plan, "", "it has no whole fenced block of Python" if text.strip() else "it is empty")
    code = max(scripts, key=len)
    if len(code) > MAX_CODE:
        return Reply(plan, "", f"the script is longer than {MAX_CODE} characters")
    return Reply(plan, code)


def _blocks(text: str) -> list[tuple[str, str, bool]]:
    """Name and content of each fenced block, and whether it was closed."""
    found, opened = [], None
    for mark in _FENCE.finditer(text):
        if opened is None:
            opened = mark
        elif mark["fence"].startswith(opened["fence"]) and not mark["name"]:
            found.append((opened["name"].lower(), text[opened.end() + 1 : mark.start()], True))
            opened = None
    if opened is not None:
        found.append((opened["name"].lower(), text[opened.end() + 1 :], False))
    return found


def _runs(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


class Printed(NamedTuple):
    """The scores that a solution printed."""

    score: float
    folds: list[float]


def read_score(output: str) -> Printed | None:
    """The last agreed line of an output; None if there is none with a finite score."""
    for line in reversed(output.splitlines()):
        line = line.strip()
        if SCORE not in line or len(line) > 10_000:
            continue
        found = _json(line[line.find("{") :])
        score: Any = found.get(SCORE)
        if _finite(score):
            folds = found.get(FOLDS)
            return Printed(
                float(score), [float(f) for f in folds if _finite(f)][:100] if isinstance(folds, list) else []
            )
    return None


class Review(NamedTuple):
    """What a reviewer says of a solution."""

    lesson: str
    sound: bool = True
    """Whether its score can be believed."""


def read_review(text: str) -> Review:
    """The review in an answer; where that is no JSON, its beginning is the lesson, and the solution counts."""
    found = _json(text[text.find("{") : text.rfind("}") + 1])
    lesson = found.get("lesson")
    if not isinstance(lesson, str):
        return Review(" ".join(text.split())[:300])
    return Review(" ".join(lesson.split())[:400], found.get("sound") is not False)


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _finite(value: object) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and not math.isnan(value)
    )
