"""Preparing any set of competitions: first what is needed, then the work, several at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mlebench_inspect.data import preflight
from mlebench_inspect.data.display import Display
from mlebench_inspect.data.ensure import default_workers
from mlebench_inspect.data.errors import PreparationError, RulesError
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
        keep_raw: Keep the extracted download in the store.
        verify: Treat files that differ from the published ones as an error, not as a note.
        jobs: Competitions at once.
        checksums: Sums to verify against in place of the published ones, by competition; the manifests say so.

    Returns:
        Outcome or error of each competition; one that fails does not stop the others.

    Raises:
        PreparationError: Nothing can be done, for want of credentials or disk space.
    """
    found = preflight.check(store, competitions, raw=raw)
    display.preflight(found)
    found.require()
    results: dict[str, Result] = {}
    todo = []
    for need in found.needs:
        error = _hopeless(need)
        if error is not None:
            results[need.competition.id] = error
            display.result(need.competition.id, error)
            continue
        todo.append(
            Job(
                competition=need.competition.id,
                data_dir=store.data_dir,
                revision=store.revision,
                raw=raw.absolute() if raw is not None else None,
                keep_raw=keep_raw,
                verify=verify,
                checksums=(checksums or {}).get(need.competition.id),
            )
        )
    results |= run_jobs(todo, jobs, on_progress=display.progress, on_result=display.result) if todo else {}
    return {c.id: results[c.id] for c in competitions}


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
        )
        for c in competitions
    ]
    return run_jobs(todo, jobs or default_workers(), on_progress=display.progress, on_result=display.result, reuse=True)


def _hopeless(need: preflight.Need) -> PreparationError | None:
    from mlebench_inspect.data.kaggle import rules_message

    if need.rules == "not accepted":
        return RulesError(rules_message(need.competition.kaggle_slug))
    if need.todo == "not found":
        return PreparationError(need.note)
    return None
