"""How far a setting's results go with how familiar its model is with the competitions."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mlebench_inspect._inspect import open_log
from mlebench_inspect.familiarity.measuring import MEASURES
from mlebench_inspect.reporting.differences import LEVEL, SEED
from mlebench_inspect.reporting.places import find_logs, first_line
from mlebench_inspect.reporting.records import ReportingError
from mlebench_inspect.reporting.summaries import Correlation, SettingReport
from mlebench_inspect.run.figures import population
from mlebench_inspect.run.plan import groups_of

RESAMPLES = 2000
LEAST = 4
"""Competitions below which no correlation is computed."""
_SCORER = "familiarity"


class Familiar(NamedTuple):
    """What one measure says of one model."""

    model: str
    measure: str
    values: Mapping[str, float]
    """By competition: the mean over its samples."""


def read_familiarity(places: Iterable[Path | str]) -> list[Familiar]:
    """What logs of the task `familiarity` tell, by model and measure: values of two measures are never put together.

    Raises:
        ReportingError: There is no such place, or no value in it.
    """
    places = list(places)
    found: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for location in find_logs(places):
        try:
            with open_log(location) as file:
                if _SCORER in (file.header.eval.metadata or {}):
                    for competition, measure, value in _values(file.summaries()):
                        found[file.header.eval.model, measure][competition].append(value)
        except Exception as ex:  # whatever reading a damaged file or a cloud's client raises
            raise ReportingError(f"{location}: cannot be read as a log: {first_line(ex)}") from ex
    if not found:
        told = ", ".join(map(str, places))
        raise ReportingError(f"no familiarity in {told}; run: inspect eval mlebench_inspect/familiarity --model MODEL")
    return [
        Familiar(model, measure, {c: math.fsum(v) / len(v) for c, v in values.items()})
        for (model, measure), values in sorted(found.items())
    ]


def _values(summaries: Iterable[Mapping[str, object]]) -> Iterable[tuple[str, str, float]]:
    """Competition, measure and value of each sample that has one."""
    for sample in summaries:
        scores = sample.get("scores")
        score = scores.get(_SCORER) if isinstance(scores, dict) else None
        if not isinstance(score, dict):
            continue
        measure, value = (score.get("metadata") or {}).get("measure"), score.get("value")
        if measure in MEASURES and isinstance(value, int | float) and math.isfinite(value):
            yield str(sample["id"]), measure, float(value)


def with_familiarity(reports: Sequence[SettingReport], found: Sequence[Familiar]) -> list[SettingReport]:
    """The reports, each with its correlations: with what was measured of its own model, else with all there is."""
    return [r.model_copy(update={"familiarity": _correlations(r, found)}) for r in reports]


def _correlations(report: SettingReport, found: Sequence[Familiar]) -> list[Correlation]:
    rows = {row.competition_id: row for row in report.per_competition}
    members = population({c: groups_of(c) for c in rows})
    medals = {c: rows[c].any_medal.mean for c in members if rows[c].any_medal.is_defined}
    percentiles = {c: p for c in members if (p := rows[c].percentile) is not None}
    own = [f for f in found if f.model == report.model] or found
    return [
        correlation(f, outcome, values, report.model)
        for f in own
        for outcome, values in (("any medal", medals), ("percentile", percentiles))
    ]


def correlation(found: Familiar, outcome: str, values: Mapping[str, float], model: str) -> Correlation:
    """Spearman's rank correlation of familiarity with an outcome, over the competitions that have both.

    Args:
        found: Familiarity.
        outcome: Its name.
        values: The outcome, mean over seeds, by competition.
        model: The runs' model.
    """
    shared = sorted(found.values.keys() & values.keys())
    pairs = [(found.values[c], values[c]) for c in shared]
    rho = spearman(pairs)
    low, high = (interval(pairs) or (None, None)) if rho is not None else (None, None)
    return Correlation(
        measure=found.measure,
        outcome=outcome,
        model=found.model,
        same_model=found.model == model,
        rho=rho,
        low=low,
        high=high,
        competitions=len(shared),
    )


def spearman(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's correlation of the ranks, equal values having their mean rank.

    Returns:
        None for less than four pairs, and where all values of one side are equal.
    """
    from scipy.stats import spearmanr

    if len(pairs) < LEAST or any(len(set(side)) < 2 for side in zip(*pairs, strict=True)):
        return None
    return float(spearmanr([x for x, _ in pairs], [y for _, y in pairs]).statistic)


def interval(pairs: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """The 95 % bootstrap interval over competitions: percentiles of 2,000 resamples, drawn with a fixed seed.

    Resamples in which all values of one side are equal have no correlation and are left out; None where these are over
    half of them. Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    import numpy as np
    from scipy.stats import rankdata

    rng = np.random.default_rng(SEED)
    drawn = np.array(pairs)[rng.integers(len(pairs), size=(RESAMPLES, len(pairs)))]
    ranks = rankdata(drawn, axis=1)
    apart = ranks - ranks.mean(axis=1, keepdims=True)
    x, y = apart[..., 0], apart[..., 1]
    spread = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    known = spread > 0
    if known.sum() * 2 < RESAMPLES:
        return None
    found = (x * y).sum(axis=1)[known] / spread[known]
    low, high = np.percentile(found, [(100 - LEVEL) / 2, (100 + LEVEL) / 2])
    return float(low), float(high)
