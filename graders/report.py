"""The results of grading and of checking one submission."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from mlebench_inspect.graders.leaderboard import MedalTier
from mlebench_inspect.graders.submission import Revision

DataKind = Literal["real", "miniature"]


class CheckReport(BaseModel):
    """What an agent is told of its submission: nothing in it depends on the answers."""

    model_config = ConfigDict(extra="forbid")

    valid: bool
    error: str | None = Field(default=None, description="What is wrong, and what to mend.")
    notice: str | None = Field(default=None, description="What is odd about a submission that is valid all the same.")


class GradingReport(BaseModel):
    """All fields of the benchmark's published grading report, and ours after them."""

    model_config = ConfigDict(extra="forbid")

    competition_id: str
    score: float | None = Field(
        description="The metric, rounded to 5 decimals; None for an invalid or missing submission and for a score "
        "that is not a finite number (see `score_note`)."
    )
    gold_threshold: float | None = Field(
        description="This and what is said of medals and of the median is None where a competition has no medal tiers."
    )
    silver_threshold: float | None
    bronze_threshold: float | None
    median_threshold: float | None
    any_medal: bool | None
    gold_medal: bool | None
    silver_medal: bool | None
    bronze_medal: bool | None
    above_median: bool | None
    submission_exists: bool
    valid_submission: bool
    is_lower_better: bool
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    submission_path: str

    medal: MedalTier | None = "none"
    metric: str
    error: str | None = Field(
        None, description="Why the submission is missing or invalid, and what to mend. Agents may read it."
    )
    detail: str | None = Field(
        default=None,
        description="The exception behind a general `error`: its type and where it was raised, without its "
        "words, which may quote answers: a log may end up in a model's training data.",
    )
    notice: str | None = Field(
        default=None, description="What is odd about a valid submission though it was graded. Agents may read it."
    )
    score_note: str | None = Field(None, description="Why a valid submission has no finite score.")
    rows_counted: int | None = Field(
        default=None,
        description="Rows that the score is of, copies included, where the grader lets a submission choose them; "
        "agents must not see it.",
    )
    rows_to_predict: int | None = Field(default=None, description="What `rows_counted` is to be compared with.")
    rank: int | None = Field(None, description="Place among the human teams, 1 = best.")
    teams: int | None = Field(None, description="Teams on the board that the rank refers to.")
    percentile: float | None = Field(None, description="Percent of human teams beaten; ties count one half.")
    revision: Revision = "v1"
    data: DataKind = "real"
    submission_sha256: str | None = None

    @property
    def has_tiers(self) -> bool:
        """Whether medals are defined for the competition."""
        return self.medal is not None

    @property
    def title(self) -> str:
        """`Gold medal` ... `No medal` (without tiers `Valid submission`), `Invalid submission`, `No submission`."""
        if not self.valid_submission:
            return "Invalid submission" if self.submission_exists else "No submission"
        if self.medal is None:
            return "Valid submission"
        return "No medal" if self.medal == "none" else f"{self.medal.capitalize()} medal"

    @property
    def gap(self) -> str | None:
        """How far the next tier is, as `0.0046 short of gold`; None where there is no next one, or no score."""
        if self.medal in (None, "gold") or self.score is None:
            return None
        following = {"silver": "gold", "bronze": "silver", "none": "bronze"}[self.medal]
        return f"{abs(getattr(self, f'{following}_threshold') - self.score):.5g} short of {following}"
