"""The endpoint localhost:5000 inside the sandbox; standard library only, run as root with `python3 -I`.

An upload is written to a folder that only root can read, a note of what is asked to another, and then a bell is rung, a
named pipe: a byte for each request stays in it until the host hears it. The host copies the upload out under its name,
checks it, and lays down the answer as a text in JSON. Nothing private is in this process: killing, flooding or
deceiving it gains nothing but a missing answer.
"""

import argparse
import contextlib
import json
import os
import re
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONNECTIONS = 16
READ_SECONDS, UPLOAD_SECONDS, ANSWER_SECONDS = 10, 600, 850
BLOCK = 1 << 18
BUSY = "One check at a time: another one is under way; ask again in a few seconds."


class Wrong(Exception):
    """A request that is answered with an HTTP error."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def spool(read, boundary, dest):
    """Writes the multipart field "file" to dest with bounded memory; True if it is complete."""
    delimiter, buffer, out, done = b"\r\n--" + boundary, b"\r\n", None, False
    try:
        while True:
            while (cut := buffer.find(delimiter)) < 0:  # inside a part
                if out:
                    out.write(buffer[: 1 - len(delimiter)])
                buffer = buffer[1 - len(delimiter) :]
                if not (got := read()):
                    return False
                buffer += got
            if out:
                out.write(buffer[:cut])
                out, done = out.close(), True
            buffer = buffer[cut + len(delimiter) :]
            while (end := buffer.find(b"\r\n\r\n")) < 0:  # the headers of a part, or the closing "--"
                if buffer[:2] == b"--" or len(buffer) > 1 << 14 or not (got := read()):
                    return done
                buffer += got
            head, buffer = buffer[:end], buffer[end + 4 :]
            if not done and out is None and re.search(rb'(?i)\nContent-Disposition:[^\r\n]*; ?name="?file"?', head):
                out = open(dest, "xb")  # noqa: SIM115
    finally:
        if out:
            out.close()


class Handler(BaseHTTPRequestHandler):
    """`POST /validate` and `POST /score` with a multipart field `file`, and `GET /health`."""

    timeout = READ_SECONDS
    server_version, sys_version = "validation", ""

    def do_GET(self):
        if self.path == "/health":
            self._answer(200, {"status": "running"})
        else:
            self._answer(404, {"error": "only /validate, /score (POST) and /health (GET) are here"})

    def do_POST(self):
        server = self.server
        if self.path not in ("/validate", "/score"):
            self._answer(404, {"error": "only /validate, /score (POST) and /health (GET) are here"})
            return
        if not server.turn.acquire(blocking=False):
            self._answer(429, {"error": BUSY})
            return
        path = os.path.join(server.folder, "uploads", secrets.token_hex(16))
        try:
            self._receive(path)
            self._answer(200, {"result": self._ask(path)})
        except Wrong as ex:
            self._answer(ex.code, {"error": str(ex)})
        except Exception:
            self._answer(503, {"error": "The check does not work at the moment; this says nothing about your file."})
        finally:
            with contextlib.suppress(OSError):
                os.unlink(path)
            server.turn.release()

    def _receive(self, path):
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 16):
            raise Wrong(411, "Content-Length is needed")
        if int(length) > self.server.most + (1 << 16):
            raise Wrong(413, f"at most {self.server.most} bytes are read")
        found = re.search(
            r'(?i)^multipart/form-data;.*?boundary="?([^";,\s]{1,70})"?', self.headers.get("Content-Type", "")
        )
        if not found:
            raise Wrong(400, 'send the file as multipart/form-data: curl -F "file=@submission.csv"')
        left, deadline = int(length), time.monotonic() + UPLOAD_SECONDS

        def read():
            nonlocal left
            if time.monotonic() > deadline:
                raise Wrong(408, "the upload takes too long")
            got = self.rfile.read1(min(left, BLOCK)) if left else b""
            left -= len(got)
            return got

        if not spool(read, found[1].encode("latin-1"), path):
            raise Wrong(400, 'no complete field "file" in the request')

    def _ask(self, path):
        folder, name = self.server.folder, os.path.basename(path)
        note, answer = os.path.join(folder, "asked", name), os.path.join(folder, "answers", name)
        with open(path + ".note", "w", encoding="utf-8") as file:
            file.write(self.path[1:])
        os.rename(path + ".note", note)
        self.server.ring()
        deadline = time.monotonic() + ANSWER_SECONDS
        try:
            while not os.path.exists(answer):
                if time.monotonic() > deadline:
                    raise TimeoutError
                time.sleep(0.05)
            with open(answer, encoding="utf-8") as file:
                return json.load(file)
        finally:
            for left in (note, answer):
                with contextlib.suppress(OSError):
                    os.unlink(left)

    def _answer(self, code, content):
        body = json.dumps(content).encode() + b"\n"
        self.close_connection = True
        try:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, format, *args):
        pass


class Server(ThreadingHTTPServer):
    """Takes a bounded number of connections; further ones are closed at once."""

    daemon_threads = True
    request_queue_size = CONNECTIONS

    def __init__(self, address, folder, bell, most):
        super().__init__(address, Handler)
        self.folder, self.bell, self.most = folder, bell, most
        self.turn, self.slots = threading.Lock(), threading.BoundedSemaphore(CONNECTIONS)

    def ring(self):
        with contextlib.suppress(BlockingIOError):  # nobody has listened for long, and it is rung already
            os.write(self.bell, b".")

    def process_request(self, request, client_address):
        if not self.slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self.slots.release()
            raise

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.slots.release()

    def handle_error(self, request, client_address):
        pass


def main():
    """Serves until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--most", type=int, required=True)
    parser.add_argument("--port", type=int, default=5000)
    options = parser.parse_args()
    # also for reading, so that what is rung while nobody listens is kept
    bell = os.open(os.path.join(options.folder, "bell"), os.O_RDWR | os.O_NONBLOCK)
    server = Server(("127.0.0.1", options.port), options.folder, bell, options.most)
    with open(os.path.join(options.folder, "pid"), "w", encoding="utf-8") as file:
        file.write(str(os.getpid()))
    server.serve_forever()


if __name__ == "__main__":
    main()
