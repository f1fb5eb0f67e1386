"""What is wrong with invalid submissions, in a word: the one place that reads what their errors say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from mlebench_inspect.reporting.records import Result

REFUSED, OTHER, NOT_TOLD = "refused", "other", "not told"
_KINDS = {
    REFUSED: "symbolic link|is a folder|not a regular file|cannot be opened|[0-9,]+ bytes; at most",
    "reading": "not UTF-8|UTF-16|NUL bytes|not text; write plain|CSV|is empty; write a header|cells of text"
    "|more than [0-9,]+ (columns|fields)|is longer than [0-9,]+ bytes|but only [0-9,]+ bytes",
    "columns": "columns? .*missing; the header|unexpected column|the first column is|both there|order of columns",
    "ids": "occurs more than once|among the ids|ids in the order|repeats a cell|none of its cells|is not in test"
    "|must hold (ids|the comments)",
    "rows": "no row for|rows; exactly|rows for .* are needed|lacks (ids|customers)|has no rows|is missing; list all"
    "|occurs [0-9,]+ times|give each row of test",
    "values": "must hold|must sum to 1|holds|columns hold|the row with|not finite|object [0-9]+ must|not one of",
}
KINDS = (*_KINDS, OTHER, NOT_TOLD)
"""refused: no file that is taken; reading: no table; columns, ids, values: these are not as they must be; rows: too few
or too many; other: none of these, as where a grader gave up; not told: there is no error, as of a snapshot."""
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")  # a submission's own words decide nothing
_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in _KINDS.items())


def invalid_kind(error: str, reason: str | None = None) -> str:
    """The kind of error of an invalid submission, one of `KINDS`; the first whose words are in it.

    Args:
        error: What its grading report says.
        reason: That of its score.
    """
    if reason == "submission_refused":
        return REFUSED
    if not error:
        return NOT_TOLD
    words = _QUOTED.sub("''", error)
    return next((name for name, pattern in _PATTERNS if pattern.search(words)), OTHER)


def invalid_kinds(results: Iterable[Result]) -> dict[str, int]:
    """How many submissions were there but invalid, by kind of error, most frequent first."""
    reports = ((r.report, r.reason) for r in results)
    kinds = [
        invalid_kind(report.error or "", reason)
        for report, reason in reports
        if report is not None and report.submission_exists and not report.valid_submission
    ]
    return dict(Counter(sorted(kinds)).most_common())
