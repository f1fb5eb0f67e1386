"""Showing what preparation does: bars on a terminal, lines of text on a pipe, of JSON where that is asked for."""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

import click

from mlebench_inspect.data.archives import human
from mlebench_inspect.data.errors import PreparationError
from mlebench_inspect.data.jobs import Outcome, Progress
from mlebench_inspect.data.workers import Result
from mlebench_inspect.tables import terminal_width

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from mlebench_inspect.data.preflight import Preflight

_VERIFIED = {
    "published": "verified against the published checksums",
    "given": "verified against the given checksums",
    "differs": "DIFFERS from the published data",
    "no": "nothing published to verify against",
}


_WORDS = {
    "prepared": "prepared",
    "already": "was there",
    "raw": "raw made",
    "copied": "copied",
    "there": "was there",
    "whole": "whole",
}


class Display(Protocol):
    """What `prepare` and `miniature` tell on the way; called from several threads."""

    def preflight(self, found: Preflight) -> None:
        """What is needed, before anything is done."""

    def progress(self, competition_id: str, progress: Progress) -> None:
        """A job is under way."""

    def result(self, competition_id: str, result: Result) -> None:
        """A job is done or has failed."""


class Lines(AbstractContextManager["Lines"]):
    """One JSON object per line on stdout: preflight, changes of stage, results; progress every half minute."""

    def __init__(self, every: float = 30.0) -> None:
        self.every, self.lock = every, threading.Lock()
        self.last: dict[str, tuple[tuple[str, str], float]] = {}

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def preflight(self, found: Preflight) -> None:
        """One line with all needs."""
        needs = [
            {
                "competition": n.competition.id,
                "todo": n.todo,
                "rules": n.rules,
                "download_bytes": n.download,
                "disk_bytes": n.disk,
                "link": n.link,
            }
            for n in found.needs
        ]
        facts = {"credentials": found.credentials, "free_bytes": found.free, "needs": needs}
        self._say(event="preflight", **facts, warnings=found.warnings())

    def progress(self, competition_id: str, progress: Progress) -> None:
        """A line when the stage changes, and now and then."""
        stage, told = self.last.get(competition_id, (("", ""), 0.0))
        now = time.monotonic()
        if (progress.stage, progress.note) != stage or now - told >= self.every:
            self.last[competition_id] = ((progress.stage, progress.note), now)
            self._say(event="progress", competition=competition_id, **progress.model_dump())

    def result(self, competition_id: str, result: Result) -> None:
        """A line."""
        if isinstance(result, PreparationError):
            self._say(event="failed", competition=competition_id, error=type(result).__name__, message=str(result))
        else:
            self._say(event="done", **result.model_dump())

    def _say(self, **facts: Any) -> None:
        with self.lock:
            print(json.dumps(facts), flush=True)


class Plain(AbstractContextManager["Plain"]):
    """What `Bars` leaves on a terminal when it is done: the table, and a line for each result."""

    def __init__(self, every: float = 30.0) -> None:
        self.every, self.lock, self.told = every, threading.Lock(), time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def preflight(self, found: Preflight) -> None:
        """The table, and what may go wrong."""
        _tell_needs(found)
        for warning in found.warnings():
            click.echo(warning)

    def progress(self, competition_id: str, progress: Progress) -> None:
        """Now and then a line."""
        with self.lock:
            if time.monotonic() - self.told >= self.every:
                self.told = time.monotonic()
                click.echo(f"{progress.stage:9} {competition_id} {_amount(progress)}".rstrip())

    def result(self, competition_id: str, result: Result) -> None:
        """A line."""
        with self.lock:
            click.echo(f"failed    {competition_id}" if isinstance(result, PreparationError) else _plain(result))


class Bars(AbstractContextManager["Bars"]):
    """A bar for each competition under way and one for all of them."""

    def __init__(self, number: int, console: Console | None = None) -> None:
        from rich import progress
        from rich.console import Console

        self.console = console or Console()
        self.bars = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(bar_width=20),
            progress.TextColumn("{task.fields[amount]}"),
            progress.TextColumn("{task.fields[speed]}"),
            progress.TextColumn("{task.fields[left]}"),
            console=self.console,
            transient=True,
        )
        self.lock = threading.Lock()
        self.tasks: dict[str, TaskID] = {}
        self.began: dict[str, tuple[str, float, int]] = {}
        self.number, self.all = number, None
        self.total: TaskID | None = None

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def preflight(self, found: Preflight) -> None:
        """The table; what is prepared already is only counted."""
        _tell_needs(found)
        for warning in found.warnings():
            self.console.print(warning, style="yellow", markup=False)

    def progress(self, competition_id: str, progress: Progress) -> None:
        """Moves the competition's bar."""
        from rich.markup import escape

        with self.lock:
            self._start()
            task = self.tasks.get(competition_id)
            if task is None:
                task = self.tasks[competition_id] = self.bars.add_task("", amount="", speed="", left="")
            stage, since, first = self.began.get(competition_id, ("", 0.0, 0))
            if stage != progress.stage:
                since, first = time.monotonic(), progress.bytes
                self.began[competition_id] = (progress.stage, since, first)
            rate = (progress.bytes - first) / max(time.monotonic() - since, 1e-9)
            by_bytes = progress.total_bytes > 0
            stage_and_note = f"{progress.stage}: {progress.note}" if progress.note else progress.stage
            total = progress.total_bytes if by_bytes else progress.total_files or None
            self.bars.update(
                task,
                description=f"{competition_id}  [cyan]{escape(stage_and_note)}[/]",
                completed=progress.bytes if by_bytes else progress.files,
                total=total,
                amount=_amount(progress),
                speed=f"{human(rate)}/s" if rate > 0 else "",
                left=_left((progress.total_bytes - progress.bytes) / rate) if by_bytes and rate > 0 else "",
            )

    def result(self, competition_id: str, result: Result) -> None:
        """A line, and one step of the bar for all."""
        with self.lock:
            self._start()
            task = self.tasks.pop(competition_id, None)
            self.began.pop(competition_id, None)
            if task is not None:
                self.bars.remove_task(task)
            if isinstance(result, PreparationError):
                self.console.print(f"[red]failed[/]    {competition_id}")
            else:
                self.console.print(_told(result))
            if self.total is not None:
                self.bars.advance(self.total)

    def _start(self) -> None:
        if self.total is None:
            self.bars.start()
            self.total = self.bars.add_task("all competitions", total=self.number, amount="", speed="", left="")


def _tell_needs(found: Preflight) -> None:
    waiting = [n for n in found.needs if n.todo != "nothing"]
    if waiting:
        shown = type(found)(waiting, found.free, found.credentials)
        click.echo(shown.table(terminal_width()))
    done = len(found.needs) - len(waiting)
    click.echo(f"{done} prepared already; {found.summary()}" if done else found.summary())


def display(number: int, *, as_json: bool = False) -> Bars | Plain | Lines:
    """Bars on a terminal, else lines of text; of JSON where that is asked for."""
    if as_json:
        return Lines()
    return Bars(number) if sys.stdout.isatty() else Plain()


def _plain(outcome: Outcome) -> str:
    from rich.text import Text

    return Text.from_markup(_told(outcome)).plain


def _told(outcome: Outcome) -> str:
    from rich.markup import escape

    verified = "" if outcome.state in ("raw", "whole") else f", {_VERIFIED[outcome.verified]}"
    notes = "".join(f"\n          [yellow]{escape(n)}[/]" for n in outcome.notes)
    word = _WORDS[outcome.state]
    return f"[green]{word:9}[/] {outcome.competition} ({outcome.seconds:.0f} s{verified}){notes}"


def _amount(progress: Progress) -> str:
    parts = []
    if progress.total_files:
        parts.append(f"{progress.files}/{progress.total_files} files")
    if progress.total_bytes:
        parts.append(f"{human(progress.bytes)} of {human(progress.total_bytes)}")
    elif progress.bytes:
        parts.append(human(progress.bytes))
    return ", ".join(parts)


def _left(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} left" if hours else f"{minutes}:{rest:02d} left"
