"""A chat API on loopback (OpenAI's chat completions) that answers as a script tells it to, and misbehaves at will."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from inspect_ai.model import Model, get_model

Request = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What the API sends back."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    """Bytes of the body after which the connection is closed."""
    silent: bool = False
    """Nothing is sent at all until the API is closed."""


Script = Callable[[Request], Reply]


def message(finish: str = "stop", tokens: int | None = None, **fields: Any) -> Reply:
    """An answer with these fields of the assistant's message."""
    return completion(
        [{"index": 0, "message": {"role": "assistant", "content": None, **fields}, "finish_reason": finish}], tokens
    )


def completion(choices: Sequence[dict[str, Any]], tokens: int | None = None) -> Reply:
    """An answer with these choices; lone surrogates in them are sent as the escapes of JSON."""
    sent = tokens if tokens is not None else 100
    answer = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "stand-in",
        "choices": list(choices),
        "usage": {"prompt_tokens": sent, "completion_tokens": 20, "total_tokens": sent + 20},
    }
    return Reply(json.dumps(answer).encode())


def says(text: str, finish: str = "stop") -> Reply:
    """An answer in words."""
    return message(finish, content=text)


def call(name: str, arguments: dict[str, Any] | str, id: str = "call_1") -> dict[str, Any]:
    """A call of a tool; arguments as text are sent as they stand."""
    given = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": id, "type": "function", "function": {"name": name, "arguments": given}}


def calls(*made: dict[str, Any], finish: str = "tool_calls", text: str | None = None) -> Reply:
    """An answer that calls tools."""
    return message(finish, content=text, tool_calls=list(made))


def error(status: int, text: str, code: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI's API tells it."""
    body = {"error": {"message": text, "type": "invalid_request_error", "param": None, "code": code}}
    return Reply(json.dumps(body).encode(), status, {k.replace("_", "-"): v for k, v in headers.items()})


class ChatApi:
    """The API: what it was asked, and by what script it answers."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.paths: list[str] = []
        """Of the requests."""
        self.script: Script = lambda request: says("Hello.")
        self.closing = threading.Event()
        self.address = ""

    def model(self, **options: Any) -> Model:
        """Inspect's model at this API."""
        return get_model("openai-api/stand-in/model", base_url=self.address, api_key="none", memoize=False, **options)


def turn(request: Request) -> int:
    """How often the model has spoken in this conversation."""
    return sum(m["role"] == "assistant" for m in request["messages"])


def text_of(request: Request) -> str:
    """All that the model is told, as one text."""
    return "\n".join(content_text(m.get("content")) for m in request["messages"])


def content_text(content: Any) -> str:
    """A message's content as text, whether it came as text or in parts."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content)
    return str(content or "")


@contextmanager
def chat_api() -> Iterator[ChatApi]:
    """The API while it serves."""
    api = ChatApi()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            api.requests.append(request)
            api.paths.append(self.path)
            reply = api.script(request)
            if reply.silent:
                api.closing.wait()
                return
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut_at])
            if reply.cut_at is not None:
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.address = f"http://127.0.0.1:{server.server_port}/v1"
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield api
    finally:
        api.closing.set()
        server.shutdown()
        server.server_close()
