"""One competition from raw data to prepared data, under its lock; runs in a worker process.

Everything is made under a name that begins with a dot and renamed at the end, so what has its proper name is complete:

    <id>/.download/          Kaggle's zip, partial or complete
    <id>/.raw.partial/       being unpacked
    <id>/raw/                the extracted download
    <id>/.prepared.partial/  being prepared and verified
    <id>/prepared/           public, private, manifest.json

What is left behind by a run that was killed is taken up (download, unpacking) or thrown away (preparation).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlebench_inspect.data.archives import human
from mlebench_inspect.data.errors import (
    DiskFullError,
    PreparationError,
    is_disk_full,
)
from mlebench_inspect.data.jobs import Job, Outcome, Progress, Report
from mlebench_inspect.data.locking import locked
from mlebench_inspect.data.manifest import Manifest, Source, now, recipe, versions, write_json
from mlebench_inspect.data.store import Store
from mlebench_inspect.tasks import CatalogueError, Competition, competition
from mlebench_inspect.tasks.preparing import DataError, reporting_progress

_TRIES = 3  # downloads of an archive that turns out to be damaged


def run_job(job: Job, report: Report) -> Outcome:
    """Does one job under the competition's lock; what another process has just done is not done again.

    Raises:
        PreparationError: It cannot be done; the message says why.
    """
    found, store, start = competition(job.competition), job.store, time.monotonic()
    lock = store.root / ".locks" / f"{found.id}.lock"
    try:
        with locked(lock, waiting=lambda: report(Progress(stage="waiting", note="another process prepares it"))):
            work = _Miniature if job.data == "miniature" else _Real
            outcome = work(job, found, store, report).run()
    except (PreparationError, CatalogueError):
        raise
    except MemoryError as ex:
        raise PreparationError(f"{found.id}: memory does not suffice to prepare it; try fewer --jobs") from ex
    except Exception as ex:
        if is_disk_full(ex):
            free = human(shutil.disk_usage(store.root).free)
            raise DiskFullError(
                f"{found.id}: no space left in {store.root} ({free} free); free some or choose another --data-dir, "
                "then run the same command to go on"
            ) from ex
        if isinstance(ex, (DataError, FileNotFoundError)):
            raise PreparationError(
                f"{found.id}: {_plain(ex, found.id)}; the raw data is incomplete or not Kaggle's: delete it and run "
                "the same command to get it anew"
            ) from ex
        if isinstance(ex, OSError):
            raise PreparationError(f"{found.id}: {ex}") from ex
        raise PreparationError(f"{found.id}: preparing failed: {type(ex).__name__}: {ex}") from ex
    outcome.seconds = round(time.monotonic() - start, 2)
    return outcome


def _plain(ex: BaseException, competition_id: str) -> str:
    return str(ex).removeprefix(f"{competition_id}: ")


class _Work:
    """What making real and miniature data have in common."""

    def __init__(self, job: Job, found: Competition, store: Store, report: Report) -> None:
        self.job, self.found, self.store, self.report = job, found, store, report
        self.folder, self.raw, self.prepared = store.folder(found), store.raw(found), store.prepared(found)
        self.partial = self.folder / f".{self.prepared.name}.partial"
        self.raw_facts = self.folder / ".raw.json"
        self.seconds: dict[str, float] = {}

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = round(self.seconds.get(stage, 0) + time.monotonic() - start, 3)

    def prepare_from(self, raw: Path) -> None:
        """Prepares into the partial folder."""
        remove(self.partial)
        self.partial.mkdir(parents=True)

        def tell(files: int, total: int, size: int) -> None:
            self.report(Progress(stage="prepare", files=files, total_files=total, bytes=size))

        self.report(Progress(stage="prepare"))
        with self.timed("prepare"), reporting_progress(tell):
            self.found.prepare(raw, self.partial / "public", self.partial / "private", self.store.revision)
        here = Path(self.prepared.name)
        for needed in (self.found.answers, self.found.sample_submission):
            if not (self.partial / needed).is_file():
                raise PreparationError(f"{self.found.id}: preparation did not make {here / needed}; please report it")

    def manifest(self, **facts: object) -> Manifest:
        return Manifest.model_validate(
            {
                "competition": self.found.id,
                "data": self.store.data,
                "revision": self.store.revision,
                "recipe": recipe(self.found),
                "seconds": self.seconds,
                "versions": versions(),
                "created": now(),
                **facts,
            }
        )

    def publish(self, manifest: Manifest) -> None:
        """Gives the partial folder its proper name."""
        manifest.write(self.partial)
        swap(self.partial, self.prepared)


class _Miniature(_Work):
    def run(self) -> Outcome:
        seed, made_by = self.job.seed, recipe(self.found)
        if not self._raw_is_current(seed, made_by):
            self.report(Progress(stage="unpack", note="generating"))
            partial = self.folder / ".raw.partial"
            remove(partial)
            with self.timed("generate"):
                self.found.make_miniature(partial, seed)
            swap(partial, self.raw)
            write_json(self.raw_facts, {"seed": seed, "recipe": made_by})
        if self.job.raw_only:
            return Outcome(competition=self.found.id, state="raw")
        manifest = Manifest.read(self.prepared) if self.store.is_prepared(self.found) else None
        if manifest is not None and manifest.seed == seed and manifest.recipe == made_by:
            return Outcome(competition=self.found.id, state="already")
        self.prepare_from(self.raw)
        self.publish(self.manifest(verified="no", seed=seed, source=Source(kind="miniature")))
        return Outcome(competition=self.found.id, state="prepared")

    def _raw_is_current(self, seed: int, made_by: str) -> bool:
        return not is_empty(self.raw) and read_json(self.raw_facts) == {"seed": seed, "recipe": made_by}


class _Real(_Work):
    def run(self) -> Outcome:
        raise NotImplementedError


def remove(path: Path) -> None:
    """Deletes a folder that no reader knows of."""
    if path.exists():
        shutil.rmtree(path)


def swap(new: Path, target: Path) -> None:
    """Gives the folder `new` the name `target`; an older folder of that name is moved aside first, then deleted."""
    old = target.with_name(f".{target.name}.old")
    remove(old)
    if target.exists():
        target.rename(old)
    new.rename(target)
    remove(old)


def is_empty(folder: Path) -> bool:
    """Whether a folder is missing or holds nothing."""
    return not folder.is_dir() or not any(folder.iterdir())


def read_json(path: Path) -> object:
    """A small JSON file's value; None where it is missing or unreadable."""
    import json

    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
