"""The faults, each thrown at the moment at which a sample is in a certain stage, and mended some seconds later."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from campaign import processes
from campaign.disk import Disk
from campaign.engine import Engine
from campaign.room import STAGES, Attempt, Room

END_WITHIN = 240.0
"""Seconds within which an interrupted evaluation has to end."""
_LATER = {"setup": 1.0, "agent": 2.0, "taking_out": 1.0, "grading": 1.5}
"""Most seconds between a sample's entry into a stage and the fault."""


@dataclass
class Field:
    """Where faults are thrown."""

    room: Room
    docker: Callable[..., subprocess.CompletedProcess[str]]
    data: Path
    """Folder of the prepared competitions."""
    mark: str
    """By which the evaluation's processes are known."""
    dice: random.Random
    engine: Engine | None = None
    disk: Disk | None = None
    evaluation: subprocess.Popen[bytes] | None = None
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Samples hit, by kind and stage."""
    throws: Counter[str] = field(default_factory=Counter)
    """Faults that hit a live sample, by kind."""
    thrown: list[str] = field(default_factory=list)
    """Kinds thrown in this round."""
    problems: list[str] = field(default_factory=list)

    def count(self, kind: str, struck: Sequence[Attempt]) -> None:
        """Notes that a fault was thrown and what it hit."""
        self.throws[kind] += bool(struck)
        self.thrown.append(kind)
        self.hits.update((kind, a.stage) for a in struck)


def container_killed(here: Field, aim: Attempt) -> None:
    _container(here, aim, "container_killed", "kill", aim.container or "")


def container_removed(here: Field, aim: Attempt) -> None:
    _container(here, aim, "container_removed", "rm", "--force", aim.container or "")


def _container(here: Field, aim: Attempt, kind: str, *command: str) -> None:
    with here.room.fault(kind, lambda a: a.uuid == aim.uuid) as struck:
        if here.docker(*command).returncode == 0:
            here.count(kind, struck)


def engine_killed(here: Field, aim: Attempt) -> None:
    _engine(here, "engine_killed", signal.SIGKILL)


def engine_stopped(here: Field, aim: Attempt) -> None:
    _engine(here, "engine_stopped", signal.SIGTERM)


def _engine(here: Field, kind: str, number: signal.Signals) -> None:
    assert here.engine is not None
    with here.room.fault(kind, lambda a: True) as struck:
        here.engine.stop(number)
        here.count(kind, struck)
        time.sleep(here.dice.choice((0.5, 2.0, 10.0)))
        here.engine.start(live_restore=here.dice.random() < 0.5)


def disk_full(here: Field, aim: Attempt) -> None:
    assert here.disk is not None
    with here.room.fault("disk_full", lambda a: True) as struck:
        here.disk.fill()
        here.count("disk_full", struck)
        time.sleep(here.dice.choice((1.0, 4.0, 18.0)))
        here.disk.free()


def answers_moved(here: Field, aim: Attempt) -> None:
    place = here.data / aim.competition / "prepared/private"
    with here.room.fault("answers_moved", lambda a: a.competition == aim.competition) as struck:
        away = place.rename(place.with_name("away"))
        here.count("answers_moved", struck)
        time.sleep(here.dice.uniform(1, 5))
        away.rename(place)


def grader_killed(here: Field, aim: Attempt) -> None:
    _grader(here, "grader_killed", lambda pid: processes.signal_all([pid], signal.SIGKILL))


def grader_stopped(here: Field, aim: Attempt) -> None:
    def stop(pid: int) -> None:
        processes.signal_all([pid], signal.SIGSTOP)
        time.sleep(here.dice.uniform(1, 5))
        processes.signal_all([pid], signal.SIGCONT)

    _grader(here, "grader_stopped", stop)


def _grader(here: Field, kind: str, do: Callable[[int], None]) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for pid in processes.of_campaign(here.mark, processes.NURSERY):
            competition = processes.graded_competition(pid)
            if competition is not None:
                with here.room.fault(
                    kind,
                    lambda a, c=competition: a.competition == c and a.stage in ("taking_out", "grading"),  # type: ignore[misc]
                ) as struck:
                    do(pid)
                    here.count(kind, struck)
                return
        time.sleep(0.05)


def evaluation_killed(here: Field, aim: Attempt) -> None:
    _evaluation(here, "evaluation_killed", signal.SIGKILL)


def evaluation_interrupted(here: Field, aim: Attempt) -> None:
    _evaluation(here, "evaluation_interrupted", signal.SIGINT)


def _evaluation(here: Field, kind: str, number: signal.Signals) -> None:
    process = here.evaluation
    assert process is not None
    with here.room.fault(kind, lambda a: a.pid == process.pid) as struck:
        process.send_signal(number)
        here.count(kind, struck)
        try:
            process.wait(END_WITHIN)
        except subprocess.TimeoutExpired:
            here.problems.append(f"the evaluation did not end within {END_WITHIN:.0f} seconds after {number.name}")
            process.kill()
            process.wait()


Throw = Callable[[Field, Attempt], None]
FAULTS: dict[str, tuple[Throw, tuple[str, ...]]] = {
    "container_killed": (container_killed, STAGES),
    "container_removed": (container_removed, STAGES),
    "engine_killed": (engine_killed, STAGES),
    "engine_stopped": (engine_stopped, STAGES),
    "disk_full": (disk_full, STAGES),
    "answers_moved": (answers_moved, STAGES),
    "grader_killed": (grader_killed, ("grading",)),
    "grader_stopped": (grader_stopped, ("grading",)),
    "evaluation_killed": (evaluation_killed, STAGES),
    "evaluation_interrupted": (evaluation_interrupted, STAGES),
}


def schedule(kinds: Sequence[str], times: int, dice: random.Random) -> list[tuple[str, str]]:
    """Kinds with stages, each kind `times` times and through its stages in turn, in an order by chance."""
    wanted = []
    for kind in kinds:
        stages, first = FAULTS[kind][1], dice.randrange(len(STAGES))
        wanted += [(kind, stages[(first + i) % len(stages)]) for i in range(times)]
    dice.shuffle(wanted)
    return wanted


def throw_while(here: Field, waiting: list[tuple[str, str]]) -> None:
    """Throws the waiting faults, in their order, until they are all thrown or the evaluation ends.

    A fault is taken from the list when it has hit a live sample; one that finds no sample goes to the end.
    """
    process = here.evaluation
    assert process is not None

    def over() -> bool:
        return process.poll() is not None

    while waiting and not over():
        kind, stage = waiting.pop(0)
        aim = here.room.wait(
            lambda a, s=stage: a.stage == s and a.pid == process.pid and (s != "setup" or bool(a.container)),  # type: ignore[misc]
            over,
            15,
        )
        before = here.throws[kind]
        if aim is not None:
            time.sleep(here.dice.uniform(0, _LATER[stage]))
            if not over():
                FAULTS[kind][0](here, aim)
        if here.throws[kind] == before:
            waiting.append((kind, stage))
