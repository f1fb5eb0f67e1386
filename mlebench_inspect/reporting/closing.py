"""What is said once, on stderr, when a run ends and some of its samples came to nothing."""

from __future__ import annotations

from collections import Counter
from functools import cache

import click
from inspect_ai.hooks import Hooks, RunEnd, hooks

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

    async def on_run_end(self, data: RunEnd) -> None:
        """Called by Inspect when all tasks of a run have ended."""
        for log in data.logs:
            try:
                results = [result for run in read_run(log.location) for result in run.results]
            except NoLog:  # of another benchmark
                continue
            if told := closing_words(results, log.location):
                click.secho(f"\nmlebench_inspect: {told}", fg="red", bold=True, err=True)


def closing_words(results: list[Result], location: str) -> str | None:
    """One line on what went wrong in a run; None if all is well.

    Args:
        results: Of all samples of the log.
        location: Of the log.
    """
    without = [r for r in results if r.status == "unscored"]
    count = f"{len(without)} of {len(results)} samples have no score"
    retry = f"then run: inspect eval-retry {location}"
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


def _is_valid(result: Result) -> bool:
    return result.report is not None and result.report.valid_submission


def _counted(results: list[Result]) -> str:
    return ", ".join(f"{reason} {n}" for reason, n in Counter(r.reason for r in results).most_common())


def _short(text: str | None) -> str:
    line = " ".join((text or "no cause is known").split())
    return line if len(line) <= MOST_TEXT else f"{line[: MOST_TEXT - 3]}..."
