"""Results, runs and reports of letters, made without a log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.records import Reading, Result, RunRecord, Snapshot
from mlebench_inspect.reporting.summaries import SettingReport
from mlebench_inspect.tasks import competition

HOUR = 3600.0


def graded(
    competition_id: str, letter: str | float, *, data: str = "real", revision: str = "v1", error: str | None = None
) -> GradingReport:
    """A report: `g`, `s`, `b` a tier, `n` none, `x` invalid, `-` no submission; or of a score."""
    found = competition(competition_id)
    if isinstance(letter, float):
        score: float | None = letter
    else:
        assert found.thresholds
        tiers = {"g": found.thresholds.gold, "s": found.thresholds.silver, "b": found.thresholds.bronze}
        score = {**tiers, "n": -1e12 if found.higher_is_better else 1e12}.get(letter)
    told = error or (None if score is not None else "column 'a' missing; the header must hold a")
    return found.report(score, exists=letter != "-", error=told, data=data, revision=revision)  # type: ignore[arg-type]


def result(competition_id: str, seed: int, letter: str | float, **options: Any) -> Result:
    """A result; `?` has no score. `snapshots` are hours and letters; `hours` its length."""
    taken = options.pop("snapshots", None)
    kind = {k: options.pop(k) for k in ("data", "revision", "error") if k in options}
    if "hours" in options:
        options["seconds"] = options.pop("hours") * HOUR
    if taken is not None:
        options["snapshots"] = tuple(
            Snapshot(after * HOUR, None if each == "?" else graded(competition_id, each)) for after, each in taken
        )
    options.setdefault("fields", {"solver": "react", "model": "a/b"})
    if letter == "?":
        return Result(competition_id, seed, "unscored", reason="setup_failed", cause="no disk", **options)
    return Result(competition_id, seed, "scored", report=graded(competition_id, letter, **kind), **options)


def run(results: Sequence[Result], *, planned: Sequence[str] = (), seeds: int | None = None, **about: Any) -> RunRecord:
    options: dict[str, Any] = {
        "task": "t",
        "group": "t",
        "data": "real",
        "revision": "v1",
        "created": "2026-01-01T00:00:00+00:00",
    }
    options |= {"noted": {}, "hardware": None, **about}
    return RunRecord(
        competitions=tuple(planned) or tuple(dict.fromkeys(r.competition for r in results)),
        seeds=seeds or max(r.seed for r in results),
        fields=dict(results[0].fields),
        results=tuple(results),
        **options,
    )


def one(results: Sequence[Result], **options: Any) -> SettingReport:
    (found,) = report(Reading((run(results, **options),)))
    return found
