"""A server on loopback that answers as Kaggle does to its official client, and misbehaves on demand.

The unmodified client is led here by its own `KAGGLE_API_ENVIRONMENT=LOCALHOST` (it then asks http://localhost) and by
`HTTP_PROXY`, so requests arrive in absolute form.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SIGNATURE = "X-Goog-Signature=5ec2e7519"
USER, KEY, TOKEN = "ada", "0123456789abcdef0123456789abcdef", "KGAT_fedcba9876543210"


@dataclass
class Kaggle:
    """What the look-alike serves and how it misbehaves.

    Args:
        archives: Zip of each competition.
        notebooks: Blobs of each competition's public notebooks by `owner/name`, in the order of their votes.
        not_joined: Competitions whose rules are not accepted.
        api_faults: (status, headers, message) for the next calls of the API, one each.
        blob_faults: Status for the next requests to the storage, one each.
        cuts: Offsets at which the connection is cut, one for each request that sends new bytes.
        stall_at: Offset at which the server falls silent.
        corrupt: Number of downloads with one wrong byte.
        no_ranges: The storage knows no Range requests.
    """

    archives: dict[str, Path] = field(default_factory=dict)
    notebooks: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    not_joined: set[str] = field(default_factory=set)
    api_faults: deque[tuple[int, dict[str, str], str]] = field(default_factory=deque)
    blob_faults: deque[int] = field(default_factory=deque)
    cuts: deque[int] = field(default_factory=deque)
    stall_at: int | None = None
    corrupt: int = 0
    no_ranges: bool = False
    calls: list[str] = field(default_factory=list)
    ranges: list[int] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    contents: dict[Path, tuple[bytes, str]] = field(default_factory=dict)

    def read(self, slug: str) -> tuple[bytes, str]:
        """A zip's bytes and entity tag."""
        path = self.archives[slug]
        with self.lock:
            if path not in self.contents:
                data = path.read_bytes()
                self.contents[path] = data, f'"{hashlib.md5(data).hexdigest()}"'
            return self.contents[path]

    def reset(self) -> None:
        """Forgets all archives, faults and calls; the address stays."""
        fresh = type(self)()
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(fresh, name))
        self.closing.set()  # type: ignore[has-type]
        self.closing = threading.Event()

    def __enter__(self) -> Kaggle:
        self.closing = threading.Event()
        self.server = _Server(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        """Address for HTTP_PROXY."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def environment(self, home: Path, *, signed_in: bool = True) -> dict[str, str]:
        """Variables that lead the client here, with a home of its own."""
        home.mkdir(parents=True, exist_ok=True)
        found = {
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
            "HTTP_PROXY": self.url,
            "http_proxy": self.url,
        }
        return found | ({"KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY} if signed_in else {})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are part of the tests."""


def _handler(kaggle: Kaggle) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            method = urlsplit(self.path).path.rsplit("/", 1)[-1]
            with kaggle.lock:
                kaggle.calls.append(method)
                fault = kaggle.api_faults.popleft() if kaggle.api_faults else None
            if fault is not None:
                return self.say(fault[0], {"code": fault[0], "message": fault[2]}, fault[1])
            if method == "IntrospectToken":
                good = body.get("token") == TOKEN
                return self.say(200, {"active": good, "username": USER if good else ""})
            if not self.is_signed_in():
                return self.say(401, {"code": 401, "message": "Unauthenticated"})
            if method in ("ListKernels", "GetKernel"):
                return self.say_notebooks(method, body)
            slug = body.get("competitionName", "")
            if slug not in kaggle.archives:
                return self.say(404, {"code": 404, "message": f"Competition {slug} was not found"})
            if slug in kaggle.not_joined:
                message = "You must accept this competition's rules before you'll be able to download files."
                return self.say(403, {"code": 403, "message": message})
            if method == "DownloadDataFiles":
                place = f"http://localhost/blob/{slug}/archive.zip?{SIGNATURE}"
                return self.say(302, None, {"Location": place})
            return self.say(404, {"code": 404, "message": f"unknown method {method}"})

        def say_notebooks(self, method: str, body: dict[str, Any]) -> None:
            """Lists those of a competition by votes, or sends one."""
            if method == "GetKernel":
                ref = f"{body['userName']}/{body['kernelSlug']}"
                found = next((n[ref] for n in kaggle.notebooks.values() if ref in n), None)
                if found is None or not found:
                    return self.say(404, {"code": 404, "message": f"Notebook {ref} was not found"})
                return self.say(200, {"metadata": {"ref": ref}, "blob": found})
            if body.get("sortBy") != "VOTE_COUNT" or body.get("language") != "python":
                return self.say(400, {"code": 400, "message": "sorted otherwise"})
            size, start = body["pageSize"], (body["page"] - 1) * body["pageSize"]
            refs = list(kaggle.notebooks.get(body["competition"], {}))[start : start + size]
            return self.say(200, {"kernels": [{"ref": ref, "title": ref} for ref in refs]})

        def do_GET(self) -> None:
            slug = urlsplit(self.path).path.split("/")[2]
            with kaggle.lock:
                fault = kaggle.blob_faults.popleft() if kaggle.blob_faults else None
            if fault is not None:
                return self.say(fault, None, {"Content-Type": "application/xml"})
            data, tag = kaggle.read(slug)
            start, closing = 0, kaggle.closing
            asked = self.headers.get("Range")
            if asked and not kaggle.no_ranges and self.headers.get("If-Range") in (None, tag):
                start = int(asked.removeprefix("bytes=").split("-")[0])
            end = len(data)
            with kaggle.lock:
                new = bool(asked) or not any(kaggle.ranges)
                if asked:
                    kaggle.ranges.append(start)
                while new and kaggle.cuts and kaggle.cuts[0] <= start:
                    kaggle.cuts.popleft()
                cut = kaggle.cuts.popleft() if new and kaggle.cuts else None
                if kaggle.corrupt and not asked:
                    kaggle.corrupt -= 1
                    middle = len(data) // 2
                    data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
                if new and not asked:
                    kaggle.ranges.append(0)
            self.send_response(206 if start else 200)
            self.send_header("Content-Type", "application/zip")
            self.send_header("Content-Length", str(end - start))
            self.send_header("ETag", tag)
            self.send_header("Last-Modified", formatdate(1_600_000_000, usegmt=True))
            if not kaggle.no_ranges:
                self.send_header("Accept-Ranges", "bytes")
            if start:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
            self.end_headers()
            stop = end if cut is None else cut
            if kaggle.stall_at is not None and kaggle.stall_at >= start:
                self.wfile.write(data[start : kaggle.stall_at])
                self.wfile.flush()
                closing.wait(60)
                self.close_connection = True
                return None
            try:
                self.wfile.write(data[start:stop])
                self.wfile.flush()
            except OSError:
                self.close_connection = True
                return None
            if cut is not None:
                self.close_connection = True
                time.sleep(0.002)
                self.connection.shutdown(socket.SHUT_RDWR)
            else:
                with kaggle.lock:
                    kaggle.completed.append(slug)
            return None

        def is_signed_in(self) -> bool:
            import base64

            basic = "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode()
            return self.headers.get("Authorization") in (basic, f"Bearer {TOKEN}")

        def say(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            content = json.dumps(body).encode() if body is not None else b""
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


# ---- processes that use it -------------------------------------------------------------------------------------------


def led_to(server: Kaggle, home: Path) -> dict[str, str]:
    """The variables of this process, without any of Kaggle's or of proxies, led to the look-alike."""
    foreign = ("KAGGLE_", "MLEBENCH_")
    own = {k: v for k, v in os.environ.items() if not k.startswith(foreign) and "proxy" not in k.lower()}
    return own | server.environment(home)


DOWNLOADS = """
import json, sys
from pathlib import Path
from mlebench_inspect.data.errors import PreparationError
from mlebench_inspect.data.kaggle import Kaggle, Patience
for line in sys.stdin:
    slug, folder, patience = json.loads(line)
    try:
        answer = {"path": str(Kaggle(Patience(**patience)).download(slug, Path(folder)))}
    except PreparationError as ex:
        answer = {"error": type(ex).__name__, "message": str(ex)}
    print(json.dumps(answer), flush=True)
"""
"""A process that downloads what its stdin asks for, and answers with paths or errors."""


def downloads(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DOWNLOADS], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def zip_folder(folder: Path, target: Path) -> Path:
    """A zip of everything below the folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        for path in sorted(folder.rglob("*")):
            zipped.write(path, path.relative_to(folder))
    return target
