"""The scorer: has the submission taken out, graded against the answers, and reports the medal tier."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import anyio.to_thread
from inspect_ai.log import transcript
from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import TaskState
from inspect_ai.util import sandbox

from mlebench_inspect._inspect import prerequisite_error
from mlebench_inspect.data.recipes import folder_digest
from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.plain import as_markdown, one_line
from mlebench_inspect.run import compact
from mlebench_inspect.run.figures import medals
from mlebench_inspect.run.grading import Unscored, grade_outcome
from mlebench_inspect.run.identity import answers_digest
from mlebench_inspect.run.outcome import PAUSES_AT_THE_END, SubmissionRecord, ending_of, take_out
from mlebench_inspect.run.search_score import SearchScores, summary
from mlebench_inspect.run.snapshots import grade_snapshots, table
from mlebench_inspect.tasks import CatalogueError, Competition, competition, own

NAME, FAULTS = "mlebench", "mlebench_faults"
NO_TIERS = "undefined"
"""In the place of a tier where the competition has none."""
MAX_SUBMISSION, MAX_FOLDER = 2 * 1024**3, 200 * 1024**2
_NUMBERS = ("score", "percentile", "any_medal", "gold", "silver", "bronze", "above_median", "valid", "made")


@scorer(name=NAME, metrics=[medals()])
def mlebench_scorer(
    data_dir: str | None = None,
    data: str | None = None,
    revision: str | None = None,
    max_submission_bytes: int = MAX_SUBMISSION,
    max_artifact_bytes: int = MAX_FOLDER,
    accept_answers: bool = False,
    competitions_dir: str | None = None,
) -> Scorer:
    """Medal tier of the submission that lies in the sandbox, or beside the log when there is no sandbox any more.

    Whatever is no fault of the agent's leaves a sample without score: its values are NaN, its reason says why.

    Args:
        data_dir: Data folder; default: MLEBENCH_DATA_DIR, else the user's cache folder.
        data: `real` or `miniature`; default: what the sample was run on.
        revision: Revision of the answers; default: what the sample was run on.
        max_submission_bytes: Larger submissions are invalid.
        max_artifact_bytes: Most bytes that are kept of each of the agent's folders for code and logs; 0 for none.
        accept_answers: Grade against the answers that are there, even if they are not those that the run began with.
        competitions_dir: Folder of competitions of one's own, as the task has it.
    """
    if competitions_dir is not None:
        with contextlib.suppress(ValueError):  # a competition that is missed is told of where it is graded
            own.add(competitions_dir)

    async def score(state: TaskState, target: Target) -> Score:
        found, meta = _known(state.metadata["competition"]), state.metadata
        store = Store.open(data_dir, data or meta["data"], revision or meta["revision"])  # type: ignore[arg-type]
        record = state.store_as(SubmissionRecord)
        if is_live():
            await take_out(state, max_bytes=max_submission_bytes, max_folder=max_artifact_bytes)
        elif record.outcome == "never_taken":
            record.ending = ending_of(transcript().events)
        about = circumstances(state, record, found)
        if found.is_own:  # the built-in ones are those of the package's version
            about["folder_digest"] = await anyio.to_thread.run_sync(folder_digest, found.folder)
        try:
            if record.model_refused:
                raise Unscored("no_isolation", record.model_refused)
            report = await grade_outcome(
                record, found, store, max_bytes=max_submission_bytes, accept_answers=accept_answers
            )
            snapshots = await grade_snapshots(state, found, store, report, max_bytes=max_submission_bytes)
        except Unscored as ex:
            return unscored(ex, about)
        if record.outcome == "taken":  # other answers may have been accepted
            about["answers_sha256"] = await anyio.to_thread.run_sync(answers_digest, store.private(found))
        return score_of(report, found, about, snapshots)

    return score


def _known(competition_id: str) -> Competition:
    """The competition; where a log is scored that has another, one line ends the command."""
    try:
        return competition(competition_id)
    except CatalogueError as ex:
        if is_live():
            raise
        raise prerequisite_error(str(ex)) from None


@scorer(name=FAULTS, metrics=[])
def mlebench_faults() -> Scorer:  # inspect-evals-lint: ignore[IETS006] -- tests/test_faults.py runs the task with it
    """Makes a sample that has no score an error of the run, so that `eval-set` and `eval-retry` run it again.

    A score that says why stays beside the error, which a scorer that raises itself could not leave.
    """

    async def score(state: TaskState, target: Target) -> Score | None:
        found = (state.scores or {}).get(NAME)
        if found is None or not is_unscored(found) or not is_live():
            return None
        if not state.store_as(SubmissionRecord).ending.error:  # else it is an error already
            raise RuntimeError(f"{state.sample_id} has no score: {cause_of(found)}")
        return None

    return score


def cleanup(max_submission_bytes: int, max_artifact_bytes: int):  # type: ignore[no-untyped-def]
    """What Inspect calls last in every sample that has a sandbox: takes out where no scorer did, as after Ctrl-C."""

    async def clean(state: TaskState) -> None:
        await take_out(state, max_bytes=max_submission_bytes, max_folder=max_artifact_bytes, pauses=PAUSES_AT_THE_END)

    return clean


def is_live() -> bool:
    """Whether there is a sandbox, so that this is no scoring of a finished log."""
    try:
        sandbox()
    except ProcessLookupError:
        return False
    return True


def is_unscored(score: Score) -> bool:
    """Whether a score of this benchmark stands for none."""
    return isinstance(score.value, dict) and score.value.get("medal") == "unscored"


def cause_of(score: Score) -> str:
    """Why a score stands for none."""
    return str((score.metadata or {}).get("error") or score.explanation)


def circumstances(state: TaskState, record: SubmissionRecord, found: Competition) -> dict[str, Any]:
    """What a score must be read with: which run it is of, on what, for how long, and how it ended."""
    identity = record.identity
    return {
        "competition": found.id,
        "complexity": found.complexity,
        "category": found.category,
        "seed": state.epoch,
        "plan": record.plan,
        "task": record.plan.get("task", ""),
        "identity": record.digest,
        "given": {k[6:]: v for k, v in identity.get("fields", {}).items() if k.startswith("given_")},
        "run_identity": identity,
        "answers_sha256": record.answers_sha256,
        "outcome": record.outcome,
        "artifact": record.artifact,
        "submission_sha256": record.sha256,
        "ending": record.ending.model_dump(exclude_none=True),
        "hardware": state.metadata.get("hardware"),
        "provider": state.metadata.get("provider"),
        "seconds": record.seconds,
        "time_limit": record.time_limit,
        "gpus": record.gpus,
        "run_revision": state.metadata.get("revision"),
        "run_data": state.metadata.get("data"),
        "leaks": found.leaks_in(state.metadata.get("revision", "v1")),
        **_search(state),
    }


def _search(state: TaskState) -> dict[str, Any]:
    share = state.metadata.get("search_score")
    return {} if share is None else summary(share, state.store_as(SearchScores))


def unscored(fault: Unscored, about: dict[str, Any]) -> Score:
    """A score that stands for none, so that it counts in denominators and its plan is known to the metrics."""
    return Score(
        value={"medal": "unscored", **{k: float("nan") for k in _NUMBERS}},
        answer=f"No score: {_shortened(fault.cause)}",
        explanation=as_markdown(fault.cause),
        reason=fault.reason,
        metadata={**about, "unscored": fault.reason, "error": fault.cause},
    )


def score_of(
    report: GradingReport,
    found: Competition,
    circumstances: dict[str, Any],
    snapshots: Sequence[dict[str, Any]] | None = None,
) -> Score:
    """The grading report as an Inspect score: figures as values, a table for people, the whole report as metadata."""
    value: dict[str, Any] = {
        "medal": report.medal or NO_TIERS,
        "score": report.score if report.score is not None else float("nan"),
        "percentile": percentile_of(report, found),
        "any_medal": _counted(report.any_medal),
        "gold": _counted(report.gold_medal),
        "silver": _counted(report.silver_medal),
        "bronze": _counted(report.bronze_medal),
        "above_median": _counted(report.above_median),
        "valid": int(report.valid_submission),
        "made": int(report.submission_exists),
    }
    return Score(
        value=value,
        answer=_answer(report),
        explanation=explain(report, found) + (f"\n\n{table(snapshots, found.metric)}" if snapshots else ""),
        reason=reason_of(report, circumstances),
        metadata={
            **circumstances,
            **report.model_dump(mode="json"),
            **({} if snapshots is None else {"snapshots": list(snapshots), **compact.packed(snapshots)}),
        },
    )


def _counted(outcome: bool | None) -> float:
    """1 or 0; NaN where it is undefined, since the competition has no medal tiers."""
    return float("nan") if outcome is None else int(outcome)


def percentile_of(report: GradingReport, found: Competition) -> float:
    """Percent of the human teams beaten, and half of those tied; 0 without a valid submission, NaN without a board."""
    if report.percentile is not None:
        return report.percentile
    return 0.0 if found.has_leaderboard else float("nan")


def reason_of(report: GradingReport, circumstances: dict[str, Any]) -> str | None:
    """What was out of the ordinary, in a word.

    A crash comes before all else. Why there is no submission: a limit came first, the model refused, or, as
    `no_submission`, the agent ended its run by itself. What is wrong with a submission comes before a limit.
    """
    ending = circumstances.get("ending") or {}
    if ending.get("fault") == "agent":
        return "agent_crashed"
    if ending.get("fault") == "cancelled":
        return "cancelled"
    limit = f"{ending['limit']}_limit" if ending.get("limit") else None
    if not report.submission_exists:
        return limit or ("model_refused" if ending.get("refused") else "no_submission")
    if not report.valid_submission:
        return "submission_refused" if circumstances.get("outcome") == "refused" else "invalid_submission"
    return limit


def _answer(report: GradingReport) -> str:
    """The verdict in one line, as it stands at the top of the sample's page.

    The viewer's list has room for some 25 characters of it, beside the tier, so what that does not tell comes first.
    """
    if not report.submission_exists:
        return f"No submission: {_shortened(report.error)}"
    if not report.valid_submission:
        return f"Invalid: {_shortened(report.error)}"
    score = report.score if report.score is not None else report.score_note
    return f"{report.gap or report.title} ({report.metric} {score})"


def _shortened(text: str | None, width: int = 160) -> str:
    text = one_line(text or "")
    return as_markdown(text if len(text) <= width else text[: width - 3] + "...")


def explain(report: GradingReport, found: Competition) -> str:
    """A short markdown text: the verdict, and the score placed between the thresholds."""
    lines = []
    if report.data == "miniature":
        lines += ["**Miniature data**: generated, so this is no result and no comparison with people.", ""]
    if not report.valid_submission:
        verdict = "Invalid submission" if report.submission_exists else "No submission"
        verdict = f"**{verdict}**" + (", no medal" if report.has_tiers else "")
        return "\n".join([*lines, f"{verdict}: {as_markdown(report.error or 'no reason is given')}"])
    direction = "higher" if found.higher_is_better else "lower"
    gap = f"; {report.gap}" if report.gap else ""
    lines += [f"**{report.title}** with {found.metric} {report.score} ({direction} is better){gap}.", ""]
    notes = [as_markdown(note) for note in (report.score_note, report.notice) if note]
    lines += [text for note in [*notes, _rows(report)] if note for text in (note, "")]
    if not report.has_tiers:
        return "\n".join([*lines, "This competition has no medal tiers."])
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


def _rows(report: GradingReport) -> str | None:
    """How much of the test set the score is of, where the submission chose that; nothing elsewhere."""
    counted, rows = report.rows_counted, report.rows_to_predict
    if counted is None or not rows:
        return None
    share = f"{counted:,} rows, {counted / rows:.1%} of the {rows:,} to predict"
    return f"The score is of {share}: this competition's grader lets a submission choose."
