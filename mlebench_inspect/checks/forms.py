"""Broken submissions: each is refused with a line that says what is wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from mlebench_inspect.checks.case import Case
from mlebench_inspect.checks.fault import Fault
from mlebench_inspect.tasks import UNFORESEEN

Rows = list[dict[str, str]]
LONGEST = 600
"""Characters of a message."""
_REFUSE = "refuse it in `checked` (see `aligned` and `refuse_where` of graders.submission)"


class Form(NamedTuple):
    """A submission that is not as it should be."""

    name: str
    text: str
    is_refused: bool
    """Whether it must be; else it may have a score instead."""


def refuses_broken_forms(case: Case) -> None:
    """Broken submissions are refused in one clear line, by the check as by the grading; none of them breaks either."""
    for form in forms(case):
        path = case.written(form.text)
        told, report = case.check(path), case.grade(path)
        error = report.error or told.error
        if UNFORESEEN in (report.error or "") or UNFORESEEN in (told.error or ""):
            raise Fault(f"{form.name} makes the grader raise {report.detail or 'an exception'}", _REFUSE)
        if error is None and (form.is_refused or report.score is None):
            raise Fault(f"{form.name} is {'valid' if form.is_refused else 'valid, with no finite score'}", _REFUSE)
        if told.valid != report.valid_submission and told.notice is None:
            who = "grading" if told.valid else "check"
            raise Fault(
                f"{form.name} is refused by the {who} alone: {error}", "let `grade` call `checked`, and no more"
            )
        if error is not None and ("\n" in error or len(error) > LONGEST):
            raise Fault(f"{form.name} is refused with more than a line: {error[:80]}", "say it in one line")


def forms(case: Case) -> Iterator[Form]:
    """Broken forms of the sample submission; for a built-in competition none must be refused but unreadable ones."""
    text = (case.prepared / case.found.sample_submission).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    header, strict = list(rows[0]), case.found.is_own
    ids, target = case.found.submission.ids(case.revision), case.found.submission.target_columns[0]
    unique = len({tuple(r[c] for c in ids) for r in rows}) == len(rows)
    yield Form("an empty file", "", True)
    yield Form("a header without rows", written(header, []), strict)
    for column in (ids[0], target):
        left = [c for c in header if c != column]
        yield Form(f"a submission without the column {column}", written(left, rows), strict)
    if len(rows) > 1:
        yield Form("a submission that lacks a row", written(header, rows[:-1]), strict and unique)
        yield Form("a repeated id", written(header, [*rows[:-1], rows[0]]), strict and unique)
    yield Form("an unknown id", written(header, [*rows[:-1], {**rows[-1], ids[0]: "no-such-id"}]), strict and unique)
    for name, cell in (("a missing value", ""), ("a word", "no number"), ("an infinite value", "inf")):
        yield Form(f"{name} in {target}", written(header, [{**rows[0], target: cell}, *rows[1:]]), False)


def written(header: list[str], rows: Rows) -> str:
    """Rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
