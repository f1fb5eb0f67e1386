"""What is said once, on stderr, when a run ends and some of its samples came to nothing."""

from __future__ import annotations

from collections import Counter
from functools import cache

import click
from inspect_ai.hooks import Hooks, RunEnd, SampleStart, hooks

from mlebench_inspect._inspect import running
from mlebench_inspect.reporting.logs import NoLog, read_run
from mlebench_inspect.reporting.records import Result

MOST_TEXT = 300


@cache
def speak_at_the_end() -> None:
    """Registers the hook, once in a process.

    Done when a task is built, and not before: Inspect would name the hook at the start of everybody's evaluations.
    """
    hooks(name="mlebench_closing", description="Says at the end of a run which samples have no score, and why")(Closing)


class Closing(Hooks):
    """Speaks of each log of a run."""

    def __init__(self) -> None:
        self._begun: dict[str, dict[str, None]] = {}
        """Logs by run: of one that is interrupted, Inspect tells none at its end."""

    async def on_sample_start(self, data: SampleStart) -> None:
        """Called by Inspect when a sample begins."""
        now = running()
        if now is not None and now.log_location:
            self._begun.setdefault(data.run_id, {})[now.log_location] = None

    async def on_run_end(self, data: RunEnd) -> None:
        """Called by Inspect when all tasks of a run have ended."""
        begun = self._begun.pop(data.run_id, {})
        interrupted = not data.logs
        for location in begun if interrupted else [log.location for log in data.logs]:
            try:
                runs = read_run(location)
            except NoLog:  # of another benchmark
                continue
            results = [result for run in runs for result in run.results]
            planned = max(len(run.competitions) * run.seeds for run in runs)
            told = interrupted_words(results, planned, location) if interrupted else closing_words(results, location)
            if told:
                click.secho(f"\nmlebench_inspect: {told}", fg="red", bold=True, err=True)


_REGRADED = {"answers_missing", "answers_changed", "artifact_missing", "grader_failed", "not_scored"}
"""Why there is no score though the submission was kept, so that no sample need run again."""


def closing_words(results: list[Result], location: str) -> str | None:
    """One line on what went wrong in a run; None if all is well.

    Args:
        results: Of all samples of the log.
        location: Of the log.
    """
    without = [r for r in results if r.status == "unscored"]
    count = f"{len(without)} of {len(results)} samples have no score"
    again = f"score {location} --scorer mlebench_inspect/mlebench --action overwrite --overwrite"
    retry = f"then run: inspect {again if {r.reason for r in without} <= _REGRADED else f'eval-retry {location}'}"
    if without and len({(r.reason, r.cause) for r in without}) == 1:
        alike = ", all for the same reason" if len(without) > 1 else ""
        nothing = "; the figures of this run say nothing" if len(without) == len(results) else ""
        return f"{count}{alike} ({without[0].reason}: {_short(without[0].cause)}){nothing}; mend that, {retry}"
    if without:
        return f"{count} ({_counted(without)}); mend that, {retry}"
    if len(results) > 1 and len({r.reason for r in results}) == 1 and not any(_is_valid(r) for r in results):
        said = {r.cause or r.report.error for r in results if r.report}
        cause = f": {_short(said.pop())}" if len(said) == 1 else ""
        return f"all {len(results)} samples ended without a valid submission, alike ({results[0].reason}{cause})"
    return None


def interrupted_words(results: list[Result], planned: int, location: str) -> str:
    """One line on how to go on with a run that was interrupted.

    Args:
        results: Of the samples that had begun.
        planned: How many samples the run has.
        location: Of the log.
    """
    done = sum(r.status == "scored" for r in results)
    return f"interrupted: {done} of {planned} samples have a score; to go on, run: inspect eval-retry {location}"


def _is_valid(result: Result) -> bool:
    return result.report is not None and result.report.valid_submission


def _counted(results: list[Result]) -> str:
    return ", ".join(f"{reason} {n}" for reason, n in Counter(r.reason for r in results).most_common())


def _short(text: str | None) -> str:
    line = " ".join((text or "no cause is known").split())
    return line if len(line) <= MOST_TEXT else f"{line[: MOST_TEXT - 3]}..."
