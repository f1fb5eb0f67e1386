"""What was found about a sample's conduct: a verdict for each question, with evidence."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mlebench_inspect.violations.questions import Question

Ruling = Literal["violation", "suspect", "clean", "undecided"]
By = Literal["filter", "judge", "person"]
MOST_EVIDENCE, LONGEST_QUOTE = 20, 500
"""Pieces of evidence of a verdict; characters of a quote."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Evidence(_Strict):
    """Words of the agent's, and where they stand."""

    quote: Annotated[str, Field(max_length=LONGEST_QUOTE)]
    place: Annotated[str, Field(max_length=300)]
    """`message <id>`, `code/<path>:<line>`, `submission`, or the like."""
    why: Annotated[str, Field(max_length=300)] = ""
    """What is odd about it."""


class Verdict(_Strict):
    """An answer to one question about one sample."""

    question: Question
    ruling: Ruling
    """`violation`: confirmed by a judge or a person; `suspect`: the filter found something that neither has looked at;
    `clean`: nothing was found; `undecided`: the judge gave no usable answer."""
    by: By
    """Whose ruling it is: the last that looked. A person's overrules a judge's, a judge's the filter's."""
    model: Annotated[str, Field(max_length=200)] | None = None
    """The judge."""
    evidence: Annotated[list[Evidence], Field(max_length=MOST_EVIDENCE)] = []
    looked_at: Annotated[str, Field(max_length=1000)] = ""
    """What was looked at, and what was not there to be looked at."""
    note: Annotated[str, Field(max_length=2000)] = ""
    """The judge's or the person's reason."""

    @property
    def is_confirmed(self) -> bool:
        """Whether it counts as a violation of the rules in figures."""
        return self.ruling == "violation" and self.by in ("judge", "person")
