"""Logs with known outcomes, written without running anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from inspect_ai.log import (
    EvalConfig,
    EvalDataset,
    EvalLog,
    EvalPlan,
    EvalPlanStep,
    EvalSample,
    EvalSpec,
    write_eval_log,
)
from inspect_ai.log._log import EvalError
from inspect_ai.scorer import Score
from inspect_ai.util import Store

from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.run.grading import Unscored
from mlebench_inspect.run.identity import Identity, fields_of, noted_of
from mlebench_inspect.run.outcome import Ending, SubmissionRecord
from mlebench_inspect.run.plan import Plan
from mlebench_inspect.run.scoring import circumstances, score_of, unscored
from mlebench_inspect.tasks import competition

# what stands for an outcome: a tier, or "n" a valid submission without a medal, "x" an invalid one, "-" none at all,
# "c" none because the agent crashed, "!" no score because the setup failed, "?" an error of Inspect's and no score
OUTCOMES = {"g": "gold", "s": "silver", "b": "bronze"}
GIVEN = {"image_id": "sha256:1111", "cpus": 8.0, "memory": 34359738368, "network": "none"}
ANSWERS = "a" * 64
CAUSE = "the sandbox did not start"


def graded(competition_id: str, letter: str, *, data: str = "real", revision: str = "v1") -> GradingReport:
    """A report with that outcome, from a score at the threshold."""
    found = competition(competition_id)
    worse = -1e12 if found.higher_is_better else 1e12
    score = getattr(found.thresholds, OUTCOMES[letter]) if letter in OUTCOMES else worse if letter == "n" else None
    exists = letter not in "-c"
    error = None if letter in "gsbn" else "the header is wrong" if exists else "there is no file"
    return found.report(score, exists=exists, error=error, data=data, revision=revision)  # type: ignore[arg-type]


def write_log(
    folder: Path | str,
    outcomes: dict[str, str],
    *,
    solver: str | None = None,
    model: str = "mockllm/model",
    data: str = "real",
    revision: str = "v1",
    task_id: str = "task",
    created: str = "2026-01-01T00:00:00+00:00",
    run_revision: str | None = None,
    given: dict[str, Any] | None = None,
    answers: str | dict[str, str] = ANSWERS,
    cause: str = CAUSE,
    eval_set_id: str | None = None,
    packages: dict[str, str] | None = None,
    snapshots: Sequence[dict[str, Any]] | None = None,
    end: str | None = None,
    metadata: dict[str, Any] | None = None,
    **config: Any,
) -> str:
    """A log with the outcomes of each competition, a letter for each seed; "." was not run.

    Args:
        folder: A path or URL.
        outcomes: See `OUTCOMES`.
        solver: Default: the task's own.
        model: Name of the model.
        data: Kind of data.
        revision: That the samples are graded on.
        task_id: Identifies the run.
        created: When the log was made.
        run_revision: That the agents saw; default: `revision`.
        given: What the sandboxes were given; default: `GIVEN`.
        answers: SHA-256 of the answers, of all competitions or by competition.
        cause: Why "!" and "?" have no score.
        eval_set_id: Of the evaluation set.
        packages: Versions in the header.
        snapshots: Rows of graded ones, of each sample with a score.
        end: The agents' own name for how they ended.
        metadata: What else the header says of the task.
        config: Limits and the like.
    """
    about = {"data": data, "revision": run_revision or revision, "hardware": "8 CPUs", "provider": "docker"}
    about |= metadata or {}
    log = EvalLog(
        status="success",
        eval=EvalSpec(
            created=created,
            task="all",
            task_id=task_id,
            eval_set_id=eval_set_id,
            solver=solver,
            model=model,
            dataset=EvalDataset(samples=len(outcomes), sample_ids=list(outcomes)),
            config=EvalConfig(epochs=max(len(v) for v in outcomes.values()), **config),
            metadata=about,
            packages=packages or {},
        ),
        plan=EvalPlan(steps=[EvalPlanStep(solver="mlebench_inspect/prepare_sample"), EvalPlanStep(solver="react")]),
    )
    log.samples = []
    for competition_id, letters in outcomes.items():
        sums = answers if isinstance(answers, str) else answers.get(competition_id, ANSWERS)
        for epoch, letter in enumerate(letters, 1):
            if letter == ".":
                continue
            sample = EvalSample(id=competition_id, epoch=epoch, input="x", target="gold")
            if letter in "!?":
                sample.error = EvalError(message=cause, traceback="", traceback_ansi="")
            if letter == "c":
                sample.error = EvalError(message="KeyError: 'x'", traceback="", traceback_ansi="")
            if letter != "?":
                record = _record(log, letter, GIVEN if given is None else given, sums)
                record.ending.how = end
                state: Any = SimpleNamespace(epoch=epoch, metadata={**about, "competition": competition_id})
                meta = circumstances(state, record, competition(competition_id))
                sample.scores = {"mlebench": _score(meta, letter, data, revision, cause, snapshots)}
            log.samples.append(sample)
    path = f"{folder}/{created.replace(':', '-')}_all_{task_id}.eval"
    if "://" not in path:
        Path(folder).mkdir(parents=True, exist_ok=True)
    write_eval_log(log, path)
    return path


def _record(log: EvalLog, letter: str, given: dict[str, Any], answers: str) -> SubmissionRecord:
    record = SubmissionRecord(store=Store())
    if letter == "!":  # the setup did not come so far as to know of plan and identity
        return record
    identity = Identity(fields=fields_of(log, given), noted=noted_of(log.eval), data={"answers": answers})
    record.plan = Plan.of(log.eval).model_dump()
    record.identity, record.digest = identity.model_dump(mode="json"), identity.digest
    record.answers_sha256, record.started, record.seconds, record.time_limit = answers, 1.0, 60, 86400.0
    record.gpus = given.get("gpus", 0)
    record.outcome = "missing" if letter in "-c" else "taken"
    if letter == "c":
        record.ending = Ending(error="KeyError: 'x'", fault="agent")
    return record


def _score(
    about: dict[str, Any],
    letter: str,
    data: str,
    revision: str,
    cause: str,
    snapshots: Sequence[dict[str, Any]] | None,
) -> Score:
    found = competition(about["competition"])
    if letter == "!":
        return unscored(Unscored("setup_failed", cause), about)
    return score_of(graded(found.id, letter, data=data, revision=revision), found, about, snapshots)
