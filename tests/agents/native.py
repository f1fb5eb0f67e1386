"""The scripted model of the scaffolds that work on the host without tools (`mlab`, `search`), and how it misbehaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agents.chat_api import Reply, Request, says, text_of
from agents.misbehaviour import KINDS, Kind
from agents.over_api import any_request
from search.engineers import answers, works

DATA = "../../../data"
"""As seen from a solution's folder."""
COPY = 'import shutil; shutil.copy("../data/sample_submission.csv", "../submission/submission.csv"); print("copied it")'
_BASH = [{"type": "function", "function": {"name": "bash", "parameters": {}}}]
UNASKED = [
    "bad JSON in a call",
    "unknown tool",
    "wrong argument names",
    "wrong argument types",
    "arguments are a list",
    "cut off in a call",
    "submits too early",
    "parallel calls",
    "calls of one id",
    "lone surrogates",
    "NUL in a command",
    "stop sequences",
]
"""The kinds that are calls of tools: here of tools that nobody offered."""


def unasked(kind: Kind) -> Kind:
    """The kind as calls of tools that the request does not offer."""
    return replace(kind, reply=lambda request: kind.reply({**request, "tools": _BASH}), end="no_action")


def mlab_work(request: Request) -> Reply:
    """Writes a script that copies the sample submission, runs it, and is done."""
    if "Given this Python script" in text_of(request):
        return says(f"```python\n{COPY}\n```")
    return any_request(request)


def search_work(request: Request) -> Reply:
    """A valid solution."""
    return _script(works(0.6))(request)


def _mlab(name: str, inputs: Any, tail: str = "", code: str = "") -> Callable[[Request], Reply]:
    """An action of MLAB's, or that answer to what is asked beside the steps."""
    given = inputs if isinstance(inputs, str) else json.dumps(inputs)
    entries = [f"{e}: none" for e in ("Reflection", "Research Plan and Status", "Fact Check", "Thought")]
    step = "\n".join([*entries, f"Action: {name}", f"Action Input: {given}{tail}"])

    def reply(request: Request) -> Reply:
        if "Given this Python script" in text_of(request):
            return says(f"```python\n{code or COPY}\n```")
        return says(step)

    return reply


def _mlab_runs(code: str) -> Callable[[Request], Reply]:
    """Writes a script and runs it, again and again."""
    edit = {"script_name": "new.py", "edit_instruction": "write it", "save_name": "new.py"}
    write, run = _mlab("Edit Script (AI)", edit, code=code), _mlab("Execute Script", {"script_name": "new.py"})

    def reply(request: Request) -> Reply:
        asked = text_of(request)
        return run(request) if "The edited file is saved" in asked[-1500:] else write(request)

    return reply


def _script(code: str, tail: str = "") -> Callable[[Request], Reply]:
    """A solution of the search's; what a review would be is the same."""
    return lambda request: says(answers(code.replace("DATA", DATA)) + tail)


def _cut_off(text: str) -> Callable[[Request], Reply]:
    return lambda request: says(text, "length")


_LIST = {"dir_path": "."}
_ENTRIES = "Reflection: none\nResearch Plan and Status: none\nFact Check: none\nThought: none\nAction: List Files\n"
_FLOOD, _BYTES = "print('x' * 12_000_000)", "import sys; sys.stdout.buffer.write(b'\\377\\376\\n')"
OWN: dict[str, dict[str, Kind]] = {
    "mlab": {
        "bad JSON in a call": Kind(_mlab("List Files", '{"dir_path": "'), "no_action"),
        "unknown tool": Kind(_mlab("Browse", {"url": "x"}), "no_action"),
        "wrong argument names": Kind(_mlab("List Files", {"path": "."}), "no_action"),
        "wrong argument types": Kind(_mlab("List Files", {"dir_path": 5}), "time"),
        "arguments are a list": Kind(_mlab("List Files", "[" * 100_000), "no_action"),
        "cut off in a call": Kind(_cut_off(f'{_ENTRIES}Action Input: {{"dir'), "no_action"),
        "submits too early": Kind(_mlab("Final Answer", {"final_answer": "done"}), "no_action", from_the_start=True),
        "huge output": Kind(lambda r: says("\n \t" * 400_000), "no_action"),
        "parallel calls": Kind(_mlab("List Files", _LIST, "\nAction: List Files\nAction Input: {}"), "time"),
        "lone surrogates": Kind(_mlab_runs("print('\ud800')"), "time"),
        "NUL in a command": Kind(_mlab("List Files", {"dir_path": "\0"}), "time"),
        "one command for ever": Kind(_mlab("List Files", _LIST), "time"),
        "huge output of a tool": Kind(_mlab_runs(_FLOOD), "time"),
        "output that is no UTF-8": Kind(_mlab_runs(_BYTES), "time"),
        "stop sequences": Kind(_mlab("List Files", _LIST, "<|im_end|>"), "time"),
    },
    "search": {
        "a block without a name": Kind(lambda r: says("```\nls\n```"), "time"),
        "cut off in a call": Kind(_cut_off("A plan.\n\n```python\nprint("), "no_action"),
        "parallel calls": Kind(_script("print(1)\n", "\n```python\nprint(2)\n```"), "time"),
        "lone surrogates": Kind(_script("print('\ud800')\n", "\ud801"), "time"),
        "NUL in a command": Kind(_script("print('\0')\n"), "time"),
        "one command for ever": Kind(_script(works(0.6)), "time"),
        "huge output of a tool": Kind(_script(f"{_FLOOD}\n"), "time"),
        "output that is no UTF-8": Kind(_script(f"{_BYTES}\n"), "time"),
        "stop sequences": Kind(_script(works(0.6), "<|im_end|>"), "time"),
    },
}
"""Kinds in the form that a scaffold's actions have."""


def kinds_of(scaffold: str) -> dict[str, Kind]:
    """All kinds in the scaffold's form, by name; those that are calls also as calls that nobody asked for."""
    found = {name: OWN[scaffold].get(name) or _as_prose(name, kind) for name, kind in KINDS.items()}
    return found | {f"{name}, unasked": unasked(KINDS[name]) for name in UNASKED}


def _as_prose(name: str, kind: Kind) -> Kind:
    """What is an action elsewhere is none here."""
    if name in UNASKED:
        kind = unasked(kind)
    return kind if kind.end == "error" or "window" in name else replace(kind, end="no_action")


def mlab_goes_on(number: int) -> Callable[[Request], Reply]:
    """One more look at a file, another each time."""
    return _mlab(
        "Inspect Script Lines", {"script_name": "train.py", "start_line_number": "1", "end_line_number": number}
    )
