"""An agent's messages as what it did, what it said, and what it was shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inspect_ai.event import Event, ModelEvent, ToolEvent
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ContentReasoning

from mlebench_inspect.violations.material import MOST_CHARACTERS, Language, Piece, language_of

_PATHS = (
    "path",
    "file_path",
    "filename",
    "file",
    "filepath",
    "notebook_path",
    "target_file",
    "save_name",
    "script_name",
)
_CONTENTS = (
    *(
        "file_text",
        "content",
        "contents",
        "new_str",
        "new_string",
        "insert_text",
        "new_source",
        "code_edit",
        "new_text",
    ),
    *("text", "code", "data", "body", "replacement"),
)
_COMMANDS = ("command", "cmd", "commands", "script", "bash", "shell", "keystrokes", "input", "args", "chars")
_CODES = ("code", "source", "python", "python_code", "script", "cell", "command", "cmd", "input")
_PATCHES = ("patch", "diff", "input", "patch_text")
_TALKS = {
    "submit",
    "think",
    "final_answer",
    "finish",
    "todowrite",
    "todo_write",
    "update_plan",
    "message",
    "answer",
    "done",
}
_SHELL = re.compile(
    r"bash|shell|terminal|exec_?command|execute_?command|run_?command|cmd|console|write_stdin", re.IGNORECASE
)
_PYTHON = re.compile(
    r"python|jupyter|ipython|notebook|execute_?code|run_?code|code_?(?:interpreter|execution)|(?:^|_)repl$", re.I
)
_PATCH = re.compile(r"patch|diff", re.IGNORECASE)
_FENCE = re.compile(r"^(`{3,})([\w+-]+)[^\n`]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_FENCED: dict[str, Language] = {
    **dict.fromkeys(("bash", "sh", "shell", "zsh", "console"), "shell"),
    **dict.fromkeys(("python", "py", "python3"), "python"),
}
_FILE = re.compile(r"^(?:\*\*\* (?:Add|Update) File: |\+\+\+ (?:b/)?)(.+?)\s*$")


@dataclass
class Actions:
    """What was read out of messages and events."""

    done: list[Piece] = field(default_factory=list)
    said: list[Piece] = field(default_factory=list)
    shown: list[Piece] = field(default_factory=list)
    is_whole: bool = True


def actions_of(messages: Sequence[ChatMessage], events: Sequence[Event] = ()) -> Actions:
    """What an agent did, said and was shown.

    Args:
        messages: Of its conversation.
        events: Of the run; calls that the conversation no longer holds, as after it was shortened, are taken from them.
    """
    found = Actions()
    uses_tools = any(isinstance(m, ChatMessageAssistant) and m.tool_calls for m in messages)
    seen: set[str] = set()
    for number, message in enumerate(messages, 1):
        place = f"message {message.id}"
        if isinstance(message, ChatMessageAssistant):
            seen |= {message.id or "", *(c.id for c in message.tool_calls or ())}
            _take(found, message, place, number, uses_tools)
        else:
            found.shown.append(Piece(message.text[:MOST_CHARACTERS], place, number=number))
    for event in events:
        if isinstance(event, ToolEvent) and event.id not in seen:
            seen.add(event.id)
            found.done += pieces_of_call(event.function, event.arguments, f"event {event.uuid}", 0)
        elif isinstance(event, ModelEvent) and not event.output.empty and (event.output.message.id or "") not in seen:
            message = event.output.message
            seen |= {message.id or "", *(c.id for c in message.tool_calls or ())}
            _take(found, message, f"event {event.uuid}", 0, uses_tools)
    found.done, kept_done = _bounded(found.done)
    found.said, kept_said = _bounded(found.said)
    found.shown, _ = _bounded(found.shown)
    found.is_whole = kept_done and kept_said
    return found


def _take(found: Actions, message: ChatMessageAssistant, place: str, number: int, uses_tools: bool) -> None:
    text = message.text
    if not message.tool_calls and not uses_tools:
        for match in _FENCE.finditer(text):
            language = _FENCED.get(match[2].lower())
            if language:
                found.done.append(Piece(match[3], place, language, number=number))
    for call in message.tool_calls or ():
        found.done += pieces_of_call(call.function, call.arguments, place, number)
        if call.function.lower() in _TALKS:
            text += "\n" + "\n".join(str(v) for v in call.arguments.values())
    if isinstance(message.content, list):
        text = "\n".join([c.reasoning for c in message.content if isinstance(c, ContentReasoning)] + [text])
    if text.strip():
        found.said.append(Piece(text, place, number=number))


def _bounded(pieces: list[Piece]) -> tuple[list[Piece], bool]:
    """As many of them as may be looked at, and whether these are all."""
    left = MOST_CHARACTERS
    for count, piece in enumerate(pieces):
        left -= len(piece.text)
        if left < 0:
            return pieces[:count], False
    return pieces, True


def pieces_of_call(function: str, arguments: Mapping[str, Any], place: str, number: int) -> Iterator[Piece]:
    """What a tool call does: a command, code, or a file with its content."""
    name = function.rpartition("__")[2].rpartition(".")[2]
    if name.lower() in _TALKS:
        return
    path = str(_first(arguments, _PATHS) or "")
    content = _first(arguments, _CONTENTS)
    edits = arguments.get("edits")
    if path and isinstance(edits, list):
        content = "\n".join(str(_first(e, _CONTENTS) or "") for e in edits if isinstance(e, dict))
    if _PATCH.search(name) and (patch := _first(arguments, _PATCHES)):
        yield from _patched(_joined(patch), place, number)
    elif path and content is not None:
        yield Piece(_joined(content), place, language_of(path), path, number=number)
    elif path and not _SHELL.search(name) and not _PYTHON.search(name):
        yield Piece(f"cat {_as_word(path)}", place, "shell", number=number)
    elif _PYTHON.search(name) and (code := _first(arguments, _CODES)) is not None:
        yield Piece(_joined(code), place, "python", number=number)
    elif _SHELL.search(name) and (command := _first(arguments, _COMMANDS)) is not None:
        yield from _shell(_joined(command), place, number)
    else:
        yield from _unknown(name, arguments, place, number)


def _shell(command: str, place: str, number: int) -> Iterator[Piece]:
    """A command; what calls a patching tool is a patch."""
    if command.lstrip().startswith(("apply_patch", "bash -lc apply_patch")) and "*** Begin Patch" in command:
        yield from _patched(command, place, number)
    else:
        yield Piece(command, place, "shell", number=number)


def _unknown(name: str, arguments: Mapping[str, Any], place: str, number: int) -> Iterator[Piece]:
    """A tool of which nothing is known: by its argument's names, else as a text."""
    for key, value in arguments.items():
        if not isinstance(value, str | list):
            continue
        text = _joined(value)
        if key in ("command", "cmd", "commands"):
            yield from _shell(text, place, number)
        elif key in ("code", "python_code", "source"):
            yield Piece(text, place, "python", number=number)
        elif text.strip():
            yield Piece(text, place, "text", f"tool {name}", number=number)


def _first(arguments: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((arguments[n] for n in names if isinstance(arguments.get(n), str | list)), None)


def _joined(value: Any) -> str:
    """A text, or a list of words: `["bash", "-lc", "..."]` is what it runs."""
    if isinstance(value, str):
        return value
    words = [str(w) for w in value[:10_000]]
    if len(words) == 3 and words[0].rpartition("/")[2] in ("bash", "sh", "zsh") and words[1] in ("-c", "-lc"):
        return words[2]
    return (
        " ".join(_as_word(w) for w in words) if all(isinstance(w, str) for w in value) else json.dumps(value)[: 1 << 20]
    )


def _as_word(word: str) -> str:
    return word if re.fullmatch(r"[\w./:=@%+,-]+", word) else "'" + word.replace("'", "'\\''") + "'"


def _patched(patch: str, place: str, number: int) -> Iterator[Piece]:
    """The lines that a patch adds, file by file."""
    path = ""
    lines: list[str] = []
    for line in [*patch.split("\n"), "*** End Patch"]:
        head = _FILE.match(line)
        if head or line.startswith(("*** End", "*** Delete", "diff --git")):
            if lines:
                yield Piece("\n".join(lines), place, language_of(path), path, number=number)
            path, lines = head[1] if head else "", []
        elif line.startswith("+"):
            lines.append(line[1:])
