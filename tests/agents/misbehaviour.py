"""How real models and their servers misbehave: a reply of the chat API for each kind, by the tools that are offered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from agents.chat_api import Reply, Request, call, calls, completion, error, message, says

End = Literal["no_action", "time", "error", "window_too_small"]
WINDOW = 6_000
"""Tokens of the window that the API has where it is smaller than anybody believes."""


@dataclass(frozen=True)
class Kind:
    """A way to misbehave, and how a run ends in which the model never does anything else again."""

    reply: Callable[[Request], Reply | None]
    """None: it behaves this time."""
    end: End
    wants: str = ""
    """How the model must act for it: `tools`, `text`, or either where empty."""
    from_the_start: bool = False
    """Whether it never makes a submission where it never does anything else."""


def by_tools(request: Request) -> bool:
    """Whether the request offers tools."""
    return bool(request.get("tools"))


def acts(request: Request, command: Any, tool: str = "", argument: str = "") -> Reply:
    """A command in the way that the request asks for, or by a tool and argument that are none of its."""
    if by_tools(request):
        name = tool or shell_of(request)
        return calls(call(name, {argument or SHELLS.get(name, "command"): command}))
    tool, argument = tool or "bash", argument or "command"
    if tool == "bash" and argument == "command" and isinstance(command, str):
        return says(f"```bash\n{command}\n```")
    return says(json.dumps({"tool": tool, "arguments": {argument: command, "x": 1}}))


def _bad_json(request: Request) -> Reply:
    return (
        calls(call(shell_of(request), '{"command": "ls'))
        if by_tools(request)
        else says('{"tool": "bash", "arguments": {"command')
    )


def _echoes(request: Request, number: int, id: str) -> dict[str, Any]:
    name = shell_of(request)
    return call(name, {SHELLS[name]: f"echo {number}"}, id)


def _parallel(request: Request) -> Reply:
    if by_tools(request):
        return calls(*(_echoes(request, n, f"call_{n}") for n in range(3)))
    return says("```bash\necho 1\n```\n```bash\necho 2\n```\n```python\nprint(3)\n```")


def _same_ids(request: Request) -> Reply:
    if by_tools(request):
        return calls(*(_echoes(request, n, "call_1") for n in range(2)))
    return _parallel(request)


def _cut_off_in_a_call(request: Request) -> Reply:
    if by_tools(request):
        return calls(call(shell_of(request), '{"command": "rm -rf submission/pa'), finish="length")
    return says("```bash\nrm -rf submission", "length")


def _echo(request: Request) -> Reply:
    if by_tools(request):
        return calls(call(f"functions.{shell_of(request)}<|channel|>commentary", {"command": "echo echoed"}))
    return says("```bash\necho echoed\n```<|im_end|>")


def _submits(request: Request) -> Reply:
    return calls(call("submit", {"answer": "done"})) if by_tools(request) else says("```submit\n```")


def tokens_of(request: Request) -> int:
    """What the API counts: three characters a token."""
    return len(json.dumps(request["messages"])) // 3


def _too_long(code: str | None, text: str) -> Callable[[Request], Reply | None]:
    def reply(request: Request) -> Reply | None:
        sent = tokens_of(request)
        return error(400, text.format(window=WINDOW, sent=sent), code) if sent > WINDOW else None

    return reply


_OPENAI = "This model's maximum context length is {window} tokens. However, your messages resulted in {sent} tokens."
_VLLM = (
    "This model's maximum context length is {window} tokens. However, you requested {sent} tokens in the messages, "
    "Please reduce the length of the messages."
)
_BARE = "prompt is too long"
_BROKEN = message(content="Hello.").body.replace(b"Hello.", b"\xff\xfe")

SHELLS = {
    "bash": "command",
    "Bash": "command",
    "terminal": "command",
    "exec_command": "cmd",
    "run_shell_command": "command",
}
"""The tools by which scaffolds run commands, with their argument for it."""


def shell_of(request: Request) -> str:
    """The tool for commands among those that the request offers."""
    return next((n for t in request.get("tools") or [] if (n := t["function"]["name"]) in SHELLS), "bash")


KINDS: dict[str, Kind] = {
    "bad JSON in a call": Kind(_bad_json, "no_action"),
    "unknown tool": Kind(lambda r: acts(r, "ls", "browser", "url"), "no_action"),
    "wrong argument names": Kind(lambda r: acts(r, 5, argument="action"), "no_action"),
    "wrong argument types": Kind(lambda r: acts(r, 5), "no_action"),
    "arguments are a list": Kind(lambda r: calls(call(shell_of(r), '["ls"]')), "no_action", "tools"),
    "prose instead of a call": Kind(lambda r: says("I would look at the data now."), "no_action"),
    "a block without a name": Kind(lambda r: says("```\nls\n```"), "no_action"),
    "an empty message": Kind(lambda r: says(""), "no_action"),
    "no message": Kind(lambda r: completion([]), "no_action"),
    "a refusal": Kind(lambda r: message(content=None, refusal="I can't help with that."), "no_action"),
    "stopped by a content filter": Kind(lambda r: says("I", "content_filter"), "no_action"),
    "refused by a content filter": Kind(
        lambda r: error(400, "The response was filtered", "content_filter"), "no_action"
    ),
    "reasoning without content": Kind(lambda r: message(content="", reasoning_content="Hm."), "no_action"),
    "cut off in a call": Kind(_cut_off_in_a_call, "no_action"),
    "huge output": Kind(lambda r: says("word " * 400_000), "no_action"),
    "submits too early": Kind(_submits, "no_action", from_the_start=True),
    "rate limit": Kind(lambda r: error(429, "Slow down", "rate_limit_exceeded"), "error"),
    "rate limit with Retry-After": Kind(lambda r: error(429, "Slow down", None, Retry_After="1"), "error"),
    "server error": Kind(lambda r: error(500, "Oops"), "error"),
    "overloaded": Kind(lambda r: error(503, "Overloaded"), "error"),
    "time-out": Kind(lambda r: Reply(b"", silent=True), "error"),
    "connection cut off": Kind(lambda r: Reply(says("Hello." * 100).body, cut_at=50), "error"),
    "bytes that are no UTF-8": Kind(lambda r: Reply(_BROKEN), "error"),
    "no JSON": Kind(lambda r: Reply(b"<html>Bad gateway</html>", headers={"Content-Type": "text/html"}), "error"),
    "a small window": Kind(_too_long("context_length_exceeded", _OPENAI), "time"),
    "a small window without a code": Kind(_too_long(None, _VLLM), "time"),
    "a small window without figures": Kind(_too_long(None, _BARE), "time"),
    "parallel calls": Kind(_parallel, "time"),
    "calls of one id": Kind(_same_ids, "time"),
    "lone surrogates": Kind(lambda r: acts(r, "echo '\ud800'; : \udfff"), "time"),
    "NUL in a command": Kind(lambda r: acts(r, "echo \0"), "no_action"),
    "one command for ever": Kind(lambda r: acts(r, "ls"), "time"),
    "huge output of a tool": Kind(lambda r: acts(r, "head -c 12000000 /dev/zero | tr '\\0' 'x'"), "time"),
    "output that is no UTF-8": Kind(lambda r: acts(r, "printf '\\377\\376'"), "time"),
    "stop sequences": Kind(_echo, "time"),
}
