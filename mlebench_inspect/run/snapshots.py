"""Submissions of earlier moments: kept while the agent works, graded when it is done, never shown to it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import anyio
import anyio.to_thread
from inspect_ai.solver import TaskState
from inspect_ai.util import StoreModel, background
from pydantic import Field

from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.run.artifacts import Archive, sha256
from mlebench_inspect.run.grading import Unscored, grade_kept
from mlebench_inspect.run.instructions import duration
from mlebench_inspect.run.outcome import SubmissionRecord, copying, sample_folder, scratch
from mlebench_inspect.sandboxes.extraction import Missing, Refused
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.provider import Provider
from mlebench_inspect.tasks import Competition


class SnapshotRecord(StoreModel):
    """The snapshots of a sample, kept in its store; one for each change of the submission."""

    snapshots: list[dict[str, Any]] = Field(default_factory=list)


def watch(state: TaskState, box: Provider, *, every: float, max_bytes: int) -> None:
    """Takes the submission out every `every` seconds until the sample ends, and keeps it where it changed.

    The files lie beside the log as soon as they are taken, so that a run that is killed still has them. Must be called
    from a running sample.
    """
    record = state.store_as(SubmissionRecord)
    folder = f"{sample_folder(state, record)}/snapshots"
    archive, kept = Archive.of_run(), dict[str, str]()
    start = time.monotonic()

    async def loop() -> None:
        count, last = 1, None
        while True:
            await anyio.sleep(max(0.0, start + count * every - time.monotonic()))
            after = round(time.monotonic() - start)
            # a moment that was slept through, as by a suspended host, is not made up for
            count = max(count + 1, int((time.monotonic() - start) // every) + 1)
            taken = await _take(box, record.handle, max_bytes, archive, f"{folder}/{after:07d}s", kept)
            if taken and taken.get("sha256", taken.get("problem")) != last:
                last = taken.get("sha256", taken.get("problem"))
                noted = state.store_as(SnapshotRecord)
                noted.snapshots = [*noted.snapshots, {"after": after, **taken}]

    background(loop)


async def _take(
    box: Provider, handle: str, max_bytes: int, archive: Archive, name: str, kept: dict[str, str]
) -> dict[str, Any] | None:
    """One snapshot: its file's facts, or why it was refused; None without a file. Whatever fails, the run goes on.

    Args:
        box: The sample's provider.
        handle: Names its sandbox.
        max_bytes: Larger submissions are refused.
        archive: Where to keep it.
        name: Begin of its name there.
        kept: Names of what is kept, by SHA-256: the agent may come back to an earlier submission.
    """
    try:
        async with copying("mlebench-snapshot"):
            with scratch() as folder:
                file = folder / "submission.csv"
                size = await box.take_out(handle, box.paths.submission_file, file, max_bytes)
                digest = await anyio.to_thread.run_sync(sha256, file)
                if digest not in kept:
                    kept[digest] = await anyio.to_thread.run_sync(archive.keep, file, f"{name}-{digest[:16]}.csv")
    except Missing:
        return None
    except Refused as ex:
        return {"problem": str(ex)}
    except HostError as ex:
        return {"problem": f"no snapshot could be taken: {ex}"}
    return {"sha256": digest, "size": size, "artifact": kept[digest]}


async def grade_snapshots(
    state: TaskState, found: Competition, store: Store, final: GradingReport, *, max_bytes: int
) -> list[dict[str, Any]]:
    """Score and tier of each snapshot, in the order of time."""
    graded: dict[str, GradingReport] = {final.submission_sha256: final} if final.submission_sha256 else {}
    record = state.store_as(SubmissionRecord)
    rows = []
    for snapshot in state.store_as(SnapshotRecord).snapshots:
        row = {"after": snapshot["after"], "score": None, "medal": "none", "valid_submission": False}
        row |= {k: snapshot.get(k) for k in ("sha256", "artifact")} | {"error": snapshot.get("problem")}
        digest = snapshot.get("sha256")
        if digest and digest not in graded:
            try:
                graded[digest] = await grade_kept(
                    record, snapshot["artifact"], digest, found, store, max_bytes=max_bytes
                )
            except Unscored as ex:
                row["error"] = f"not graded: {ex}"
        if digest in graded:
            row |= graded[digest].model_dump(
                mode="json", include={"score", "medal", "rank", "percentile", "valid_submission", "error"}
            )
        rows.append(row)
    return rows


def table(rows: Sequence[dict[str, Any]], metric: str) -> str:
    """The snapshots as a markdown table."""
    lines = [f"| after | {metric} | medal |", "|---|---|---|"]
    for row in rows:
        score = f"{row['score']:g}" if row["score"] is not None else "invalid"
        lines.append(f"| {duration(row['after'])} | {score} | {row['medal']} |")
    return "\n".join(lines)
