"""Submissions of earlier moments: kept while the agent works, graded when it is done, never shown to it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from inspect_ai.solver import TaskState
from inspect_ai.util import StoreModel, background
from pydantic import Field

from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.run.artifacts import Archive, packed, sha256
from mlebench_inspect.run.grading import Unscored, grade_kept
from mlebench_inspect.run.instructions import duration
from mlebench_inspect.run.outcome import SubmissionRecord, copying, sample_folder, scratch
from mlebench_inspect.sandboxes.extraction import Missing, Refused
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.provider import Provider
from mlebench_inspect.tasks import Competition

MOST, MOST_BYTES = 200, 20 * 2**30
"""Snapshots of one sample, and their compressed bytes."""


class SnapshotRecord(StoreModel):
    """The snapshots of a sample, kept in its store; one for each change of the submission."""

    every: float | None = None
    """Seconds between them; None where none are taken."""
    snapshots: list[dict[str, Any]] = Field(default_factory=list)
    thinned: int = 0
    """How often every second one went."""


@dataclass(frozen=True)
class Bounds:
    """What the snapshots of one sample may take."""

    number: int = MOST
    size: int = MOST_BYTES
    """Bytes, compressed, of all that differ."""
    spare: int = 0
    """Bytes that they must leave free in the log's folder."""


class Shelf:
    """The snapshots of one sample, within bounds: equal ones lie there once.

    Where one more is too many, every second of them goes, but the first and the newest stay, and from then on they are
    taken half as often. So they always cover the whole of the run evenly.

    Args:
        archive: Where they are kept.
        folder: In the archive.
        bounds: What they may take.
        rows: What lies there already, of an earlier attempt.
        thinned: How often every second one went in it.
    """

    def __init__(
        self, archive: Archive, folder: str, bounds: Bounds, rows: Sequence[dict[str, Any]] = (), thinned: int = 0
    ) -> None:
        self._archive, self._folder, self._bounds = archive, folder, bounds
        # name and bytes, by SHA-256
        self._kept: dict[str, tuple[str, int]] = {
            r["sha256"]: (r["artifact"], r.get("kept", 0)) for r in rows if r.get("artifact")
        }
        self._stale: list[str] = []
        self.rows, self.thinned = list(rows), thinned

    def put(self, file: Path, digest: str, after: int) -> str:
        """Keeps a file, unless it is there; returns its name. Blocks.

        Raises:
            HostError: It cannot be kept, or there is no room for it.
        """
        if digest not in self._kept:
            name = f"{self._folder}/{after:07d}s-{digest[:16]}.csv.gz"
            with packed(file) as small:
                size = small.stat().st_size
                while self._size() + size > self._bounds.size and len(self.rows) > 2:
                    self._thin()
                if self._size() + size > self._bounds.size:
                    raise HostError(f"the snapshots would have more than {self._bounds.size:,} bytes")
                self._archive.put(small, name, self._bounds.spare)
            self._kept[digest] = name, size
        return self._kept[digest][0]

    def bytes_of(self, digest: str) -> int:
        """Compressed bytes of a file that lies there."""
        return self._kept[digest][1]

    def note(self, after: int, taken: dict[str, Any]) -> None:
        """Adds what was taken, if it is no repetition of the newest."""
        if self.rows and {**self.rows[-1], "after": 0} == {**taken, "after": 0}:
            return
        self.rows.append({"after": after, **taken})
        if len(self.rows) > self._bounds.number:
            self._thin()

    def clear(self) -> None:
        """Removes the files of those that went, after that is noted. Blocks; a file that cannot be removed stays."""
        while self._stale:
            with contextlib.suppress(HostError):
                self._archive.remove(self._stale.pop())

    def check_room(self) -> None:
        """Raises `HostError` where the log's folder has no room for any. Blocks."""
        self._archive.check_room(self._bounds.spare)

    def _size(self) -> int:
        return sum(size for _, size in self._kept.values())

    def _thin(self) -> None:
        newest = len(self.rows) - 1
        self.rows = [r for i, r in enumerate(self.rows) if i % 2 == 0 or i == newest]
        self.thinned += 1
        used = {r.get("sha256") for r in self.rows}
        for digest in [d for d in self._kept if d not in used]:
            self._stale.append(self._kept.pop(digest)[0])


class Watch:
    """Takes the submission out at regular moments until the sample ends, and keeps it where it changed.

    The files lie beside the log as soon as they are taken, so that a run that is killed still has them. Must be made in
    a running sample.

    Args:
        state: The sample's.
        box: Its provider.
        every: Seconds between two.
        max_bytes: Larger submissions are refused.
        bounds: What all of them may take.
    """

    def __init__(self, state: TaskState, box: Provider, *, every: float, max_bytes: int, bounds: Bounds) -> None:
        self._state, self._box, self._every, self._max_bytes, self._bounds = state, box, every, max_bytes, bounds
        record = state.store_as(SubmissionRecord)
        self._handle, self._folder = record.handle, f"{sample_folder(state, record)}/snapshots"
        self._run: anyio.CancelScope | None = None

    def start(self, rows: Sequence[dict[str, Any]] = (), before: float = 0.0) -> None:
        """Begins, in the background; or begins again where an earlier attempt was cut off.

        Args:
            rows: The snapshots that there are already.
            before: Seconds that the agent had worked.
        """
        if self._run is not None:
            self._run.cancel()
        kept = self._state.store_as(SnapshotRecord)
        kept.every, kept.snapshots = self._every, list(rows)
        shelf = Shelf(Archive.of_run(), self._folder, self._bounds, rows, kept.thinned if rows else 0)
        self._run = anyio.CancelScope()
        background(self._loop, shelf, time.monotonic() - before, before, self._run)

    async def _loop(self, shelf: Shelf, start: float, before: float, run: anyio.CancelScope) -> None:
        with run:
            due = before + self._pause(shelf) - before % self._pause(shelf)
            while True:
                await anyio.sleep(max(0.0, start + due - time.monotonic()))
                after = round(time.monotonic() - start)
                await take(self._box, self._handle, self._max_bytes, shelf, after, lambda rows: self._tell(shelf, rows))
                pause = self._pause(shelf)
                # a moment that was slept through, as by a suspended host, is not made up for
                due += pause * max(1, int((time.monotonic() - start - due) // pause) + 1)

    def _pause(self, shelf: Shelf) -> float:
        return self._every * 2.0**shelf.thinned

    def _tell(self, shelf: Shelf, rows: list[dict[str, Any]]) -> None:
        kept = self._state.store_as(SnapshotRecord)
        if kept.snapshots != rows:
            kept.snapshots, kept.thinned = rows, shelf.thinned


async def take(
    box: Provider, handle: str, max_bytes: int, shelf: Shelf, after: int, tell: Callable[[list[dict[str, Any]]], None]
) -> None:
    """Takes one snapshot, `after` seconds from the start, and tells all rows: its file's facts, or why it was refused.

    Without a file there is none. Whatever fails, the run goes on. It may be cancelled at any time, as by the sample's
    end: the files that are kept and those that were told are the same all the same.
    """

    async def note(taken: dict[str, Any]) -> None:
        shelf.note(after, taken)
        tell(list(shelf.rows))
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(shelf.clear)

    try:
        async with copying("mlebench-snapshot"):
            await anyio.to_thread.run_sync(shelf.check_room)
            async with scratch() as folder:
                file = folder / "submission.csv"
                size = await box.take_out(handle, box.paths.submission_file, file, max_bytes)
                digest = await anyio.to_thread.run_sync(sha256, file)
                with anyio.CancelScope(shield=True):
                    artifact = await anyio.to_thread.run_sync(shelf.put, file, digest, after)
                    await note({"sha256": digest, "size": size, "artifact": artifact, "kept": shelf.bytes_of(digest)})
    except Missing:
        return
    except Refused as ex:
        await note({"problem": str(ex)})
    except HostError as ex:
        await note({"problem": f"no snapshot could be taken: {ex}", "of_host": True})


async def grade_snapshots(
    state: TaskState, found: Competition, store: Store, final: GradingReport, *, max_bytes: int
) -> list[dict[str, Any]] | None:
    """Score and tier of each snapshot, in the order of time; None where the run took none."""
    graded: dict[str, GradingReport] = {final.submission_sha256: final} if final.submission_sha256 else {}
    record = state.store_as(SubmissionRecord)
    taken = state.store_as(SnapshotRecord)
    if taken.every is None:
        return None
    rows = []
    for snapshot in taken.snapshots:
        row = {"after": snapshot["after"], "score": None, "medal": "none", "valid_submission": False}
        if not final.has_tiers:
            row["medal"] = None
        row |= {"above_median": False, "graded": not snapshot.get("of_host", False)}
        row |= {k: snapshot.get(k) for k in ("sha256", "artifact")} | {"error": snapshot.get("problem")}
        digest = snapshot.get("sha256")
        if digest and digest not in graded:
            try:
                graded[digest] = await grade_kept(
                    record, snapshot["artifact"], digest, found, store, max_bytes=max_bytes
                )
            except Unscored as ex:
                row |= {"error": f"not graded: {ex}", "graded": False}
        if digest in graded:
            row |= graded[digest].model_dump(
                mode="json",
                include={"score", "medal", "rank", "percentile", "valid_submission", "above_median", "error"},
            )
        rows.append(row)
    return rows


def table(rows: Sequence[dict[str, Any]], metric: str) -> str:
    """The snapshots as a markdown table."""
    lines = [f"| after | {metric} | medal |", "|---|---|---|"]
    for row in rows:
        score = f"{row['score']:g}" if row["score"] is not None else "invalid"
        lines.append(f"| {duration(row['after'])} | {score} | {row['medal'] or 'undefined'} |")
    return "\n".join(lines)
