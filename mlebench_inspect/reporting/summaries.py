"""The figures of one row, and what a reader must know beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, field_serializer

from mlebench_inspect.graders.leaderboard import MedalTier
from mlebench_inspect.reporting.records import Setting
from mlebench_inspect.run.instructions import duration
from mlebench_inspect.tasks import APART, competitions, split_ids

SeedRule = Literal["padded", "complete"]
LEVELS = ("low", "medium", "high", "all")
OUTCOMES = {
    "gold": "gold",
    "silver": "silver",
    "bronze": "bronze",
    "above_median": "above median",
    "valid": "valid",
    "made": "made",
}
"""What is reported beside any medal, with its heading."""


class Figure(BaseModel):
    """A percentage: mean over seeds, and the standard error of the mean (ddof 1), which one seed does not have.

    Over no competitions it is undefined: its mean is NaN, in JSON null.
    """

    mean: Annotated[float, BeforeValidator(lambda v: math.nan if v is None else v)]
    sem: float | None
    competitions: int

    @property
    def is_defined(self) -> bool:
        """Whether it is of any competition."""
        return not math.isnan(self.mean)

    @field_serializer("mean", when_used="json")
    def _plain_mean(self, mean: float) -> float | None:
        return None if math.isnan(mean) else mean

    def __str__(self) -> str:
        if not self.is_defined:
            return "–"
        return f"{self.mean:.2f} ± {'–' if self.sem is None else f'{self.sem:.2f}'}"


UNDEFINED = Figure(mean=math.nan, sem=None, competitions=0)


class CompetitionRow(BaseModel):
    """One competition over all seeds."""

    competition_id: str
    complexity: str
    category: str
    metric: str
    is_lower_better: bool
    outcomes: list[str]
    """By seed: a tier (`valid` without medal tiers), `invalid`, `no submission`, `unscored` or `not run`."""
    reasons: list[str | None]
    """By seed: what was out of the ordinary, in a word."""
    scores: list[float | None]
    percentiles: list[float | None]
    limits: list[str | None]
    ends: list[str | None] = []
    """By seed: what ended the agent's work, in a word."""
    tokens: list[int | None]
    costs: list[float | None]
    seconds: list[float | None]
    best_tier: MedalTier | None
    """None without medal tiers."""
    any_medal: Figure
    input_tokens: list[int | None] = []
    output_tokens: list[int | None] = []
    cached_tokens: list[int | None] = []
    conduct: list[str | None] = []
    """By seed, the gravest ruling of all questions: `violation`, `suspect`, `undecided`, `clean`; None without any."""
    normalised: list[float | None] = []
    """By seed: 0 at the sample submission's score, 1 at the gold threshold, not clipped."""
    percentile: float | None
    """Mean over seeds, 0 for one without a valid submission or without a score; None without a published board."""


class Difference(BaseModel):
    """Any medal of one row against another, over the (competition, seed) pairs that both have."""

    title: str
    against: str
    points: float
    """Percentage points: mean over the pairs."""
    low: float | None
    """Ends of the 95 % bootstrap interval, clustered by competition; None over a single competition."""
    high: float | None
    pairs: int
    competitions: int
    without_score: int
    """Pairs in which one of the two has no score, which counts as a failure."""

    def __str__(self) -> str:
        interval = "–" if self.low is None else f"{self.low:+.2f} to {self.high:+.2f}"
        return f"{self.points:+.2f} ({interval})"

    @property
    def holds_zero(self) -> bool | None:
        """Whether the interval holds zero; None without an interval."""
        return None if self.low is None or self.high is None else self.low <= 0 <= self.high

    def sentence(self) -> str:
        """What the interval says."""
        start = f"{self.title} against {self.against}: {self.points:+.2f} points over {self.pairs} pairs"
        if self.holds_zero is None:
            return f"{start} of one competition, which gives no interval."
        what = "holds zero: no difference is shown" if self.holds_zero else "does not hold zero"
        if self.low == self.high and not self.holds_zero:
            what += ", but all competitions differ alike, so that it cannot tell how much others would"
        return f"{start}; the 95 % interval, {self.low:+.2f} to {self.high:+.2f}, {what}."


class Correlation(BaseModel):
    """How far a result goes with familiarity, over competitions."""

    measure: str
    """Of familiarity: `description`, `continuation` or `recall`."""
    outcome: str
    """`any medal` or `percentile`, mean over seeds."""
    model: str
    """Whose familiarity it is."""
    same_model: bool
    """Whether the runs are of that model."""
    rho: float | None
    """Spearman's rank correlation; None for less than four competitions, or where all of them are equal."""
    low: float | None
    """Ends of the 95 % bootstrap interval over competitions."""
    high: float | None
    competitions: int

    @property
    def holds_zero(self) -> bool | None:
        """Whether the interval holds zero; None without an interval."""
        return None if self.low is None or self.high is None else self.low <= 0 <= self.high

    def sentence(self) -> str:
        """What it says."""
        start = f"Familiarity ({self.measure}) and {self.outcome} over {self.competitions} competitions"
        if self.rho is None:
            return f"{start}: no correlation can be computed, because they are too few or all are equal."
        told = f"{start}: Spearman {self.rho:+.2f}"
        if self.low is None:
            return f"{told}, without an interval."
        way = "better" if self.rho > 0 else "worse"
        what = (
            "holds zero: no relation is shown"
            if self.holds_zero
            else f"does not hold zero: results are {way} where the model is more familiar, whatever the cause"
        )
        return f"{told}; the 95 % interval, {self.low:+.2f} to {self.high:+.2f}, {what}."


class OverTime(BaseModel):
    """Medals over time: what runs with snapshots would have won had they ended earlier."""

    limit_hours: float
    """T, the runs' time limit; without one, the longest run."""
    hours: list[float]
    """Where the curves below step, from 0 to T."""
    any_medal: list[float]
    """M(t), percent, from each of the hours on."""
    without_medal: list[float]
    """Kaplan-Meier estimate of the share, 0 to 1, that has won no medal yet; censored at T."""
    area: float
    """Area under M(t), divided by T: percent."""
    selection_gap: Figure
    """Points that picking each run's best snapshot, by the answers, would add to any medal."""


class Conduct(BaseModel):
    """What was found about rules that samples violate; a violation is one that a judge or a person confirmed."""

    samples: int
    """That have any verdict."""
    judged: int
    """Of these, those that a judge or a person came to a ruling on: the rate's denominator."""
    violations: int
    """Samples with a violation."""
    rate: float | None
    """Percent of the judged; None where none is."""
    low: float | None
    """Ends of its 95 % Wilson interval, percent."""
    high: float | None
    suspects: list[str]
    """Samples with something suspect that nobody has confirmed or cleared: for a judge or a person."""
    undecided: list[str]
    """Samples in which nothing is suspect, and on which a judge came to no ruling."""
    violating: list[str]
    by_question: dict[str, dict[str, int]]
    """Samples by question and ruling."""
    rule_adjusted: Figure
    """Any medal where a sample with a violation has none; those without a verdict count as they are."""
    judges: list[str]
    """Models that ruled; `a person` where one did."""

    def sentences(self, samples: int) -> list[str]:
        """What a reader must know of it.

        Args:
            samples: That the figures are over.
        """
        lines = [f"Conduct: {self.samples} of {samples} samples have verdicts, {self.judged} by a judge or a person."]
        if self.judged:
            lines.append(
                f"Violations of the rules: {self.violations} of {self.judged} judged samples, {self.rate:.1f} % "
                f"(95 % Wilson interval {self.low:.1f} to {self.high:.1f}), by {', '.join(self.judges)}."
            )
        if self.violating:
            lines.append(f"Samples with a violation: {_listed(self.violating)}.")
        if self.suspects:
            lines.append(f"Suspect, and confirmed by nobody: {_listed(self.suspects)}.")
        if self.undecided:
            lines.append(f"Nothing suspect, but no ruling of the judge: {_listed(self.undecided)}.")
        return lines


class Cause(BaseModel):
    """Why samples have no score."""

    reason: str
    cause: str
    samples: list[str]


class SettingReport(BaseModel):
    """All figures of one row."""

    solver: str
    model: str
    data: str
    revision: str
    conditions: str = ""
    """What makes it a setting of its own, in words."""
    variant: int
    """Number among the rows of this setting."""
    identity: str
    """Digest of what the row was run with."""
    fields: dict[str, Any]
    """What it was run with."""
    hardware: list[str]
    seeds: int
    seed_rule: SeedRule
    competitions: int
    """That all figures are over."""
    development: int = 0
    """Further ones, for development or of one's own, which have columns of their own and are in no other figure."""
    without_score: int
    """(competition, seed) pairs behind the figures that have no score, and count as failures."""
    any_medal: dict[str, Figure]
    """By complexity, and `all`."""
    by_category: dict[str, Figure]
    outcomes: dict[str, Figure]
    """Over all competitions: gold, silver, bronze, above_median, valid, made."""
    percentile: Figure | None
    """Over the competitions with a published board; None without any."""
    percentile_by_complexity: dict[str, Figure] = {}
    percentile_by_category: dict[str, Figure] = {}
    boardless: list[str]
    """Competitions that have no percentile, since no board is published."""
    tierless: list[str] = []
    """Competitions without medal tiers, which figures of medals leave out."""
    pass_at_k: dict[int, float]
    pass_hat_k: dict[int, float] = {}
    """Percent: mean over competitions of the chance that all of k seeds win a medal."""
    normalised: Figure | None = None
    """Percent of the way from the sample submission's score to the gold threshold, clipped to 0 and 100."""
    without_leaks: Figure | None = None
    """Any medal without the competitions whose published split is known to leak; None for v2, which mends leaks."""
    against_v2: dict[str, Difference] = {}
    """v1 - v2 where the same was run or graded on both, by the name of the other revision."""
    familiarity: list[Correlation] = []
    """How far results go with the model's familiarity with the competitions, where that was measured."""
    over_time: OverTime | None = None
    """None unless runs took snapshots."""
    conduct: Conduct | None = None
    """None where no sample has a verdict."""
    invalid: dict[str, int] = {}
    """Invalid submissions by what is wrong with them, see `validity.KINDS`."""
    cut_at_hours: float | None = None
    """Where the runs were cut afterwards."""
    per_competition: list[CompetitionRow]
    reasons: dict[str, int]
    """What was out of the ordinary with scored samples, and how often."""
    causes: list[Cause]
    """Why samples have no score."""
    unscored: list[str]
    not_run: list[str]
    dropped_seeds: int = 0
    crashes: int = 0
    """Scored samples whose agent raised an exception."""
    limits: dict[str, int] = {}
    """Samples that a limit ended, by its kind: time, message, token ..."""
    ends: dict[str, int] = {}
    """Scored samples by what ended the agent's work: a limit, an exception, or the agent's own name for its end."""
    tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    gpu_hours: float | None = None
    """Hours times the GPUs that a sandbox was given."""
    medals_per_100_dollars: float | None = None
    medals_per_gpu_hour: float | None = None
    cost: float | None = None
    """US dollars, as far as prices of the models were known to the runs."""
    hours: float | None = None
    """Of all samples together, from their start to their score."""
    pooling: list[str] = []
    """What keeps the row apart from others, what was pooled in it, and what it was run with."""

    @property
    def setting(self) -> Setting:
        """The setting that the figures are of."""
        return Setting(self.data, self.revision, self.solver, self.model, self.conditions)

    @property
    def title(self) -> str:
        """Heading of the row."""
        return self.setting.label + (f" [{self.variant}]" if self.variant > 1 else "")

    def notes(self) -> list[str]:
        """What a reader must know to read the figures right."""
        lines = []
        if self.data == "miniature":
            lines.append("MINIATURE data: generated, so these are no results and no comparison with people.")
        lines.append(
            f"{self.competitions} competition{'s' * (self.competitions != 1)}"
            f"{self._apart()}, {self.seeds} seed"
            f"{'s' * (self.seeds != 1)}, revision {self.revision}; hardware: {'; '.join(self.hardware) or 'not known'}."
        )
        if self.cut_at_hours is not None:
            lines.append(
                f"Cut at {duration(self.cut_at_hours * 3600)}: what runs that went on would have had then, by their "
                "last snapshot; their tokens and cost until then are not known."
            )
        lines += self.pooling
        if self.seeds < 3:
            lines.append("Published results are means over at least 3 seeds.")
        if self.dropped_seeds:
            lines.append(f"{self.dropped_seeds} incomplete seeds are left out.")
        return lines + self._failures() + self._lacking() + self._defined()

    def _apart(self) -> str:
        words = {"dev": "for development", "own": "of your own"}
        told = " or ".join(words[level] for level in APART if level in self.any_medal)
        return f" (and {self.development} {told})" if self.development else ""

    def _failures(self) -> list[str]:
        lines = [
            f"Counted as failures, because {name}: {_listed(pairs)}."
            for name, pairs in (("without a score", self.unscored), ("not run", self.not_run))
            if pairs
        ]
        lines += [f"Without a score ({c.reason}): {_listed(c.samples)}: {c.cause}" for c in self.causes]
        if self.reasons:
            counts = ", ".join(f"{name} {n}" for name, n in self.reasons.items())
            lines.append(f"Out of the ordinary among the scored: {counts}.")
        return lines

    def _lacking(self) -> list[str]:
        lines = []
        if self.boardless:
            lines.append(f"No percentile, because no leaderboard is published: {_listed(self.boardless)}.")
        if self.tierless:
            lines.append(f"Without medals, because no tiers are defined: {_listed(self.tierless)}.")
        if self.data != "real" or all(c.complexity == "own" for c in self.per_competition):
            return lines
        thirty = split_ids("mle_bench_30")
        if {c.competition_id for c in self.per_competition} == set(thirty):
            return [
                *lines,
                f"These are the {len(thirty)} competitions of mle_bench_30, and no other split.",
                *self._closed(),
            ]
        whole = {level: len(competitions(level)) for level in LEVELS}
        lacking = [
            f"{f.competitions} of {whole[level]} ({level})"
            for level, f in self.any_medal.items()
            if level in whole and f.competitions < whole[level]
        ]
        if lacking:
            lines.append(f"Not whole splits: {', '.join(lacking)}.")
        return lines + (self._closed() if self.competitions > 1 else [])

    def _defined(self) -> list[str]:
        """Over how many competitions those figures are that not all have, and what two revisions differ by."""
        lines = self.conduct.sentences(self.competitions * self.seeds) if self.conduct else []
        if self.normalised:
            n = self.normalised.competitions
            what = (
                f"{n} competitions whose sample submission's" if n > 1 else "one competition whose sample submission's"
            )
            lines.append(f"Normalised scores are over the {what} score is known.")
        lines += [d.sentence() for d in self.against_v2.values()]
        lines += [c.sentence() for c in self.familiarity]
        others = sorted({c.model for c in self.familiarity if not c.same_model})
        if others:
            lines.append(
                f"Not the same model: familiarity is that of {', '.join(others)}, the runs are of {self.model}."
            )
        return lines

    def _closed(self) -> list[str]:
        """Which competitions that few users can still get are in the denominators, and which are not."""
        ran = {row.competition_id for row in self.per_competition}
        closed = [c for c in competitions("all") if not c.joinable and c.complexity in self.any_medal]
        lines = []
        for counted, where in ((True, "counted in"), (False, "left out of")):
            names = [c.id for c in closed if (c.id in ran) == counted]
            if names:
                lines.append(f"Can no longer be joined on Kaggle, and {where} these figures: {', '.join(names)}.")
        return lines


def levels_of(reports: Sequence[SettingReport]) -> list[str]:
    """The columns of any medal that a table of these needs."""
    return [*LEVELS, *(level for level in APART if any(level in r.any_medal for r in reports))]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
