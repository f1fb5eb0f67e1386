"""Logs with known outcomes, written without running anything."""

from __future__ import annotations

from pathlib import Path
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

from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.run.scoring import score_of
from mlebench_inspect.tasks import competition

# what stands for an outcome: a tier, or "n" a valid submission without a medal, "x" an invalid one, "-" none at all
OUTCOMES = {"g": "gold", "s": "silver", "b": "bronze"}


def graded(competition_id: str, letter: str, *, data: str = "real", revision: str = "v1") -> GradingReport:
    """A report with that outcome, from a score at the threshold."""
    found = competition(competition_id)
    worse = -1e12 if found.higher_is_better else 1e12
    score = getattr(found.thresholds, OUTCOMES[letter]) if letter in OUTCOMES else worse if letter == "n" else None
    error = {"x": "the header is wrong", "-": "there is no file"}.get(letter)
    return found.report(score, exists=letter != "-", error=error, data=data, revision=revision)  # type: ignore[arg-type]


def write_log(
    folder: Path,
    outcomes: dict[str, str],
    *,
    solver: str | None = None,
    model: str = "mockllm/model",
    data: str = "real",
    revision: str = "v1",
    task_id: str = "task",
    created: str = "2026-01-01T00:00:00+00:00",
    run_revision: str | None = None,
) -> Path:
    """A log with the outcomes of each competition, a letter for each seed; "!" is an error, "." was not run."""
    run_revision = run_revision or revision
    samples = []
    for competition_id, letters in outcomes.items():
        for epoch, letter in enumerate(letters, 1):
            if letter == ".":
                continue
            sample = EvalSample(id=competition_id, epoch=epoch, input="x", target="gold")
            if letter == "!":
                sample.error = EvalError(message="the sandbox did not start", traceback="", traceback_ansi="")
            else:
                report = graded(competition_id, letter, data=data, revision=revision)
                about: dict[str, Any] = {"seed": epoch, "task": task_id, "run_revision": run_revision}
                sample.scores = {"mlebench": score_of(report, competition(competition_id), about)}
            samples.append(sample)
    log = EvalLog(
        status="success",
        eval=EvalSpec(
            created=created,
            task="all",
            task_id=task_id,
            solver=solver,
            model=model,
            dataset=EvalDataset(samples=len(outcomes), sample_ids=list(outcomes)),
            config=EvalConfig(epochs=max(len(v) for v in outcomes.values())),
            metadata={"data": data, "revision": run_revision, "hardware": "8 CPUs"},
        ),
        plan=EvalPlan(steps=[EvalPlanStep(solver="mlebench_inspect/prepare_sample"), EvalPlanStep(solver="react")]),
        samples=samples,
    )
    path = folder / f"{created.replace(':', '-')}_{task_id}.eval"
    folder.mkdir(parents=True, exist_ok=True)
    write_eval_log(log, str(path))
    return path
