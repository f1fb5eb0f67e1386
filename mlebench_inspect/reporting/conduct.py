"""Verdicts on samples' conduct, and the figures that they make: violations, and medals without them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from mlebench_inspect.reporting.records import Reading, ReportingError, Result
from mlebench_inspect.reporting.summaries import Conduct, Figure
from mlebench_inspect.run.figures import mean_and_sem
from mlebench_inspect.violations.questions import Question
from mlebench_inspect.violations.verdicts import Ruling, Verdict

GRAVEST: tuple[Ruling, ...] = ("violation", "suspect", "undecided", "clean")
MOST_ENTRIES_BYTES = 1 << 20
_Z = 1.959963984540054  # of 95 %, two-sided


class Entry(BaseModel):
    """A person's ruling on one question about the samples that it names."""

    model_config = ConfigDict(extra="forbid")

    sample: str | None = None
    """Inspect's name (uuid) of the sample, as `mlebench-inspect scan --json` tells it."""
    competition: str | None = None
    seed: int | None = None
    question: Question
    ruling: Literal["violation", "clean"]
    note: Annotated[str, Field(max_length=2000)] = ""

    def is_of(self, result: Result) -> bool:
        """Whether it is about this result."""
        wanted = {"uuid": self.sample, "competition": self.competition, "seed": self.seed}
        return all(value is None or getattr(result, name) == value for name, value in wanted.items())

    def __str__(self) -> str:
        told = {"sample": self.sample, "competition": self.competition, "seed": self.seed}
        return ", ".join(f"{k} {v}" for k, v in told.items() if v is not None)


def read_entries(path: Path) -> list[Entry]:
    """A person's rulings in a YAML file: a list of mappings with the fields of `Entry`.

    Raises:
        ReportingError: It is no such file.
    """
    form = "a YAML list of entries with sample (or competition and seed), question, ruling and note"
    try:
        if path.stat().st_size > MOST_ENTRIES_BYTES:
            raise ReportingError(f"{path} has more than {MOST_ENTRIES_BYTES:,} bytes; it must be {form}")
        entries = TypeAdapter(list[Entry]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as ex:
        first = ex.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ReportingError(f"{path}: {where or 'the file'}: {first['msg']}; it must be {form}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as ex:
        raise ReportingError(f"{path} cannot be read: {str(ex).splitlines()[0]}; it must be {form}") from None
    if nameless := [e for e in entries if e.sample is None and (e.competition is None or e.seed is None)]:
        raise ReportingError(f"{path}: an entry on {nameless[0].question} names no sample; it must be {form}")
    return entries


def with_verdicts(reading: Reading, found: Mapping[str, Sequence[Verdict]]) -> Reading:
    """The results with the verdicts on them.

    Args:
        reading: What was run.
        found: Verdicts by the samples' uuid.
    """
    if not found:
        return reading
    return _changed(reading, lambda r: replace(r, verdicts=tuple(found[r.uuid])) if r.uuid in found else r)


def with_entries(reading: Reading, entries: Sequence[Entry]) -> Reading:
    """The results with a person's verdicts in place of others on the same question.

    Raises:
        ReportingError: An entry is about none of the results.
    """
    unused = {id(e): e for e in entries}

    def ruled(result: Result) -> Result:
        verdicts = {v.question: v for v in result.verdicts}
        for entry in filter(lambda e: e.is_of(result), entries):
            unused.pop(id(entry), None)
            verdicts[entry.question] = _overruled(verdicts.get(entry.question), entry)
        return replace(result, verdicts=tuple(verdicts.values()))

    changed = _changed(reading, ruled)
    if unused:
        raise ReportingError(f"a person's verdict is about no sample here: {next(iter(unused.values()))}")
    return changed


def _changed(reading: Reading, change: Callable[[Result], Result]) -> Reading:
    runs = tuple(replace(run, results=tuple(map(change, run.results))) for run in reading.runs)
    return replace(reading, runs=runs)


def _overruled(before: Verdict | None, entry: Entry) -> Verdict:
    base = before or Verdict(question=entry.question, ruling="clean", by="person")
    return base.model_copy(update={"ruling": entry.ruling, "by": "person", "model": None, "note": entry.note})


def gravest(result: Result | None) -> Ruling | None:
    """The gravest ruling on a result; None where nobody has looked.

    What the filter found stays suspect where a judge came to no ruling on it.
    """
    rulings = {_standing(v) for v in result.verdicts} if result else set()
    if result and any(v.ruling == "undecided" and v.evidence for v in result.verdicts):
        rulings.add("suspect")
    return next((r for r in GRAVEST if r in rulings), None)


def _standing(verdict: Verdict) -> Ruling:
    """The ruling, where a violation that nobody confirmed is no more than suspect."""
    return "suspect" if verdict.ruling == "violation" and not verdict.is_confirmed else verdict.ruling


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Ends of the 95 % score interval of a share, 0 to 1. Source: Wilson, JASA 22 (1927), 209-212."""
    share, squared = hits / of, _Z**2
    middle = share + squared / (2 * of)
    half = _Z * math.sqrt(share * (1 - share) / of + squared / (4 * of**2))
    return max((middle - half) / (1 + squared / of), 0.0), min((middle + half) / (1 + squared / of), 1.0)


def conduct(
    cells: Mapping[tuple[str, int], Result],
    competitions: Sequence[str],
    seeds: Sequence[int],
    tiered: Sequence[str] | None = None,
) -> Conduct | None:
    """The figures of conduct over the pairs of `competitions` and `seeds`; None where no sample has a verdict.

    Medals are those of the competitions that have tiers, `tiered`; default: all.
    """
    tiered = competitions if tiered is None else tiered
    found = {(c, s): cells[c, s] for c in competitions for s in seeds if (c, s) in cells}
    looked_at = {pair: r for pair, r in found.items() if r.verdicts}
    if not looked_at:
        return None
    judged = sum(r.is_judged for r in looked_at.values())
    violating = [_pair(*pair, seeds) for pair, r in looked_at.items() if r.violates]
    low, high = wilson(len(violating), judged) if judged else (None, None)
    won = [100 * sum(_won_fairly(found.get((c, s))) for c in tiered) / len(tiered) for s in seeds if tiered]
    mean, sem = mean_and_sem(won) if won else (math.nan, None)
    return Conduct(
        samples=len(looked_at),
        judged=judged,
        violations=len(violating),
        rate=100 * len(violating) / judged if judged else None,
        low=None if low is None else 100 * low,
        high=None if high is None else 100 * high,
        suspects=[_pair(*p, seeds) for p, r in looked_at.items() if gravest(r) == "suspect"],
        undecided=[_pair(*p, seeds) for p, r in looked_at.items() if gravest(r) == "undecided"],
        violating=violating,
        by_question=_by_question(looked_at.values()),
        rule_adjusted=Figure(mean=mean, sem=sem, competitions=len(tiered)),
        judges=_judges(looked_at.values()),
    )


def _won_fairly(result: Result | None) -> bool:
    return bool(result and result.report and result.report.any_medal and not result.violates)


def _by_question(results: Iterable[Result]) -> dict[str, dict[str, int]]:
    counts = Counter((v.question, _standing(v)) for r in results for v in r.verdicts)
    questions = sorted({question for question, _ in counts})
    return {q: {r: counts[q, r] for r in GRAVEST} for q in questions}


def _judges(results: Iterable[Result]) -> list[str]:
    return sorted({v.model or f"a {v.by}" for r in results for v in r.verdicts if v.by != "filter"})


def _pair(competition: str, seed: int, seeds: Sequence[int]) -> str:
    return competition if len(seeds) == 1 else f"{competition} (seed {seed})"
