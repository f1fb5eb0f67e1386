"""How mini-swe-agent runs commands in the sandbox: as long as they need, within the time of the run.

Its own way stops every command after 30 seconds, leaves what it started alive, and waits for background jobs. Run as a
script, this writes the agent's settings as they are shipped, with this way in place; argument: where. What it needs to
know is read from its input as JSON: `command_timeout` and `seconds_left`, with 0 and null for none.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from minisweagent.config import builtin_config_dir
from minisweagent.environments.local import LocalEnvironment, LocalEnvironmentConfig

MOST = 1_000_000
"""Bytes of output that are read; of more the beginning and the end."""


class Config(LocalEnvironmentConfig):
    command_timeout: int = 0
    seconds_left: float | None = None


class Environment(LocalEnvironment):
    """Commands run in a session of their own, with their output in a file, so that nothing waits for its writers."""

    def __init__(self, **settings) -> None:
        super().__init__(config_class=Config, **settings)
        left = self.config.seconds_left
        self._end = None if left is None else time.monotonic() + left

    def seconds(self) -> float | None:
        """What a command may take: the setting, or what is left of the time without a reserve; None for no limit."""
        limits = [self.config.command_timeout] if self.config.command_timeout else []
        if self._end is not None:
            left = self._end - time.monotonic()
            limits.append(max(1, int(left - min(60, 0.1 * left))))
        return min(limits, default=None)

    def execute(self, action: dict, cwd: str = "", *, timeout: int | None = None) -> dict:
        seconds = timeout or self.seconds()
        with tempfile.TemporaryFile() as out:
            try:
                code, why = self._run(action.get("command", ""), cwd, seconds, out), ""
            except subprocess.TimeoutExpired:
                code, why = -1, f"stopped after {seconds} seconds; put long work in the background"
            except (OSError, ValueError, TypeError) as ex:  # also a NUL in it, or no text at all
                code, why = -1, f"the command cannot be run: {ex}"
            output = {"output": read_ends(out), "returncode": code, "exception_info": why}
        self._check_finished(output)
        return output

    def _run(self, command: str, cwd: str, seconds: float | None, out) -> int:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=cwd or self.config.cwd or None,
            env=os.environ | self.config.env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise


def read_ends(file) -> str:
    size, half = os.fstat(file.fileno()).st_size, MOST // 2
    if size <= MOST:
        data = os.pread(file.fileno(), MOST, 0)
    else:
        data = os.pread(file.fileno(), half, 0) + b"\n[...]\n" + os.pread(file.fileno(), half, size - half)
    return data.decode(errors="replace")


def main() -> None:
    shipped = yaml.safe_load((builtin_config_dir / "mini.yaml").read_text())
    way = {"environment_class": f"{Path(__file__).stem}.Environment", **json.load(sys.stdin)}
    shipped["environment"] = {**shipped.get("environment", {}), **way}
    Path(sys.argv[1]).write_text(json.dumps(shipped), encoding="utf-8")


if __name__ == "__main__":
    main()
