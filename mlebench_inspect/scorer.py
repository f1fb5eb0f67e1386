"""The scorer: takes the submission out, grades it on the host, reports the medal tier."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio.to_thread
from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import TaskState
from inspect_ai.util import sandbox

from mlebench_inspect.artifacts import (
    SubmissionRecord,
    find_kept,
    keep,
    log_folder,
    restore,
    sample_folder,
    sha256,
)
from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.grading import grade_submission
from mlebench_inspect.metrics import medals
from mlebench_inspect.sandboxes.extraction import Missing, Refused
from mlebench_inspect.sandboxes.provider import Provider, provider
from mlebench_inspect.service import stop_watching
from mlebench_inspect.snapshots import grade_snapshots, table
from mlebench_inspect.tasks import Competition, GradingError, competition

NAME = "mlebench"


@scorer(name=NAME, metrics=[medals()])
def mlebench_scorer(
    data_dir: str | None = None,
    data: str | None = None,
    revision: str | None = None,
    max_submission_bytes: int = 2 * 1024**3,
    max_artifact_bytes: int = 200 * 1024**2,
) -> Scorer:
    """Medal tier of the submission that lies in the sandbox, or beside the log when there is no sandbox any more.

    Args:
        data_dir: Data folder; default: MLEBENCH_DATA_DIR, else the user's cache folder.
        data: `real` or `miniature`; default: what the sample was run on.
        revision: Revision of the answers; default: what the sample was run on.
        max_submission_bytes: Larger submissions are invalid.
        max_artifact_bytes: Most bytes that are kept of each of the agent's folders for code and logs; 0 for none.
    """

    async def score(state: TaskState, target: Target) -> Score:
        found = competition(state.metadata["competition"])
        meta = state.metadata
        store = Store.open(data_dir, data or meta["data"], revision or meta["revision"])  # type: ignore[arg-type]
        if not store.is_prepared(found):
            raise GradingError(f"{found.id} is not prepared; run: {store.prepare_command([found.id])}")
        record = state.store_as(SubmissionRecord)
        with tempfile.TemporaryDirectory(prefix="mlebench-") as folder:
            file = Path(folder) / "submission.csv"
            await _fetch(state, record, file, max_submission_bytes, max_artifact_bytes)
            if file.exists():
                report = await grade_submission(found, file, store, max_bytes=max_submission_bytes)
            else:
                report = found.report(
                    None, exists=record.exists, error=record.problem, revision=store.revision, data=store.data
                )
        if not report.submission_exists and report.error is None:
            report.error = "the sample ended in an error before a submission could be taken out"
        report.submission_path = record.artifact or ""
        report.submission_sha256 = record.sha256
        snapshots = await grade_snapshots(state, found, store, report, max_bytes=max_submission_bytes)
        return score_of(report, found, {"seed": state.epoch, **_circumstances(state, record)}, snapshots)

    return score


def _circumstances(state: TaskState, record: SubmissionRecord) -> dict[str, Any]:
    """What a score must be read with: which run it is of, on what hardware, for how long."""
    return {
        "task": record.task,
        "hardware": state.metadata.get("hardware"),
        "provider": state.metadata.get("provider"),
        "seconds": record.seconds,
        "time_limit": record.time_limit,
        "run_revision": state.metadata.get("revision"),
    }


async def _fetch(state: TaskState, record: SubmissionRecord, file: Path, max_bytes: int, max_folder: int) -> None:
    """Puts the submission at `file`, and keeps a copy beside the log; says in `record` why if there is none."""
    try:
        sandbox()
    except ProcessLookupError:  # scoring a finished log: there is no sandbox, only what was kept
        if record.artifact is None:
            return
        kept = find_kept(record)
        if kept is None:
            raise GradingError(
                f"the kept submission {record.artifact} is missing; put it beside the log and set INSPECT_LOG_DIR"
            ) from None
        await anyio.to_thread.run_sync(restore, kept, file)
        return
    if not record.started:
        raise GradingError("the sample was not set up, so there is nothing to grade")
    record.seconds = round(time.time() - record.started)
    box = provider(state.metadata["provider"])
    stop_watching(record.handle)
    async with box.frozen(record.handle):
        await _take_submission(state, record, box, file, max_bytes)
        if max_folder:
            await _take_folders(state, record, box, max_folder)


async def _take_submission(
    state: TaskState, record: SubmissionRecord, box: Provider, file: Path, max_bytes: int
) -> None:
    try:
        record.size = await box.take_out(record.handle, box.paths.submission_file, file, max_bytes)
    except Refused as ex:
        record.exists = not isinstance(ex, Missing)
        record.problem = (
            f"there is no file {box.paths.submission_file}"
            if isinstance(ex, Missing)
            else f"{box.paths.submission_file} is refused: {ex}"
        )
        return
    record.exists = True
    record.sha256 = await anyio.to_thread.run_sync(sha256, file)
    folder = sample_folder(state)
    await anyio.to_thread.run_sync(keep, file, log_folder() / folder, "submission.csv")
    record.artifact = str(folder / "submission.csv.gz")


async def _take_folders(state: TaskState, record: SubmissionRecord, box: Provider, most: int) -> None:
    """Keeps the agent's code and logs beside the log. They decide no score: whatever fails is only noted."""
    folder = sample_folder(state)
    (log_folder() / folder).mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    for name, path in (("code", box.paths.code), ("logs", box.paths.logs)):
        artifact = folder / f"{name}.tar.gz"
        (log_folder() / artifact).unlink(missing_ok=True)
        try:
            taken = await box.take_folder(record.handle, path, log_folder() / artifact, most)
            found[name] = {"artifact": str(artifact), **asdict(taken)}
        except (Refused, OSError, RuntimeError) as ex:
            found[name] = {"problem": str(ex)}
    record.folders = found


def score_of(
    report: GradingReport, found: Competition, circumstances: dict[str, Any], snapshots: Sequence[dict[str, Any]] = ()
) -> Score:
    """The grading report as an Inspect score: figures as values, a table for people, the whole report as metadata."""
    value: dict[str, Any] = {
        "medal": report.medal,
        "score": report.score if report.score is not None else float("nan"),
        "percentile": report.percentile if report.percentile is not None else float("nan"),
        "any_medal": int(report.any_medal),
        "gold": int(report.gold_medal),
        "silver": int(report.silver_medal),
        "bronze": int(report.bronze_medal),
        "above_median": int(report.above_median),
        "valid": int(report.valid_submission),
        "made": int(report.submission_exists),
    }
    return Score(
        value=value,
        answer=_answer(report),
        explanation=explain(report, found) + (f"\n\n{table(snapshots, found.metric)}" if snapshots else ""),
        metadata={
            "competition": found.id,
            "complexity": found.complexity,
            "category": found.category,
            **circumstances,
            **report.model_dump(mode="json"),
            **({"snapshots": list(snapshots)} if snapshots else {}),
        },
    )


def _answer(report: GradingReport) -> str:
    """The verdict in one line, as it stands at the top of the sample's page."""
    if not report.submission_exists:
        return f"No submission: {_shortened(report.error)}"
    if not report.valid_submission:
        return f"Invalid submission: {_shortened(report.error)}"
    score = report.score if report.score is not None else report.score_note
    return f"{_TITLES[report.medal]}{_gap(report, ', ')} ({report.metric} {score})"


def _shortened(text: str | None, width: int = 160) -> str:
    text = " ".join((text or "").split())
    return text if len(text) <= width else text[: width - 3] + "..."


def explain(report: GradingReport, found: Competition) -> str:
    """A short markdown text: the verdict, and the score placed between the thresholds."""
    lines = []
    if report.data == "miniature":
        lines += ["**Miniature data**: generated, so this is no result and no comparison with people.", ""]
    if not report.valid_submission:
        verdict = "Invalid submission" if report.submission_exists else "No submission"
        return "\n".join([*lines, f"**{verdict}**, no medal: {report.error}"])
    direction = "higher" if found.higher_is_better else "lower"
    lines += [
        f"**{_TITLES[report.medal]}** with {found.metric} {report.score} ({direction} is better){_gap(report, '; ')}.",
        "",
    ]
    if report.score_note:
        lines += [report.score_note, ""]
    rows = [
        (name, getattr(report, f"{key}_threshold"))
        for name, key in (("gold", "gold"), ("silver", "silver"), ("bronze", "bronze"), ("median team", "median"))
    ]
    if report.score is not None:
        rows.append(("**this submission**", report.score))
        rows.sort(key=lambda r: (-r[1] if found.higher_is_better else r[1], r[0].startswith("**")))
    lines += [f"| place | {found.metric} |", "|---|---|", *(f"| {name} | {value:g} |" for name, value in rows)]
    if report.rank:
        lines += ["", f"Rank {report.rank} of {report.teams} human teams, better than {report.percentile:g} % of them."]
    return "\n".join(lines)


_TITLES = {"gold": "Gold medal", "silver": "Silver medal", "bronze": "Bronze medal", "none": "No medal"}


def _gap(report: GradingReport, comma: str) -> str:
    """How far the next tier is, after a comma; nothing where there is none."""
    if report.medal == "gold" or report.score is None:
        return ""
    following = {"silver": "gold", "bronze": "silver", "none": "bronze"}[report.medal]
    distance = abs(getattr(report, f"{following}_threshold") - report.score)
    return f"{comma}{distance:.5g} short of {following}"
