"""Actions in plain text: fenced blocks and calls as JSON, in the forms that models give them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

MOST_CALLS = 32
"""Read from one message."""
_LONGEST = 400_000  # characters of a message that are looked at
_MOST_TRIES = 200  # places in a message where JSON may begin
_OPEN = re.compile(r"^(?P<indent>[ \t]*)(?:[-*+]|\d+[.)])?[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<name>[^`\n]*)$")
_ECHO = re.compile(r"(?:<\|[\w ]{1,40}\|>|</s>|<(?:end_of_turn|eos)>)+[ \t]*$")
"""What a model's template puts at its end, and some models write."""
_SHELL = ("bash", "sh", "shell", "console", "zsh", "terminal", "shell-session")
_NAMES = {**dict.fromkeys(_SHELL, "bash"), **dict.fromkeys(("python", "py", "python3", "ipython"), "python")}
_TOOL_KEYS = ("tool", "tool_name", "name", "function", "action", "recipient_name")
_ARGUMENT_KEYS = ("arguments", "args", "parameters", "params", "input", "tool_input", "action_input", "kwargs")
_LISTS = ("tool_calls", "tool_uses", "calls", "actions")


class Block(NamedTuple):
    """A fenced block."""

    name: str
    """What stands behind the opening fence, in lower case; empty without a name."""
    body: str
    closed: bool


class Read(NamedTuple):
    """What was found in a message."""

    calls: list[tuple[str, dict[str, Any]]]
    """Tool and arguments, in the order in which they were written."""
    unread: list[str]
    """What looked like an action and is none, in words."""


class _Call(NamedTuple):
    name: str
    given: Any


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a text.

    Fences are of backticks or tildes, may be indented as in lists, and end at a fence of the same kind that is at least
    as long; so a longer fence may hold shorter ones. The last one may be unclosed.
    """
    for kind in _pieces(text):
        if isinstance(kind, Block):
            yield kind


def read_actions(text: str, actions: Mapping[str, tuple[str, str | None]], *, cut_off: bool = False) -> Read:
    """The actions in a message.

    Args:
        text: What the model wrote.
        actions: Name of a block: the tool that it calls, and the tool's argument that takes the block's content.
        cut_off: The message ended at its longest, so an unclosed block is half of what was meant.
    """
    found = Read([], [])
    unnamed = 0
    for piece in _pieces(text[:_LONGEST]):
        if isinstance(piece, str):
            _add_json(piece, actions, found)
        elif not piece.closed and cut_off:
            found.unread.append(f"a block `{piece.name}` that was cut off at the longest reply; write it in parts")
        elif (name := _NAMES.get(piece.name, piece.name)) in actions:
            tool, argument = actions[name]
            body = _without_prompts(piece.body) if piece.name in ("console", "shell-session") else piece.body
            found.calls.append((tool, {argument: body} if argument else {}))
        elif not _add_json(piece.body, actions, found):
            unnamed += not piece.name
            if piece.name:
                found.unread.append(f"a block `{piece.name[:40]}` (blocks are {', '.join(actions)})")
    if unnamed and not found.calls:
        found.unread.append(f"{unnamed} block(s) without a name (name it: {', '.join(actions)})")
    if len(found.calls) > MOST_CALLS:
        found.unread.append(f"all actions after the {MOST_CALLS}th")
    return Read(found.calls[:MOST_CALLS], found.unread)


def read_calls(text: str, names: Collection[str]) -> list[tuple[str, dict[str, Any]]]:
    """The calls of these tools that a message holds as JSON, in a block or in prose."""
    found = (call for value in _objects(text[:_LONGEST]) for call in _named(value))
    return [(c.name, c.given) for c in found if c.name in names and isinstance(c.given, dict)][:MOST_CALLS]


def _pieces(text: str) -> Iterator[Block | str]:
    """The blocks, and the prose between them."""
    prose: list[str] = []
    lines = iter(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    for line in lines:
        opened = _OPEN.match(line)
        if opened is None:
            prose.append(line)
            continue
        yield "\n".join(prose)
        prose = []
        name = opened["name"].strip().split()
        body, closed = _body(lines, opened["fence"], opened.start("fence"))
        yield Block(_bare(name[0]) if name else "", body, closed)
    yield "\n".join(prose)


def _body(lines: Iterator[str], fence: str, indent: int) -> tuple[str, bool]:
    inside: list[str] = []
    closed = False
    for line in lines:
        bare = _ECHO.sub("", line).strip()
        if set(bare) == {fence[0]} and len(bare) >= len(fence):
            closed = True
            break
        inside.append(line)
    if not closed:
        while inside and not _ECHO.sub("", inside[-1]).strip():
            inside.pop()
        inside[-1:] = [_ECHO.sub("", line) for line in inside[-1:]]
    return "".join(f"{_dedented(line, indent)}\n" for line in inside), closed


def _dedented(line: str, indent: int) -> str:
    """The line without the indentation that its block has."""
    return line[min(indent, len(line) - len(line.lstrip())) :]


def _bare(name: str) -> str:
    return _ECHO.sub("", name.lower()).strip("{}.")


def _without_prompts(body: str) -> str:
    """The commands of a console's picture; all lines where none has a prompt."""
    lines = body.splitlines(keepends=True)
    typed = [re.sub(r"^\s*\$ ", "", line) for line in lines if re.match(r"\s*\$ ", line)]
    return "".join(typed) or body


def _add_json(text: str, actions: Mapping[str, tuple[str, str | None]], found: Read) -> bool:
    """Adds the calls that stand in a text as JSON; whether there was one, or what was meant as one."""
    before = len(found.calls) + len(found.unread)
    for value in _objects(text):
        _add_call(value, actions, found)
    if before == len(found.calls) + len(found.unread) and re.search(r'"(?:tool|tool_name|function)"\s*:', text):
        found.unread.append("a call whose JSON is broken")
    return before < len(found.calls) + len(found.unread)


def _objects(text: str) -> Iterator[Any]:
    decoder, place, tries = json.JSONDecoder(strict=False), text.find("{"), 0
    while place >= 0 and tries < _MOST_TRIES:
        tries += 1
        try:
            value, place = decoder.raw_decode(text, place)
            yield value
        except (ValueError, RecursionError):
            place += 1
        place = text.find("{", place)


def _add_call(value: Any, actions: Mapping[str, tuple[str, str | None]], found: Read) -> None:
    for call in _named(value):
        made = _called(_NAMES.get(call.name, call.name), call.given, actions)
        if made is None:
            found.unread.append(f"a call of `{call.name[:40]}` as JSON (tools are {', '.join(actions)})")
        else:
            found.calls.append(made)


def _named(value: Any) -> Iterator[_Call]:
    """The calls that a JSON value holds, in any of the forms that APIs and templates have."""
    if not isinstance(value, dict):
        return
    for key in _LISTS:
        for inner in value[key] if isinstance(value.get(key), list) else []:
            yield from _named(inner)
    if isinstance(value.get("function"), dict):  # the form of OpenAI's API
        yield from _named(value["function"])
        return
    named = next((value[k] for k in _TOOL_KEYS if isinstance(value.get(k), str)), None)
    given = next((value[k] for k in _ARGUMENT_KEYS if k in value), None)
    if given is None and ("tool" in value or "tool_name" in value):
        given = {k: v for k, v in value.items() if k not in _TOOL_KEYS}
    if named is not None and given is not None:
        yield _Call(re.sub(r"^(functions?|tools?)[.:]", "", _bare(named)), given)


def _called(name: str, given: Any, actions: Mapping[str, tuple[str, str | None]]) -> tuple[str, dict[str, Any]] | None:
    """The call of a block's or a tool's name; None for others."""
    tools = {tool: (tool, argument) for tool, argument in actions.values()}
    to = actions.get(name) or tools.get(name)
    if to is None:
        return None
    tool, argument = to
    if argument is None:
        return tool, {}
    if isinstance(given, str):  # the content itself, or the arguments as text
        with suppress(ValueError, RecursionError):
            given = json.loads(given, strict=False)
    if not isinstance(given, dict):
        return tool, {argument: given} if given else {}
    texts = [v for v in given.values() if isinstance(v, str)]
    if argument not in given and len(texts) == 1:  # by another name
        return tool, {argument: texts[0]}
    return tool, given
