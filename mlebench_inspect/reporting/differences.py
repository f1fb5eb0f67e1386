"""How far two rows differ, over the (competition, seed) pairs that both have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from mlebench_inspect.reporting.rows import Row
from mlebench_inspect.reporting.summaries import Difference
from mlebench_inspect.run.figures import population
from mlebench_inspect.run.identity import digest
from mlebench_inspect.run.plan import TIERS, groups_of

if TYPE_CHECKING:
    import numpy as np

RESAMPLES, SEED = 10_000, 20_260_101
LEVEL = 95.0


def difference(row: Row, other: Row) -> Difference | None:
    """Any medal of a row against another's, pair by pair; None where they have no pair in common.

    points = 100 * mean over the pairs of (medal in `row` - medal in `other`), 0 or 1 each. The pairs are all
    (competition, seed) that both ran, of those competitions that figures of medals are over: what has no score counts
    as a failure, as in every figure; what one of the two did not run is no pair. The interval is `interval`.
    """
    shared = sorted(row.cells.keys() & other.cells.keys())
    groups = {c: groups_of(c) for c, _ in shared}
    members = {c for c in population(groups) if groups[c].get(TIERS) != "none"}
    shared = [pair for pair in shared if pair[0] in members]
    if not shared:
        return None
    gaps: dict[str, list[int]] = {}
    for pair in shared:
        gaps.setdefault(pair[0], []).append(_medal(row, pair) - _medal(other, pair))
    low, high = interval(gaps) or (None, None)
    points = 100 * sum(map(sum, gaps.values())) / len(shared)
    return Difference(
        title=row.title,
        against=other.title,
        points=points,
        low=low,
        high=high,
        pairs=len(shared),
        competitions=len(gaps),
        without_score=sum(row.cells[p].report is None or other.cells[p].report is None for p in shared),
    )


def _medal(row: Row, pair: tuple[str, int]) -> int:
    report = row.cells[pair].report
    return int(report is not None and bool(report.any_medal))


def interval(gaps: Mapping[str, Sequence[float]]) -> tuple[float, float] | None:
    """The 95 % bootstrap interval of the mean difference, in percentage points, clustered by competition.

    Each of 10,000 resamples, drawn with a fixed seed, takes as many competitions as there are, with replacement, and of
    each all its pairs: the pairs of one competition are no independent evidence. The interval reaches from the 2.5th to
    the 97.5th percentile of the resamples' means (sum of differences / number of pairs). Source: Efron and Tibshirani,
    An Introduction to the Bootstrap (1993), chapters 8 and 13.

    Args:
        gaps: Differences of the pairs, by competition, between -1 and 1.

    Returns:
        None for less than two competitions, which leave nothing to resample.
    """
    import numpy as np

    if len(gaps) < 2:
        return None
    sums = np.array([sum(g) for g in gaps.values()], dtype=float)
    counts = np.array([len(g) for g in gaps.values()], dtype=float)
    drawn = _drawn(len(gaps))
    means = 100 * (drawn @ sums) / (drawn @ counts)
    low, high = np.percentile(means, [(100 - LEVEL) / 2, (100 + LEVEL) / 2])
    return float(low), float(high)


@lru_cache(maxsize=4)
def _drawn(number: int) -> np.ndarray:
    """How often each of so many competitions is in each resample."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    return rng.multinomial(number, np.full(number, 1 / number), size=RESAMPLES).astype(float)


def differences(rows: Sequence[Row]) -> list[Difference]:
    """The difference of each row against each row before it."""
    pairs = ((row, other) for place, row in enumerate(rows) for other in rows[:place])
    return [found for row, other in pairs if (found := difference(row, other))]


def between_revisions(row: Row, rows: Iterable[Row]) -> dict[str, Difference]:
    """v1 - v2: a row of v1 against those of v2 that were run with the same things, by the name of their revision."""
    if row.setting.revision != "v1":
        return {}
    told = {}
    for other in rows:
        same = other.setting._replace(revision="v1") == row.setting and _alike(row, other)
        if same and other.setting.revision.startswith("v2") and other.setting.revision not in told:
            found = difference(row, other)
            if found:
                on = other.setting.revision
                told[on] = found.model_copy(update={"title": f"{row.title} on v1", "against": f"on {on}"})
    return told


def _alike(row: Row, other: Row) -> bool:
    """Whether nothing but the revision tells apart what two rows were run with."""
    return digest(row.fields, ("revision",)) == digest(other.fields, ("revision",))
