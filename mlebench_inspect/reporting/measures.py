"""Measures over a row's results that the log's figures do not hold: time, selection, cost.

All are over (competition, seed) pairs of one population, by competition and seed. A pair without a result, or whose
result has no score, never has a medal; nothing drops out of a denominator.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mlebench_inspect.reporting.records import Result
from mlebench_inspect.reporting.snapshots import turns_of
from mlebench_inspect.reporting.summaries import Figure, OverTime
from mlebench_inspect.run.figures import mean_and_sem

HOUR = 3600.0
Cells = Mapping[tuple[str, int], Result]


class Step(NamedTuple):
    """Whether a run would have had a medal from some moment on."""

    after: float
    """Seconds since it began."""
    medal: bool


def ended(result: Result) -> float:
    """Seconds after which a run's final submission stood: its length, at most its time limit; infinite if unknown."""
    known = [s for s in (result.seconds, result.time_limit) if s is not None]
    return min(known, default=math.inf)


def course(result: Result) -> list[Step]:
    """When a run's valid snapshots begin or cease to have a medal, by time, and at its end what its submission has.

    A snapshot that is invalid or could not be graded changes nothing: what was valid before it stands. Without
    snapshots, and before the first, there is nothing. A result without a score has none at all.
    """
    if result.report is None:
        return []
    end = ended(result)
    found = [Step(min(after, end), medal) for after, medal in turns_of(result.snapshots)]
    return [*found, Step(end, bool(result.report.any_medal))]


def horizon(results: Iterable[Result]) -> float:
    """T, seconds: the time limit, the longest of several; where a run has none, at least the longest run's length."""
    results = list(results)
    limits = [r.time_limit for r in results if r.time_limit is not None]
    free = [r.seconds for r in results if r.time_limit is None and r.seconds is not None]
    return max([*limits, *free], default=0.0)


def over_time(cells: Cells, competitions: Sequence[str], seeds: Sequence[int]) -> OverTime | None:
    """Medals over time of the pairs of `competitions` and `seeds`; None unless a run took snapshots.

    M(t) is the percentage of the pairs whose last valid snapshot at or before t has any medal; from its end on a run's
    final submission counts instead, so that M(T) is the plain figure. T is `horizon`. The area is that under M(t) from
    0 to T, divided by T, in percent. Denominator: all pairs; a pair without a score or snapshots has nothing yet.
    """
    pairs = {(c, s): cells.get((c, s)) for c in competitions for s in seeds}
    results = [r for r in pairs.values() if r is not None]
    limit = horizon(results)
    if not pairs or not limit or all(r.snapshots is None for r in results):
        return None
    courses = {pair: _within(limit, course(r)) for pair, r in pairs.items() if r is not None}
    won = _won(courses.values())
    without = kaplan_meier(_life(courses.get(pair, []), r, limit) for pair, r in pairs.items())
    moments = sorted({0.0, limit, *won, *without})
    shares = [100 * count / len(pairs) for count in _held(won, moments, 0.0)]
    spans = zip(moments, moments[1:], shares, strict=False)
    return OverTime(
        limit_hours=limit / HOUR,
        hours=[m / HOUR for m in moments],
        any_medal=shares,
        without_medal=list(_held(without, moments, 1.0)),
        area=math.fsum((end - start) * share for start, end, share in spans) / limit,
        selection_gap=selection_gap(courses, competitions, seeds),
    )


def _within(limit: float, steps: Iterable[Step]) -> list[Step]:
    return [Step(min(step.after, limit), step.medal) for step in steps]


def _life(steps: Sequence[Step], result: Result | None, limit: float) -> tuple[float, bool]:
    """The time to a run's first medal, and True; without one its time limit, else `limit`, and False."""
    first = next((step.after for step in steps if step.medal), None)
    if first is not None:
        return first, True
    return min((result.time_limit if result else None) or limit, limit), False


def _won(courses: Iterable[Sequence[Step]]) -> dict[float, float]:
    """How many runs have a medal, by the seconds from which on it is so many."""
    changes: Counter[float] = Counter()
    for steps in courses:
        before = False
        for after, medal in steps:
            changes[after] += medal - before
            before = medal
    count, found = 0, {}
    for moment in sorted(m for m, change in changes.items() if change):
        count += changes[moment]
        found[moment] = float(count)
    return found


def _held(steps: Mapping[float, float], moments: Iterable[float], value: float) -> Iterator[float]:
    """The value of a step function at each of its moments, which are in order; `value` before the first step."""
    for moment in moments:
        value = steps.get(moment, value)
        yield value


def kaplan_meier(lives: Iterable[tuple[float, bool]]) -> dict[float, float]:
    """Estimate of the share, 0 to 1, to which nothing has happened, by the times at which it falls.

    S(t) is the product, over the times t_i at or before t at which it happened, of 1 - d_i / n_i: d_i it happened to
    then, of n_i that were observed so far. Source: Kaplan and Meier, JASA 53 (1958), 457-481.

    Args:
        lives: For each how long it was observed, and whether it happened then (or the observation ended: censored).
            What is censored at a time was still at risk at that time.
    """
    lives = list(lives)
    happened, left = Counter(t for t, event in lives if event), Counter(t for t, _ in lives)
    at_risk, share, found = len(lives), 1.0, {}
    for moment in sorted(left):
        if happened[moment]:
            share *= 1 - happened[moment] / at_risk
            found[moment] = share
        at_risk -= left[moment]
    return found


def selection_gap(
    courses: Mapping[tuple[str, int], Sequence[Step]], competitions: Sequence[str], seeds: Sequence[int]
) -> Figure:
    """Percentage points of any medal that each run's best snapshot, chosen by the answers, has over its submission.

    M(best) - M(submitted): per seed over all competitions, then mean and standard error over seeds. The best is that of
    its valid snapshots and the submission itself, so the gap is never negative; a run without snapshots has none.
    """
    lost = {pair: any(s.medal for s in steps) and not steps[-1].medal for pair, steps in courses.items()}
    gaps = [100 * sum(lost.get((c, seed), False) for c in competitions) / len(competitions) for seed in seeds]
    mean, sem = mean_and_sem(gaps)
    return Figure(mean=mean, sem=sem, competitions=len(competitions))


class Spent(NamedTuple):
    """What results took, and what came of it; None where that is not known."""

    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    gpu_hours: float | None
    """Of all results: hours from a sample's start to its score, times the GPUs that its sandbox was given."""
    medals_per_100_dollars: float | None
    medals_per_gpu_hour: float | None


def spent(results: Sequence[Result]) -> Spent:
    """Tokens, GPU hours, and medals per money and GPU hours of these results, those without a score included.

    A medal is a (competition, seed) pair with any medal. Medals per 100 US dollars are known only if the cost is known
    of each result that used tokens; medals per GPU hour only if the length is known of each that had a GPU.
    """
    used = [r.usage for r in results if r.usage is not None]
    medals = sum(bool(r.report is not None and r.report.any_medal) for r in results)
    costs = [r.cost for r in results if r.tokens or r.cost is not None]
    lengths = [None if r.seconds is None else r.seconds * r.gpus / HOUR for r in results if r.gpus]
    hours = _total(lengths)
    return Spent(
        input_tokens=sum(u.input for u in used) if used else None,
        output_tokens=sum(u.output for u in used) if used else None,
        cached_tokens=sum(u.cached for u in used) if used else None,
        gpu_hours=hours,
        medals_per_100_dollars=_per(100.0 * medals, _total(costs)),
        medals_per_gpu_hour=_per(medals, hours),
    )


def _total(values: Sequence[float | None]) -> float | None:
    """Their sum; None if there are none, or one is not known."""
    known = [v for v in values if v is not None]
    return math.fsum(known) if known and len(known) == len(values) else None


def _per(medals: float, spent: float | None) -> float | None:
    return medals / spent if spent else None
