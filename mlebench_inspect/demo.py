"""The main job on generated data: no account, no key, no root."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from inspect_ai import eval as inspect_eval
from inspect_ai.hooks import Hooks, SampleEnd, hooks
from inspect_ai.log import EvalLog

from mlebench_inspect.agents import baseline
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.data.ensure import ensure_miniature
from mlebench_inspect.data.store import Store
from mlebench_inspect.sandboxes.building import BuildError, build, image_exists
from mlebench_inspect.sandboxes.compose import LIGHT_IMAGE
from mlebench_inspect.sandboxes.engine import known_engine
from mlebench_inspect.tasks import competition

COMPETITIONS = (
    "spaceship-titanic",
    "spooky-author-identification",
    "tabular-playground-series-may-2022",
    "detecting-insults-in-social-commentary",
    "aerial-cactus-identification",
    "nomad2018-predict-transparent-conductors",
)
EVERY = 10.0
"""Seconds after which a stage that goes on says so."""

Say = Callable[[str], None]


def run_demo(log_dir: Path, *, sandbox: str | None = None, say: Say = click.echo) -> tuple[EvalLog, str]:
    """Runs the baseline over some miniature competitions.

    Args:
        log_dir: Folder for the log.
        sandbox: `docker` or `local`; None: Docker where its engine answers and has or can build the image, else local.
        say: Is told what goes on, from the first moment and at least every 10 seconds.

    Returns:
        The log, and the sandbox that was used.
    """
    sandbox = sandbox or _sandbox(say)
    store = Store.open(data="miniature")
    with _stage(f"making generated data of {len(COMPETITIONS)} competitions", say):
        ensure_miniature(store, [competition(c) for c in COMPETITIONS])
    options = {"data": "miniature", "data_dir": str(store.data_dir), "sandbox": sandbox, "hardware": "lite"}
    task = TASKS["all"](competitions=list(COMPETITIONS), **options)
    hooks(name="mlebench_demo", description="Says which competitions of the demonstration are done")(_Progress)
    with _stage(f"running the baseline in the sandbox {sandbox}", say), _Progress.told(say):
        (log,) = inspect_eval(task, model=None, solver=baseline(), log_dir=str(log_dir), display="none", time_limit=600)
    return log, sandbox


def _sandbox(say: Say) -> str:
    """Docker, with the image built if that is missing; else the local sandbox, and why."""
    if known_engine() is None:
        say("There is no Docker engine that answers, so this runs in the local sandbox, WITHOUT ISOLATION.")
        return "local"
    if image_exists(LIGHT_IMAGE):
        return "docker"
    try:
        with _stage("building the Docker image mlebench-inspect-light, once", say):
            build("light", quiet=True)
    except BuildError as ex:
        say(f"{ex}\nThe image could not be built, so this runs in the local sandbox, WITHOUT ISOLATION.")
        return "local"
    return "docker"


@contextmanager
def _stage(what: str, say: Say) -> Iterator[None]:
    """Says what is done, that it goes on, and how long it took."""
    start, done = time.monotonic(), threading.Event()

    def tell() -> None:
        while not done.wait(EVERY):
            say(f"  ... {time.monotonic() - start:.0f} s")

    say(f"{what[0].upper()}{what[1:]} ...")
    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    say(f"  done in {time.monotonic() - start:.0f} s")


class _Progress(Hooks):
    """A line for each competition that is done."""

    _say: Say | None = None

    @classmethod
    @contextmanager
    def told(cls, say: Say) -> Iterator[None]:
        cls._say = say
        try:
            yield
        finally:
            cls._say = None

    def enabled(self) -> bool:
        """Whether the demonstration is running."""
        return _Progress._say is not None

    async def on_sample_end(self, data: SampleEnd) -> None:
        """Called by Inspect when a sample is scored."""
        if _Progress._say is not None:
            _Progress._say(f"  {data.sample.id}")
