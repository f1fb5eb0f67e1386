"""What a run asks of its data: that it is there, or is made once for all processes.

Both functions block until the data is there. The work itself is done in worker processes; call them from a thread
(`anyio.to_thread.run_sync`) where an event loop must go on in the meantime.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace

from mlebench_inspect.data.errors import NotPreparedError, PreparationError
from mlebench_inspect.data.jobs import Job, Progress
from mlebench_inspect.data.manifest import Manifest
from mlebench_inspect.data.recipes import recipe
from mlebench_inspect.data.store import Store
from mlebench_inspect.data.workers import run_jobs
from mlebench_inspect.tasks import Competition

_LOG = logging.getLogger(__name__)


def ensure_prepared(store: Store, competitions: Sequence[Competition], *, prepare: bool = False) -> None:
    """Makes sure that competitions are prepared.

    Args:
        store: Where the data lies.
        competitions: What the run needs.
        prepare: Download and prepare what is missing, one competition after the other, once for all processes.

    Raises:
        NotPreparedError: Something is missing; the message holds the command to type.
        PreparationError: Preparing failed.
    """
    missing = [c for c in competitions if not store.is_ready(c)]
    if prepare:
        todo = [*missing, *(c for c in competitions if c not in missing and _can_be_verified(store, c))]
        jobs = [_job(store, c) for c in todo]
        if missing:
            _LOG.warning("preparing %s; this may take long, --log-level info shows progress", _names(missing))
        _run(jobs, 1)
    elif missing:
        names, verb = _names(missing), "is" if len(missing) == 1 else "are"
        command = store.prepare_command([c.typed for c in missing])
        raise NotPreparedError(
            f"{names} {verb} not prepared in {store.root}; run: {command} "
            "(or let the run do it with -T prepare=true, or try miniature data with -T data=miniature)"
        )
    for found in competitions:
        manifest = Manifest.read(store.prepared(found))
        if found.is_own:  # nothing is published that it could be held against
            if manifest is not None and manifest.recipe != recipe(found):
                command = store.prepare_command([found.typed])
                _LOG.warning(
                    "%s has changed since its data was prepared; to do it anew: %s --raw DIR", found.id, command
                )
            continue
        if store.data == "real" and store.revision == "v1" and (manifest is None or manifest.verified != "published"):
            state = "differs from the published data" if manifest and manifest.verified == "differs" else "not verified"
            _LOG.warning("%s: %s; see: %s", found.id, state, store.prepare_command([found.id]))


def _can_be_verified(store: Store, competition: Competition) -> bool:
    """Whether nobody has verified it, and the result can be written down beside it."""
    folder = store.prepared(competition)
    return Manifest.read(folder) is None and os.access(folder, os.W_OK)


def ensure_miniature(
    store: Store, competitions: Sequence[Competition], seed: int = 0, *, workers: int | None = None
) -> None:
    """Makes miniature data that is missing, or was made with another seed or by another version of its recipe.

    Args:
        store: Where the data lies; its `data` is taken as `miniature`.
        competitions: What the run needs.
        seed: Seed of the generated data.
        workers: Processes at once; the number of processors (8 at most) when None.

    Raises:
        PreparationError: Making it failed.
    """
    store = replace(store, data="miniature")
    jobs = [_job(store, c, seed) for c in competitions if not miniature_is_current(store, c, seed)]
    _run(jobs, workers or default_workers(), reuse=True)


def miniature_is_current(store: Store, competition: Competition, seed: int) -> bool:
    """Whether prepared miniature data is there, made with this seed by this version of its recipe."""
    if not store.is_ready(competition):
        return False
    folders = [store.prepared(competition)] + ([store.searched(competition)] if store.search_score is not None else [])
    manifests = [Manifest.read(folder) for folder in folders]
    return all(m is not None and m.seed == seed and m.recipe == recipe(competition) for m in manifests)


def default_workers() -> int:
    """Worker processes for small data: one per usable processor, 8 at most."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, 8)


def _job(store: Store, competition: Competition, seed: int = 0) -> Job:
    return Job(
        competition=competition.id,
        data_dir=store.data_dir,
        data=store.data,
        revision=store.revision,
        seed=seed,
        search_score=store.search_score,
        folder=competition.folder if competition.is_own else None,
    )


def _names(competitions: Sequence[Competition]) -> str:
    ids = [c.id for c in competitions]
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")


def _run(jobs: list[Job], workers: int, *, reuse: bool = False) -> None:
    stages: dict[str, str] = {}

    def tell(competition_id: str, progress: Progress) -> None:
        if stages.get(competition_id) != progress.stage:
            stages[competition_id] = progress.stage
            _LOG.info("%s: %s %s", competition_id, progress.stage, progress.note)

    results = run_jobs(jobs, workers, reuse=reuse, on_progress=tell) if jobs else {}
    failed = {i: r for i, r in results.items() if isinstance(r, PreparationError)}
    if len(failed) == 1:
        raise next(iter(failed.values()))
    if failed:
        reasons = "; ".join(map(str, failed.values()))
        raise PreparationError(f"{len(failed)} of {len(results)} competitions could not be prepared: {reasons}")
