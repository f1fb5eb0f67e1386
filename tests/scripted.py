"""A sandbox whose commands are answered as a test tells them to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from inspect_ai.util import ExecResult

Answer = ExecResult[str] | Exception


def done(stdout: str = "", code: int = 0, stderr: str = "") -> ExecResult[str]:
    """How a command ended."""
    return ExecResult(code == 0, code, stdout, stderr)


class Scripted:
    """A sandbox, with what was asked of it.

    Args:
        answers: In turn, or a function of the command; an exception is raised.
    """

    def __init__(self, answers: Iterable[Answer] | Callable[[list[str]], Answer]) -> None:
        self.left: list[Answer] = [] if callable(answers) else list(answers)
        self._answer = answers if callable(answers) else lambda _: self.left.pop(0)
        self.asked: list[tuple[list[str], Any]] = []
        """Each command with its input."""

    async def exec(self, cmd: list[str], input: Any = None, **_: Any) -> ExecResult[str]:
        self.asked.append((cmd, input))
        answer = self._answer(cmd)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def write_file(self, file: str, contents: bytes) -> None:
        raise ConnectionError("reset")
