"""What an outcome is worth: a function of what was kept and of answers, with no sandbox in it.

Grading runs in a process of its own, so a large submission never blocks Inspect's event loop, and a hostile one can
exhaust nothing but its own process, which has a limit on memory and time.
"""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any, TypeVar

import anyio.to_thread
from inspect_ai.util import concurrency
from pydantic import ValidationError

from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import CheckReport, GradingReport
from mlebench_inspect.run import limits, worker, workers
from mlebench_inspect.run.artifacts import Archive, sha256
from mlebench_inspect.run.identity import answers_digest
from mlebench_inspect.run.limits import Limits
from mlebench_inspect.run.outcome import SubmissionRecord, scratch
from mlebench_inspect.sandboxes.host import HostError, HostTimeout
from mlebench_inspect.tasks import Competition, GradingError

Report = TypeVar("Report", GradingReport, CheckReport)
SLOTS = limits.GRADING_SLOTS
# How libraries end where the process's own limit is reached. SIGKILL is none: that comes from outside.
_OUT_OF_MEMORY = (-signal.SIGSEGV, -signal.SIGABRT)


class Unscored(Exception):
    """There is no score, through no fault of the agent's.

    Args:
        reason: One word for it, as the score's `reason`.
        cause: What happened, for people.
    """

    def __init__(self, reason: str, cause: str) -> None:
        super().__init__(cause)
        self.reason, self.cause = reason, cause


async def grade_outcome(
    record: SubmissionRecord, found: Competition, store: Store, *, max_bytes: int, accept_answers: bool = False
) -> GradingReport:
    """The grading report of what was taken out of a sample.

    Args:
        record: What is known of the sample's submission.
        found: The competition.
        store: Where the answers lie.
        max_bytes: Larger submissions are invalid.
        accept_answers: Grade even against other answers than those the run began with.

    Raises:
        Unscored: The host, the answers or the grader is at fault, or nothing was ever taken out.
    """
    if not record.started and record.ending.error and record.ending.fault != "cancelled":
        raise Unscored("setup_failed", record.ending.error)
    if record.ending.fault == "model":
        raise Unscored("model_unavailable", record.ending.error or "the model's provider failed")
    if record.ending.fault == "host":
        raise Unscored("setup_failed", record.ending.error or "a checkpoint failed")
    if record.unfit:
        raise Unscored("setup_failed", record.unfit)
    if record.outcome == "never_taken":
        raise Unscored("never_taken", "the run was ended before the submission could be taken out")
    if record.outcome == "unreachable":
        raise Unscored("unreachable", f"the submission could not be taken out: {record.cause}")
    if record.interrupted == "sandbox" or (record.ending.fault == "agent" and (record.interrupted or record.lost)):
        what = "the engine was away" if record.interrupted == "engine" else "the sandbox ended"
        told = f": {record.ending.error}" if record.ending.error else ""
        raise Unscored("sandbox_lost", f"{what} while the agent was at work{told}")
    if record.outcome != "taken" and record.ending.fault == "cancelled":
        raise Unscored("cancelled", f"the run was interrupted before there was a submission: {record.cause}")
    if record.outcome != "taken":
        exists = record.outcome == "refused"
        return found.report(None, exists=exists, error=record.cause, revision=store.revision, data=store.data)
    await anyio.to_thread.run_sync(_check_answers, record, found, store, accept_answers)
    report = await grade_kept(record, record.artifact or "", record.sha256 or "", found, store, max_bytes=max_bytes)
    report.submission_path, report.submission_sha256 = record.artifact or "", record.sha256
    return report


def _check_answers(record: SubmissionRecord, found: Competition, store: Store, accept: bool) -> None:
    if not store.is_prepared(found):
        command = store.prepare_command([found.id])
        raise Unscored("answers_missing", f"{found.id} is not prepared in {store.root}; run: {command}")
    try:
        digest = answers_digest(store.private(found))
    except OSError as ex:
        raise Unscored("answers_missing", f"the answers of {found.id} cannot be read: {ex.strerror or ex}") from ex
    if record.answers_sha256 and digest != record.answers_sha256 and not accept:
        raise Unscored(
            "answers_changed",
            f"the answers in {store.prepared(found)} are not those that the run began with (SHA-256 {digest[:12]}, "
            f"then {record.answers_sha256[:12]}); name the right data_dir, or insist with -S accept_answers=true",
        )


async def grade_kept(
    record: SubmissionRecord, artifact: str, digest: str, found: Competition, store: Store, *, max_bytes: int
) -> GradingReport:
    """Grades a kept file, after a look at its SHA-256.

    Raises:
        Unscored: It is lost or damaged, or the grader is at fault.
    """
    try:
        # so temporary files are no more than the slots
        async with concurrency("mlebench-grade", SLOTS, visible=False), scratch() as folder:
            file = folder / "submission.csv"
            await anyio.to_thread.run_sync(_restore, record, artifact, digest, file, max_bytes)
            return await grade_file(found, file, store, max_bytes=max_bytes)
    except (GradingError, HostError) as ex:
        raise Unscored("grader_failed", str(ex)) from ex


def _restore(record: SubmissionRecord, artifact: str, digest: str, file: Path, most: int) -> None:
    complaints = []
    for archive in dict.fromkeys((Archive.of_run(), Archive(record.log_folder))):
        try:
            archive.restore(artifact, file, most)
        except HostError as ex:
            complaints.append(str(ex))
            file.unlink(missing_ok=True)
            continue
        if sha256(file) == digest:
            return
        complaints.append(f"{archive.path(artifact)} is not what was taken out: its SHA-256 differs")
        file.unlink()
    told = "; ".join(complaints)
    raise Unscored("artifact_missing", f"{told}; put it beside the log and set INSPECT_LOG_DIR to that folder")


async def grade_file(
    found: Competition, file: Path, store: Store, *, max_bytes: int, within: Limits | None = None
) -> GradingReport:
    """As `Competition.grade`, in a process of its own, which ends when this is cancelled.

    A submission that exhausts the process is invalid, if the sample submission does not, and if the process had all
    that a submission of that size may have.

    Args:
        found: The competition.
        file: The submission.
        store: Where the answers lie.
        max_bytes: Larger submissions are invalid.
        within: What the process may take; default: what fits the files and this host.

    Raises:
        GradingError: The answers are missing or unreadable, or the grader itself is at fault.
        HostError: The process cannot be had, was killed, or has too little memory on this host.
    """
    within = within or limits.of_grading(_size(file), _size(store.prepared(found) / found.answers))
    try:
        return await _run(found, file, store, max_bytes, within)
    except Exhausted as fault:
        if within.cut and fault.what == "memory":
            raise HostError(
                f"{found.id}: grading {fault}, and this host has no more to give; grade on another"
            ) from None
        sample = store.prepared(found) / found.sample_submission
        try:
            await _run(found, sample, store, max_bytes, within)
        except Exhausted:
            raise GradingError(f"{found.id}: grading {fault} for every submission; give it more") from None
        return found.report(
            None,
            exists=True,
            error=f"grading this submission {fault}; the sample submission does not",
            revision=store.revision,
            data=store.data,
            submission_path=str(file),
        )


async def check_file(found: Competition, file: Path, store: Store, *, max_bytes: int, timeout: float) -> CheckReport:
    """As `Competition.check`, in a process of its own, which is told of the public data alone.

    There is one try with a deadline, and no second one to find the blame.

    Args:
        found: The competition.
        file: The submission.
        store: Where the public data lies.
        max_bytes: Larger submissions are invalid.
        timeout: Seconds after which the process is killed.

    Raises:
        Exhausted: It takes more memory or time.
        GradingError: The sample submission is missing or unreadable, or the grader itself is at fault.
        HostError: The process cannot be had, or was killed.
    """
    request = {
        "submission": str(file),
        "public": str(store.public(found)),
        "revision": store.revision,
        "max_bytes": max_bytes,
    }
    return _report(CheckReport, found, await _answer(found, request, limits.of_check(timeout), timeout))


async def score_held_back(
    found: Competition, file: Path, store: Store, *, max_bytes: int, timeout: float
) -> GradingReport:
    """As `Competition.grade`, against labels that were held back, within the limits of a check.

    The process is told where those lie, and nothing of the test set's answers.

    Args:
        found: The competition.
        file: Predictions for the held-back part.
        store: Where it lies; has a `search_score`.
        max_bytes: Larger files are invalid.
        timeout: Seconds after which the process is killed.

    Raises:
        Exhausted: It takes more memory or time.
        GradingError: The labels are missing or unreadable, or the grader itself is at fault.
        HostError: The process cannot be had, or was killed.
    """
    request = {
        "submission": str(file),
        "private": str(store.held_back(found)),
        "revision": store.revision,
        "data": store.data,
        "max_bytes": max_bytes,
    }
    return _report(GradingReport, found, await _answer(found, request, limits.of_check(timeout), timeout))


class Exhausted(RuntimeError):
    """Grading took more than it has.

    Args:
        what: `memory` or `time`.
        told: How much that is, for people.
    """

    def __init__(self, what: str, told: str) -> None:
        super().__init__(told)
        self.what = what


def _size(file: Path) -> int:
    """0 where there is none, which the grading itself will find."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


async def _run(found: Competition, file: Path, store: Store, max_bytes: int, within: Limits) -> GradingReport:
    request = {
        "submission": str(file),
        "private": str(store.private(found)),
        "revision": store.revision,
        "data": store.data,
        "max_bytes": max_bytes,
    }
    return _report(GradingReport, found, await _answer(found, request, within))


def _report(kind: type[Report], found: Competition, text: str) -> Report:
    """What the process wrote, read without quoting it in a fault."""
    try:
        return kind.model_validate_json(text)
    except ValidationError:
        raise GradingError(
            f"{found.id}: the grading process ended without a report; its grader must return, not end the process"
        ) from None


async def _answer(found: Competition, request: dict[str, Any], within: Limits, timeout: float | None = None) -> str:
    """The report of a process that was given the request.

    `timeout` is of the wall's clock, by default one that only a busy host needs.
    """
    own = {"folder": str(found.folder)} if found.is_own else {}
    request = {**request, **own, "competition": found.id, "memory": within.memory, "seconds": within.seconds}
    patience = timeout or limits.PATIENCE * within.seconds
    try:
        ended = await workers.call(json.dumps(request).encode(), timeout=patience)
    except HostTimeout:
        if timeout:
            raise Exhausted("time", f"takes more than {timeout:.0f} seconds") from None
        raise HostError(
            f"{found.id}: grading was not done within {patience:.0f} seconds, though it had not used the "
            f"{within.seconds:.0f} seconds of processor time that it may; this host is too busy"
        ) from None
    text = ended.stdout.decode(errors="replace")
    if ended.returncode == 0:
        return text
    if ended.returncode == worker.FAULT and text:
        raise GradingError(text)
    if ended.returncode in (worker.NO_MEMORY, *_OUT_OF_MEMORY):
        raise Exhausted("memory", f"needs more than {within.memory / 2**30:.1f} GiB of memory")
    if ended.returncode == -signal.SIGXCPU:
        raise Exhausted("time", f"takes more than {within.seconds:.0f} seconds of processor time")
    told = f": {ended.complaint}" if ended.complaint else ""
    raise HostError(f"{found.id}: the grading process ended with code {ended.returncode}{told}")
