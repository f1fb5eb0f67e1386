"""A run that is killed in the middle of its sample, and taken up again by `inspect eval-retry`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from agents.chat_api import ChatApi, Reply, Request, Script
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.results import read_results
from runs import value

INSPECT = str(Path(sys.executable).with_name("inspect"))
PATIENCE = 600
"""Seconds that each part may take."""


@dataclass
class Killing:
    """One evaluation that is killed, and its retry.

    Args:
        folder: For logs, temporary files, and Inspect's own.
        api: What serves the model; it stays there for the retry.
        script: What the model does.
        environment: Of Inspect's processes, beside this one's.
    """

    folder: Path
    api: ChatApi
    script: Script
    environment: dict[str, str] = field(default_factory=dict)

    def kill_in_call(self, number: int, solver: str, *options: str) -> None:
        """Starts the evaluation, and kills it while the model's call of that number waits for its answer."""
        with self._silent_from(number) as asked:
            self.kill_when(asked, solver, *options)

    def kill_when(self, happens: Callable[[], bool], solver: str, *options: str) -> None:
        """Starts the evaluation, and kills it when something happens."""
        self._killed_when(happens, *self._evaluation(solver, *options))

    def run(self, solver: str, *options: str) -> EvalLog:
        """The log of the evaluation, which is left to end by itself."""
        with self._inspect(*self._evaluation(solver, *options)) as process:
            process.wait(PATIENCE)
        return read_eval_log(self.newest())

    def _evaluation(self, solver: str, *options: str) -> list[str]:
        task = ["mlebench_inspect/spaceship-titanic", "-T", "data=miniature", "-T", "hardware=lite", *options]
        model = ["--model", "openai-api/stand-in/model", "--model-base-url", self.api.address]
        return ["eval", *task, "--solver", solver, *model, "--time-limit", "900"]

    def kill_retry_in_call(self, number: int, *options: str) -> None:
        """Retries, and kills that; calls are counted from its start."""
        with self._silent_from(len(self.api.requests) + number) as asked:
            self._killed_when(asked, "eval-retry", self.newest(), *options)

    @contextmanager
    def _silent_from(self, number: int) -> Iterator[Callable[[], bool]]:
        """Within it the model gives no answer from its call of that number on; yields whether that was reached."""
        asked = threading.Event()

        def falls_silent(request: Request) -> Reply:
            if len(self.api.requests) < number:
                return self.script(request)
            asked.set()
            return Reply(b"", silent=True)

        self.api.script = falls_silent
        yield lambda: asked.wait(1)
        self.api.script = self.script

    def _killed_when(self, happens: Callable[[], bool], *command: str) -> None:
        with self._inspect(*command) as process:
            while not happens():
                assert process.poll() is None, self.printed()
            os.killpg(process.pid, signal.SIGKILL)

    def retry(self, *options: str) -> EvalLog:
        """The log of the retry."""
        with self._inspect("eval-retry", self.newest(), *options) as process:
            process.wait(PATIENCE)
        return read_eval_log(self.newest())

    @contextmanager
    def _inspect(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        (self.folder / "temporary").mkdir(exist_ok=True)
        own = {"TMPDIR": str(self.folder / "temporary"), "XDG_DATA_HOME": str(self.folder / "inspect")}
        with open(self.folder / "printed.txt", "ab") as out:
            process = subprocess.Popen(
                [INSPECT, *command, "--log-dir", str(self.folder / "logs"), "--display", "plain"],
                env={**os.environ, **own, "STAND_IN_API_KEY": "none", **self.environment},
                cwd=self.folder,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)

    def printed(self) -> str:
        """The end of what Inspect printed."""
        return (self.folder / "printed.txt").read_text(errors="replace")[-3000:]

    def whole_output(self) -> str:
        """All that Inspect printed, as one line."""
        return " ".join((self.folder / "printed.txt").read_text(errors="replace").split())

    def temporary(self) -> set[str]:
        """Temporary files and folders that lie there."""
        return set(os.listdir(self.folder / "temporary"))

    def containers(self) -> set[str]:
        """Names of the containers whose Compose files the killed run and its retry wrote."""
        file = '{{.Names}} {{.Label "com.docker.compose.project.config_files"}}'
        listed = subprocess.run(
            ["docker", "ps", "--all", "--format", file], check=True, capture_output=True, text=True, timeout=120
        )
        return {line.split()[0] for line in listed.stdout.splitlines() if f" {self.folder}/" in line}

    def remove_containers(self) -> None:
        """Removes what the killed run could not."""
        if left := self.containers():
            subprocess.run(["docker", "rm", "--force", *left], check=True, capture_output=True, timeout=120)

    def newest(self) -> str:
        """Where the newest log lies."""
        return max((i.name for i in list_eval_logs(str(self.folder / "logs"))), default="")

    def check(self, log: EvalLog) -> None:
        """The sample was run again and graded, and is one result."""
        assert log.status == "success", self.printed()
        (sample,) = log.samples or []
        assert sample.error is None, sample.error.message
        assert sample.limit is None
        assert value(log)["valid"] == 1
        (found,) = report(read_results([self.folder / "logs"]))
        assert (found.seeds, found.without_score, found.outcomes["valid"].mean) == (1, 0, 100)
