"""What reports are made of: single results, and the runs that they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.tasks import competition
from mlebench_inspect.violations.verdicts import Verdict

Status = Literal["scored", "unscored"]
NEVER_STARTED = "never started"
"""Stands for a shard's number where no log is of it."""


class ReportingError(MlebenchError, ValueError):
    """There is nothing to report, or input is broken. The message says what to do."""


class Setting(NamedTuple):
    """What a row of a table is named by."""

    data: str
    revision: str
    solver: str
    model: str
    conditions: str = ""
    """What makes it a setting of its own, in words: an obfuscated description, a search score; see `conditions_of`."""

    @property
    def label(self) -> str:
        """Short name for headings."""
        model = "" if self.model == "none/none" else self.model
        return ", ".join(part for part in (self.solver, model, self.conditions) if part)


class Snapshot(NamedTuple):
    """What a submission of an earlier moment was worth."""

    after: float
    """Seconds since the agent began."""
    report: GradingReport | None
    """Its grading report, as far as a log tells it; None where there was a file that could not be graded."""


class Usage(NamedTuple):
    """Tokens of all models together."""

    input: int
    """Without those that came from a cache."""
    output: int
    cached: int
    """Read from a cache or written to it."""


@dataclass(frozen=True)
class Result:
    """One competition in one seed of a run."""

    competition: str
    seed: int
    status: Status
    report: GradingReport | None = None
    reason: str | None = None
    """In a word: what was out of the ordinary with a score, or why there is none."""
    cause: str | None = None
    """Why there is no score, for people; with a score the exception that the agent raised."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """What it was run with, as in a run's identity; without the fields `given_...` where it was not set up."""
    answers: str = ""
    """SHA-256 of the answers that it is graded against; empty where the setup did not come so far."""
    folder_digest: str = ""
    """Of the files of a competition of one's own, as it was graded with; empty for built-in ones."""
    seconds: float | None = None
    tokens: int | None = None
    usage: Usage | None = None
    cost: float | None = None
    """US dollars; None where a model's price was not known to the run."""
    limit: str | None = None
    """Kind of the limit that ended it."""
    end: str | None = None
    """The agent's own name for how it ended (`submitted`, `steps_used` ...); None for other packages' agents."""
    created: str = ""
    """When its log was made."""
    time_limit: float | None = None
    """Seconds; None without one."""
    gpus: int = 0
    """How many its sandbox was given."""
    snapshots: Sequence[Snapshot] | None = None
    """By time, where the submission changed; None where the run took none."""
    submission_sha256: str | None = None
    artifact: str | None = None
    """Where its submission lies, relative to its log's folder."""
    log: str = ""
    """Where its log lies."""
    uuid: str = ""
    """Inspect's name of the sample, by which its verdicts are found."""
    verdicts: tuple[Verdict, ...] = ()
    """On its conduct, one a question; empty where nobody has looked."""

    @property
    def is_judged(self) -> bool:
        """Whether a judge or a person has come to a ruling on its conduct."""
        return any(v.by != "filter" and v.ruling in ("violation", "clean") for v in self.verdicts)

    @property
    def violates(self) -> bool:
        """Whether it is confirmed, by a judge or a person, that it violates a rule."""
        return any(v.is_confirmed for v in self.verdicts)

    @property
    def ended_by(self) -> str | None:
        """What ended it, in a word: `time limit`, `exception`, or the agent's own name for it; None if not known."""
        if self.limit:
            return f"{self.limit} limit"
        return "exception" if self.status == "scored" and self.cause else self.end

    @property
    def is_set_up(self) -> bool:
        """Whether it is known what the sandbox was given."""
        return any(name.startswith("given_") for name in self.fields)

    def graded(self, data: str, revision: str) -> GradingReport:
        """The grading report; for a result without a score, that of a run without a submission."""
        return self.report or competition(self.competition).report(
            None,
            exists=False,
            error=self.cause or self.reason,
            revision=revision.split(" ")[0],  # type: ignore[arg-type]
            data=data,  # type: ignore[arg-type]
        )


@dataclass(frozen=True)
class RunRecord:
    """One run: what it planned, what it was of, and what came of it."""

    task: str
    """Identifies it over all logs that it was taken up in."""
    group: str
    """The whole that it is a shard of, or the evaluation set that it is part of; else the run itself."""
    data: str
    revision: str
    created: str
    competitions: tuple[str, ...]
    seeds: int
    fields: Mapping[str, Any]
    """What its newest log's header says that it was run with."""
    noted: Mapping[str, Any]
    """What is shown but keeps no runs apart: versions, parallelism."""
    hardware: str | None
    results: tuple[Result, ...]
    logs: tuple[str, ...] = ()
    """Where its logs lie, the newest last."""
    shard: str = ""
    """Which part of a whole it is, such as `2/8`; `NEVER_STARTED` for what no part's log is of. Empty for others."""
    whole: tuple[str, ...] = ()
    """The competitions of all parts together."""


class Skipped(NamedTuple):
    """A place that was looked at and left out."""

    place: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"


@dataclass(frozen=True)
class Reading:
    """What lies in some places."""

    runs: tuple[RunRecord, ...]
    skipped: tuple[Skipped, ...] = ()
    cut_at: float | None = None
    """Seconds; where the runs were cut afterwards."""

    @property
    def results(self) -> list[Result]:
        """The results of all runs."""
        return [result for run in self.runs for result in run.results]
