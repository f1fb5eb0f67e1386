"""Grading anew what lies in a bundle, as runs do it: each file in a bounded process of its own."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import anyio
import anyio.to_thread

from mlebench_inspect.bundles.container import Container
from mlebench_inspect.bundles.schema import Kept, RunFile, SampleFile
from mlebench_inspect.data.errors import PreparationError
from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.graders.submission import MAX_BYTES
from mlebench_inspect.run.artifacts import TooLarge, sha256, unpack
from mlebench_inspect.run.grading import SLOTS, grade_file
from mlebench_inspect.run.identity import answers_digest
from mlebench_inspect.run.outcome import scratch
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.tasks import Competition, GradingError, competition


class Exchanged(str):
    """Why a member is not the file that its record names: somebody changed it."""


Graded = GradingReport | str
"""A report, or why there is none."""
Tell = Callable[[int, int, str], None]
"""Told how many files are graded, of how many, and which was the last."""


@dataclass(frozen=True)
class Paper:
    """A submission to be graded: equal ones are graded once."""

    competition: str
    store: Store
    answers: str
    """SHA-256 of the answers that it was graded against."""
    kept: Kept
    most: int
    """Bytes; larger submissions are invalid."""


def papers_of(run: RunFile, sample: SampleFile, store: Store) -> list[Paper]:
    """The submission and the snapshots of a sample that has a score."""
    if sample.result.status != "scored":
        return []
    kept = [sample.submission, *(s.kept for s in sample.snapshots or [])]
    return [paper(run, sample, store, k) for k in kept if k is not None]


def paper(run: RunFile, sample: SampleFile, store: Store, kept: Kept) -> Paper:
    """One of a sample's files, as it is to be graded."""
    most = run.fields.get("max_submission_bytes")
    limit = min(most, MAX_BYTES) if isinstance(most, int) and most > 0 else MAX_BYTES
    return Paper(sample.result.competition, store, sample.result.answers, kept, limit)


def grade(container: Container, papers: Iterable[Paper], tell: Tell) -> dict[Paper, Graded]:
    """Grades files in parallel, as many at once as runs do on this host.

    Args:
        container: Where they lie.
        papers: What to grade; the data they need must be there, else they are not graded.
        tell: Told of each.
    """
    wanted = list(dict.fromkeys(papers))
    return anyio.run(_grade, container, wanted, tell) if wanted else {}


async def _grade(container: Container, papers: Sequence[Paper], tell: Tell) -> dict[Paper, Graded]:
    found: dict[Paper, Graded] = {}
    slots = anyio.Semaphore(SLOTS)

    async def one(paper: Paper) -> None:
        async with slots:
            found[paper] = await _graded(container, paper)
        tell(len(found), len(papers), paper.competition)

    tell(0, len(papers), "")
    async with anyio.create_task_group() as group:
        for paper in papers:
            group.start_soon(one, paper)
    return found


async def _graded(container: Container, paper: Paper) -> Graded:
    here = competition(paper.competition)
    try:
        fault = await anyio.to_thread.run_sync(_fault_of_answers, here, paper)
        if fault:
            return fault
        async with scratch() as folder:
            file = folder / "submission.csv"
            packed = folder / "packed"
            await anyio.to_thread.run_sync(container.extract, paper.kept.member, packed)
            try:
                await anyio.to_thread.run_sync(unpack, packed, file, paper.most)
            except (EOFError, zlib.error, TooLarge, gzip.BadGzipFile) as ex:
                return Exchanged(f"{paper.kept.member} cannot be uncompressed: {ex}")
            if await anyio.to_thread.run_sync(sha256, file) != paper.kept.sha256:
                return Exchanged(f"{paper.kept.member} does not hold the file with the SHA-256 that its record names")
            report = await grade_file(here, file, paper.store, max_bytes=paper.most)
            report.submission_sha256 = paper.kept.sha256
            return report
    except (GradingError, HostError, PreparationError, OSError) as ex:
        return str(ex)


def _fault_of_answers(found: Competition, paper: Paper) -> str | None:
    """Why a file cannot be graded here."""
    if not paper.store.is_prepared(found):
        return f"{found.id} is not prepared here; run: {paper.store.prepare_command([found.id])}"
    if not paper.answers:
        return "its record does not say which answers it was graded against"
    digest = answers_digest(paper.store.private(found))
    if digest != paper.answers:
        return (
            f"the answers in {paper.store.prepared(found)} are not those that it was graded against (SHA-256 "
            f"{digest[:12]}, there {paper.answers[:12]})"
        )
    return None
