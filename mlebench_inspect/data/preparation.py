"""Preparing any set of competitions: first what is needed, then the work, several at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mlebench_inspect.data import preflight
from mlebench_inspect.data.display import Display
from mlebench_inspect.data.ensure import default_workers
from mlebench_inspect.data.jobs import Job
from mlebench_inspect.data.store import Store
from mlebench_inspect.data.workers import Result, run_jobs
from mlebench_inspect.tasks import Checksums, Competition


def prepare(
    store: Store,
    competitions: Sequence[Competition],
    display: Display,
    *,
    raw: Path | None = None,
    link_raw: bool = False,
    keep_raw: bool = True,
    verify: bool = True,
    jobs: int = 1,
    checksums: Mapping[str, Checksums] | None = None,
) -> dict[str, Result]:
    """Downloads, prepares and verifies competitions.

    Args:
        store: Where the data is to lie.
        competitions: What to prepare.
        display: Told of needs, progress and results.
        raw: Zip or folder that the user has, in place of Kaggle's download.
        link_raw: Prepared files may be hard links to those of the folder, so that a change of one changes both.
        keep_raw: Keep the extracted download in the store.
        verify: Treat files that differ from the published ones as an error, not as a note.
        jobs: Competitions at once.
        checksums: Sums to verify against in place of the published ones, by competition; the manifests say so.

    Returns:
        Outcome or error of each competition; one that fails does not stop the others.
    """
    found = preflight.check(store, competitions, raw=raw, link_raw=link_raw)
    display.preflight(found)
    results: dict[str, Result] = {n.competition.id: n.fault for n in found.needs if n.fault is not None}
    for competition_id, error in results.items():
        display.result(competition_id, error)
    todo = [
        Job(
            competition=need.competition.id,
            data_dir=store.data_dir,
            revision=store.revision,
            raw=raw.absolute() if raw is not None else None,
            link_raw=link_raw,
            keep_raw=keep_raw,
            verify=verify,
            checksums=(checksums or {}).get(need.competition.id),
            search_score=store.search_score,
            folder=need.competition.folder if need.competition.is_own else None,
        )
        for need in found.possible
    ]
    results |= run_jobs(todo, jobs, on_progress=display.progress, on_result=display.result) if todo else {}
    return {c.id: results[c.id] for c in competitions}


def copy(
    store: Store,
    competitions: Sequence[Competition],
    into: Path,
    display: Display,
    *,
    jobs: int = 1,
    public_only: bool = False,
) -> dict[str, Result]:
    """Copies what is prepared into another data folder; what is there already is left alone.

    Args:
        store: Where the data lies. Nothing is written there.
        competitions: What to copy.
        into: The other data folder.
        display: Told of progress and results.
        jobs: Competitions at once.
        public_only: Without the answers.

    Returns:
        Outcome or error of each competition; one that fails does not stop the others.
    """
    todo = [
        Job(
            competition=c.id,
            data_dir=store.data_dir,
            data=store.data,
            revision=store.revision,
            search_score=store.search_score,
            into=into.absolute(),
            public_only=public_only,
        )
        for c in competitions
    ]
    return run_jobs(todo, jobs, on_progress=display.progress, on_result=display.result) if todo else {}


def make_miniature(
    store: Store,
    competitions: Sequence[Competition],
    display: Display,
    *,
    seed: int = 0,
    raw_only: bool = False,
    jobs: int | None = None,
) -> dict[str, Result]:
    """Makes miniature data of competitions, raw and prepared; what is there and current is left alone."""
    todo = [
        Job(
            competition=c.id,
            data_dir=store.data_dir,
            data="miniature",
            revision=store.revision,
            seed=seed,
            raw_only=raw_only,
            search_score=store.search_score,
            folder=c.folder if c.is_own else None,
        )
        for c in competitions
    ]
    return run_jobs(todo, jobs or default_workers(), on_progress=display.progress, on_result=display.result, reuse=True)
