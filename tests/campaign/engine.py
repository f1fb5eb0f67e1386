"""A Docker engine of the campaign's own, which may be killed: nobody else's containers stand on it.

It needs root and `dockerd`. It has no network but what containers without one need, and so does not touch the host's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

_SHIM = "containerd-shim"


class Engine:
    """One `dockerd` with all its state below a folder.

    Args:
        root: Folder; what an earlier engine left there (images) is used again.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.address = f"unix://{root}/docker.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, live_restore: bool = False, seconds: float = 90.0) -> None:
        """Starts it and waits until it answers; with `live_restore` containers that still run go on.

        Raises:
            RuntimeError: It does not answer in time; the message says where its log lies.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "pid").unlink(missing_ok=True)  # of one that was killed
        # In a network of its own: without a bridge it would remove the host's docker0, on which others stand.
        command = [
            "unshare",
            "--net",
            "dockerd",
            "--data-root",
            f"{self.root}/data",
            "--exec-root",
            f"{self.root}/exec",
        ]
        command += ["--pidfile", f"{self.root}/pid", "--host", self.address]
        command += ["--bridge=none", "--iptables=false", "--ip6tables=false"]
        with open(self.root / "log", "ab") as log:
            self._process = subprocess.Popen(
                command + ["--live-restore"] * live_restore, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + seconds
        while not self.answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError(f"the campaign's dockerd does not start; see {self.root}/log")
            time.sleep(0.1)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ends it by a signal, and waits until it is gone."""
        if self._process is not None:
            self._process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(60)
            self._process.kill()
            self._process.wait()
            self._process = None

    def answers(self) -> bool:
        """Whether it does."""
        return self.docker("version", timeout=10).returncode == 0

    def docker(self, *arguments: str, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
        """A docker command on this engine; code 124 where it is not done in time."""
        command = ["docker", "--host", self.address, *arguments]
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 124, "", "no answer in time")

    def load(self, image: str) -> None:
        """Copies an image from the default engine, if it is not there yet."""
        if self.docker("image", "inspect", image).returncode != 0:
            with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as source:
                load = ["docker", "--host", self.address, "load", "--quiet"]
                subprocess.run(load, stdin=source.stdout, check=True, stdout=subprocess.DEVNULL, timeout=600)

    def end(self) -> None:
        """Ends it with all its containers and what runs them."""
        if self._process is not None and self.answers():
            names = self.docker("ps", "--all", "--quiet").stdout.split()
            if names:
                self.docker("rm", "--force", *names)
        self.stop()
        for pid in self._shims():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _shims(self) -> list[int]:
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with contextlib.suppress(OSError):
                    words = (folder / "cmdline").read_bytes().decode(errors="replace")
                    if _SHIM in words and f"{self.root}/exec" in words:
                        found.append(int(folder.name))
        return found


@contextlib.contextmanager
def running_engine(root: Path, image: str) -> Iterator[Engine]:
    """An engine that has the image; ended afterwards, its folder kept for the next time.

    Raises:
        RuntimeError: It cannot be had here.
    """
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        raise RuntimeError("an engine of the campaign's own needs root and dockerd")
    engine = Engine(root)
    engine.start()
    try:
        engine.load(image)
        yield engine
    finally:
        engine.end()
