"""What a check of a bundle has shown, as data and for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel

Kind = Literal["differs", "not checked"]
_SHOWN = 100  # findings for people


class Finding(BaseModel):
    """Something in a bundle that is not agreed on."""

    kind: Kind
    where: str
    what: str


class Verdict(BaseModel):
    """What a check of a bundle has shown."""

    sha256: str
    """Of the whole bundle."""
    samples: int
    graded: int
    """Files that were graded anew, equal ones once."""
    without_submission: int
    without_score: int
    """Samples that have no score, as stated: nothing can be graded."""
    rows: int
    """Rows of figures that were computed again."""
    findings: list[Finding]
    unanswered: list[str]
    """Questions of the disclosure without an answer."""
    made_with: dict[str, str]
    verified_with: dict[str, str]

    @property
    def agrees(self) -> bool:
        """Whether all could be checked, and nothing differs."""
        return not self.findings


def lines(verdict: Verdict) -> Iterator[str]:
    """A verdict for people."""
    yield f"SHA-256 {verdict.sha256}"
    yield (
        f"samples: {verdict.samples}, of them without a submission to grade {verdict.without_submission}, without a "
        f"score as stated {verdict.without_score}; files graded anew: {verdict.graded}; rows of figures: {verdict.rows}"
    )
    for name, (there, here) in _other_versions(verdict):
        yield f"note: {name} is {here} here, the bundle was made with {there}"
    if verdict.unanswered:
        yield f"note: the disclosure leaves unanswered: {', '.join(verdict.unanswered)}"
    yield "taken as stated: that the runs took place as told, identity, hardware, network, times, tokens and cost"
    for finding in verdict.findings[:_SHOWN]:
        yield f"{finding.kind}: {finding.where}: {finding.what}"
    if len(verdict.findings) > _SHOWN:
        yield f"and {len(verdict.findings) - _SHOWN} more; --json shows all"
    differ = sum(f.kind == "differs" for f in verdict.findings)
    unchecked = len(verdict.findings) - differ
    if verdict.agrees:
        yield "agrees: every grade and every figure is as stated"
    else:
        yield f"does not agree: differences: {differ}, could not be checked: {unchecked}"


def _other_versions(verdict: Verdict) -> Iterator[tuple[str, tuple[str, str]]]:
    for name, there in sorted(verdict.made_with.items()):
        here = verdict.verified_with.get(name, "not installed")
        if here != there:
            yield name, (there, here)
