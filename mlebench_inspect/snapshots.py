"""Submissions of earlier moments: kept while the agent works, graded when it is done, never shown to it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from inspect_ai.solver import TaskState
from inspect_ai.util import StoreModel, background
from pydantic import Field

from mlebench_inspect.artifacts import SubmissionRecord, find_kept, keep, log_folder, restore, sample_folder, sha256
from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.grading import grade_submission
from mlebench_inspect.instructions import duration
from mlebench_inspect.sandboxes.extraction import Missing, Refused
from mlebench_inspect.sandboxes.provider import Provider
from mlebench_inspect.tasks import Competition, GradingError


class SnapshotRecord(StoreModel):
    """The snapshots of a sample, kept in its store; one for each change of the submission."""

    snapshots: list[dict[str, Any]] = Field(default_factory=list)


def watch(state: TaskState, box: Provider, *, every: float, max_bytes: int) -> None:
    """Takes the submission out every `every` seconds until the sample ends, and keeps it where it changed.

    The files lie beside the log as soon as they are taken, so that a run that is killed still has them. Must be called
    from a running sample.
    """
    folder = sample_folder(state) / "snapshots"
    root = log_folder()
    record = state.store_as(SubmissionRecord)
    start = time.monotonic()

    async def loop() -> None:
        count, last = 1, None
        while True:
            await anyio.sleep(max(0.0, start + count * every - time.monotonic()))
            after = round(time.monotonic() - start)
            # a moment that was slept through, as by a suspended host, is not made up for
            count = max(count + 1, int((time.monotonic() - start) // every) + 1)
            taken = await _take(box, record.handle, max_bytes, root, folder / f"{after:07d}s.csv")
            if taken and taken.get("sha256", taken.get("problem")) != last:
                last = taken.get("sha256", taken.get("problem"))
                kept = state.store_as(SnapshotRecord)
                kept.snapshots = [*kept.snapshots, {"after": after, **taken}]

    background(loop)


async def _take(box: Provider, handle: str, max_bytes: int, root: Path, name: Path) -> dict[str, Any] | None:
    """One snapshot: its file's facts, or why it was refused; None without a file. Whatever fails, the run goes on."""
    with tempfile.TemporaryDirectory(prefix="mlebench-snapshot-") as temporary:
        file = Path(temporary) / "submission.csv"
        try:
            size = await box.take_out(handle, box.paths.submission_file, file, max_bytes)
            digest = await anyio.to_thread.run_sync(sha256, file)
            folder = root / name.parent
            known = sorted(folder.glob(f"*-{digest[:16]}.csv.gz"))  # the agent may come back to an earlier one
            new = f"{name.stem}-{digest[:16]}.csv"
            kept = known[0] if known else await anyio.to_thread.run_sync(keep, file, folder, new)
        except Missing:
            return None
        except Refused as ex:
            return {"problem": str(ex)}
        except Exception as ex:
            return {"problem": f"no snapshot could be taken: {ex}"}
        return {"sha256": digest, "size": size, "artifact": str(name.parent / kept.name)}


async def grade_snapshots(
    state: TaskState, found: Competition, store: Store, final: GradingReport, *, max_bytes: int
) -> list[dict[str, Any]]:
    """Score and tier of each snapshot, in the order of time."""
    graded: dict[str, GradingReport] = {final.submission_sha256: final} if final.submission_sha256 else {}
    rows = []
    for snapshot in state.store_as(SnapshotRecord).snapshots:
        row = {"after": snapshot["after"], "score": None, "medal": "none", "valid_submission": False}
        row |= {k: snapshot.get(k) for k in ("sha256", "artifact")} | {"error": snapshot.get("problem")}
        digest = snapshot.get("sha256")
        if digest and digest not in graded:
            try:
                graded[digest] = await _grade(state, snapshot["artifact"], found, store, max_bytes)
            except GradingError as ex:
                row["error"] = f"not graded: {ex}"
        if digest in graded:
            row |= graded[digest].model_dump(
                mode="json", include={"score", "medal", "rank", "percentile", "valid_submission", "error"}
            )
        rows.append(row)
    return rows


async def _grade(state: TaskState, artifact: str, found: Competition, store: Store, max_bytes: int) -> GradingReport:
    kept = find_kept(state.store_as(SubmissionRecord), artifact)
    if kept is None:
        raise GradingError(f"the kept file {artifact} is missing")
    with tempfile.TemporaryDirectory(prefix="mlebench-") as folder:
        file = Path(folder) / "submission.csv"
        await anyio.to_thread.run_sync(restore, kept, file)
        return await grade_submission(found, file, store, max_bytes=max_bytes)


def table(rows: Sequence[dict[str, Any]], metric: str) -> str:
    """The snapshots as a markdown table."""
    lines = [f"| after | {metric} | medal |", "|---|---|---|"]
    for row in rows:
        score = f"{row['score']:g}" if row["score"] is not None else "invalid"
        lines.append(f"| {duration(row['after'])} | {score} | {row['medal']} |")
    return "\n".join(lines)
