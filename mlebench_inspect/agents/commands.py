"""Commands for long work: their exit code is shown, and they end before the time of the run does."""

from __future__ import annotations

import math

from inspect_ai.tool import Tool, ToolCall, ToolCallContent, ToolCallView, ToolCallViewer, ToolDef, tool
from inspect_ai.util import OutputLimitExceededError, sample_limits, sandbox

_RESERVE = 60.0
"""Seconds that a command leaves of the time, so that the agent can still see to its submission; less in short runs."""
_BASH = """\
Run a bash command and get its output and exit code.

Each call is a fresh shell. A command is stopped after {timeout} seconds, or shortly before your time is over. Put long
work (a training, say) in the background, and look after it in later calls:

  nohup python3 train.py > train.log 2>&1 & echo "PID $!"
"""
_PYTHON = """\
Run a Python program and get what it prints and its exit code.

Each call is a program of its own: nothing is kept from earlier ones, and only what is printed is seen. It is stopped
after {timeout} seconds, or shortly before your time is over.
"""


def time_left() -> float | None:
    """Seconds until the sample's time limit; None without one."""
    left = sample_limits().time.remaining
    return None if left is None else max(0.0, left)


def seconds_for(timeout: int) -> int:
    """Seconds that a command may run: the setting, or what is left of the time without a reserve."""
    left = time_left()
    return timeout if left is None else max(1, min(timeout, math.floor(left - min(_RESERVE, 0.1 * left))))


def _viewer(language: str, argument: str) -> ToolCallViewer:
    def view(call: ToolCall) -> ToolCallView:
        code = str(call.arguments.get(argument, "")).strip()
        return ToolCallView(
            call=ToolCallContent(title=language, format="markdown", content=f"```{language}\n{code}\n```")
        )

    return view


@tool(viewer=_viewer("bash", "command"), parallel=True)
def bash(timeout: int) -> Tool:
    """Commands of the shell, in the working folder of the sandbox.

    Args:
        timeout: Seconds after which a command is stopped.
    """

    async def execute(command: str) -> str:
        return await run(["bash", "--login", "-c", command], timeout)

    about = {"command": "The bash command."}
    return ToolDef(execute, name="bash", description=_BASH.format(timeout=timeout), parameters=about).as_tool()


@tool(viewer=_viewer("python", "code"), parallel=True)
def python(timeout: int) -> Tool:
    """Python programs, by the sandbox's `python3`.

    Args:
        timeout: Seconds after which a program is stopped.
    """

    async def execute(code: str) -> str:
        return await run(["bash", "--login", "-c", "python3 -"], timeout, code)

    about = {"code": "The Python program."}
    return ToolDef(execute, name="python", description=_PYTHON.format(timeout=timeout), parameters=about).as_tool()


async def run(command: list[str], timeout: int, program: str | None = None) -> str:
    """What a command printed, and how it ended.

    Args:
        command: Its words.
        timeout: Seconds; fewer where less time is left.
        program: What it reads.
    """
    seconds = seconds_for(timeout)
    try:
        done = await sandbox().exec(command, input=program, timeout=seconds, timeout_retry=False)
    except TimeoutError as ex:
        ended = f"stopped after {seconds} seconds; put long work in the background"
        return f"{getattr(ex, 'truncated_output', None) or ''}\n[{ended}]".lstrip()
    except OutputLimitExceededError as ex:
        return f"{ex.truncated_output or ''}\n[more than {ex.limit_str} of output; send it to a file]".lstrip()
    printed = "\n".join(text.rstrip("\n") for text in (done.stderr, done.stdout) if text.strip())
    return f"{printed}\n[exit code {done.returncode}]".lstrip()
