"""A run and its retries, with faults thrown at them, until all is graded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from campaign import processes
from campaign.agent import SOCKET
from campaign.faults import Field, throw_while
from campaign.verdicts import Key, Right, figures, lost_submissions, verdict

_TESTS = Path(__file__).parents[1]
_FRUITLESS = 5
"""Rounds in a row without a hit, after which the faults that wait are taken to hit never."""
_LIGHT = {"exclude_fields": {"events", "messages", "attachments", "timelines"}}


@dataclass(frozen=True)
class Setting:
    """What is run, and where."""

    work: Path
    competitions: Sequence[str]
    seeds: int
    max_samples: int
    docker_host: str | None = None
    seconds: float = 2.0
    """How long an agent works."""

    @property
    def socket(self) -> Path:
        """Where the marks go."""
        return self.work / "marks"

    @property
    def logs(self) -> Path:
        """Folder of the disturbed run's logs."""
        return self.work / "logs"

    @property
    def data(self) -> Path:
        """Folder of the prepared competitions."""
        return self.work / "data/miniature"

    @property
    def temporary(self) -> Path:
        """The evaluation's temporary folder."""
        return self.work / "tmp"

    def environment(self) -> dict[str, str]:
        """That of an evaluation, without the marks."""
        own = {
            "TMPDIR": str(self.temporary),
            "MLEBENCH_DATA_DIR": str(self.work / "data"),
            "XDG_DATA_HOME": str(self.work / "inspect"),
            "PYTHONPATH": str(_TESTS),  # processes that grade do not look for modules where they start
        }
        return {**os.environ, **own, **({"DOCKER_HOST": self.docker_host} if self.docker_host else {})}

    def begin(self, logs: Path, retry: str | None = None, sandbox: str = "docker") -> subprocess.Popen[bytes]:
        """Starts the evaluation in some sandbox, or takes up the one of a log; that in Docker sends marks."""
        logs.mkdir(parents=True, exist_ok=True)
        self.temporary.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "campaign.evaluate"]
        if retry:
            command += ["eval-retry", retry]
        else:
            command += ["eval", "mlebench_inspect/all", "-T", f"competitions={','.join(self.competitions)}"]
            command += [
                "-T",
                "data=miniature",
                "-T",
                "hardware=lite",
                "-T",
                f"sandbox={sandbox}",
                "--model",
                "none",
                "--epochs",
                str(self.seeds),
            ]
            command += ["--solver", "steady", "-S", f"seconds={self.seconds}"]
        command += ["--log-dir", str(logs), "--max-samples", str(self.max_samples)]
        environment = self.environment() | ({SOCKET: str(self.socket)} if sandbox == "docker" else {})
        with open(self.work / "evaluations.txt", "ab") as out:
            return subprocess.Popen(
                [*command, "--display", "plain"],
                cwd=_TESTS,
                env=environment,
                stdout=out,
                stderr=out,
                # a shell starts what is in its background deaf to it, and children inherit that
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )


@dataclass
class Report:
    """What came of a campaign."""

    rounds: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    """Of all attempts that a log tells of: graded, or the reason why not."""
    problems: list[str] = field(default_factory=list)
    unused: list[tuple[str, str]] = field(default_factory=list)
    """Faults for which the run was too short."""
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)


def undisturbed(setting: Setting) -> EvalLog:
    """The log of a run without faults; one that is there already is taken.

    It runs in the local sandbox, which costs less; no figure depends on that.
    """
    logs = setting.work / "undisturbed"
    if not logs.exists():
        assert setting.begin(logs, sandbox="local").wait(7200) == 0, f"see {setting.work}/evaluations.txt"
    return read_eval_log(list_eval_logs(str(logs))[0], header_only=True)


def disturbed(setting: Setting, here: Field, waiting: list[tuple[str, str]], right: dict[Key, Right]) -> Report:
    """Runs and retries, throwing the waiting faults, and then until all is graded or nothing helps."""
    report, quiet, fruitless, log, seen = Report(), 0, 0, None, set[str]()
    while quiet < 3 and fruitless < _FRUITLESS:
        report.rounds += 1
        quiet, hits = quiet + (not waiting), here.throws.total()
        here.thrown.clear()
        here.evaluation = setting.begin(setting.logs, log)
        throw_while(here, waiting)
        fruitless = fruitless + 1 if waiting and here.throws.total() == hits else 0
        here.evaluation.wait(7200)
        here.room.end_process(here.evaluation.pid)
        remove_containers(setting, here)
        log = _best(setting.logs)
        if log is not None:
            done = _judge(read_eval_log(log, **_LIGHT), here, right, report, seen)  # type: ignore[arg-type]
            print(f"round {report.rounds}: {done} of {len(right)} graded, {len(waiting)} faults to come", flush=True)
            if done == len(right):
                break
    report.unused = list(waiting)
    report.problems += here.problems + lost_submissions(list(here.room.attempts.values()), setting.logs, right)
    report.problems += _leftovers(setting, here)
    if log is not None:
        report.after = figures(read_eval_log(log, header_only=True))
    return report


def _best(logs: Path) -> str | None:
    """The latest log that can be read."""
    for info in sorted(list_eval_logs(str(logs)), key=lambda i: i.name, reverse=True):
        try:
            read_eval_log(info, header_only=True)
        except Exception:  # cut off before it had a header
            continue
        return info.name
    return None


def _judge(log: EvalLog, here: Field, right: dict[Key, Right], report: Report, seen: set[str]) -> int:
    """Notes what became of the samples that were not seen yet; returns how many are graded and without error."""
    done, ended_by = 0, log.error.message if log.error else log.status
    for sample in log.samples or []:
        attempt = here.room.attempts.get(sample.uuid or "")
        about, problem = verdict(sample, attempt, right[str(sample.id), sample.epoch], ended_by, here.thrown)
        done += about == "graded" and problem is None and sample.error is None
        if sample.uuid not in seen:
            seen.add(sample.uuid or "")
            report.verdicts[about + (" with an error" if about == "graded" and sample.error else "")] += 1
            if problem:
                report.problems.append(problem)
                print(problem, flush=True)
    return done


def remove_containers(setting: Setting, here: Field) -> None:
    """Removes what a killed evaluation left: containers whose Compose file lies in the campaign's folder."""
    label = "com.docker.compose.project.config_files"
    listed = here.docker("ps", "--all", "--format", f'{{{{.ID}}}} {{{{.Label "{label}"}}}}')
    ours = [line.split()[0] for line in listed.stdout.splitlines() if str(setting.work) in line]
    if ours:
        here.docker("rm", "--force", *ours)


def _leftovers(setting: Setting, here: Field) -> list[str]:
    """Grading processes and temporary folders that are still there at the end."""
    until = time.monotonic() + 60
    while (left := processes.of_campaign(here.mark, processes.NURSERY)) and time.monotonic() < until:
        time.sleep(0.2)
    wrong = [f"a grading process is left: {pid}" for pid in left]
    folders = [p.name for p in setting.temporary.glob("mlebench-*")]
    if len(folders) > here.throws["evaluation_killed"] * setting.max_samples:
        wrong.append(f"temporary folders are left: {folders}")
    return wrong
