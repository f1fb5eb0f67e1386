"""Checks of a competition's grader, on its miniature data."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.checks.case import Case
from mlebench_inspect.checks.fault import Fault

if TYPE_CHECKING:
    import pandas as pd

_CLOSE = 1e-5


def takes_the_sample(case: Case) -> None:
    """The sample submission is valid for the check and the grading, and has a finite score."""
    sample = case.prepared / case.found.sample_submission
    mend = "let the sample have the columns of `submission`, and every id of the answers once"
    told = case.check(sample)
    if not told.valid:
        raise Fault(f"the check refuses the sample submission: {told.error}", mend)
    report = case.grade(sample)
    if not report.valid_submission:
        raise Fault(f"the grading refuses the sample submission: {report.error}", mend)
    if report.score is None and case.found.is_own:
        raise Fault(f"the sample submission has no score: {report.score_note}", "choose other constants for it")


def gives_the_best_to_the_answers(case: Case) -> None:
    """The answers themselves score `best_score`, and no other submission scores better."""
    best, wanted = case.grade(case.perfect), case.perfect_score
    if best.score is None:
        told = f"the grading refuses the answers as a submission: {best.error or best.score_note}"
        raise Fault(told, "let the answers have the submission's columns, or write perfect(answers, sample)")
    if not math.isclose(best.score, wanted, abs_tol=_CLOSE):
        mend = "mend the metric, higher_is_better or best_score in competition.yaml"
        raise Fault(f"the answers score {best.score}, not {wanted:g}", mend)
    others: dict[str, Path | pd.DataFrame] = {"a shuffled submission": shuffled(case)}
    if case.found.is_own:
        others["the sample submission"] = case.prepared / case.found.sample_submission
    for name, submission in others.items():
        other = case.grade(submission)
        if other.valid_submission and other.score is not None and not is_worse(case, other.score, best.score):
            told = f"{name} scores {other.score}, no worse than the answers themselves, {best.score}"
            raise Fault(told, "mend the metric or higher_is_better; the miniature needs rows with different targets")


def shuffled(case: Case) -> pd.DataFrame:
    """The answers as a submission, with the targets dealt out to other rows."""
    import numpy as np

    table = case.perfect
    if len(table) == 1:
        from mlebench_inspect.tasks.preparing import read_csv

        return read_csv(case.prepared / case.found.sample_submission)
    targets = [c for c in table.columns if c not in case.found.submission.ids(case.revision)]
    order = np.roll(np.arange(len(table)), 1) if len(table) < 4 else np.random.default_rng(1).permutation(len(table))
    return table.assign(**{c: table[c].to_numpy()[order] for c in targets})


def is_worse(case: Case, score: float, best: float) -> bool:
    """Whether a score is worse than another in the competition's order."""
    return score < best if case.found.higher_is_better else score > best


def does_not_depend_on_the_order(case: Case) -> None:
    """A submission scores the same in any order of its rows and columns."""
    table = shuffled(case)
    one = case.grade(table)
    other = case.grade(table.iloc[::-1][list(table.columns)[::-1]])
    if (one.score, one.error) != (other.score, other.error):
        told = f"{one.score} as it is and {other.error or other.score} in the opposite order of rows and columns"
        raise Fault(f"a submission scores {told}", "align both tables by id (`aligned` of graders.submission)")


def checks_without_the_answers(case: Case) -> None:
    """The check says the same where there are no answers."""
    alone = case.folder / "alone" / "public"
    shutil.copytree(case.prepared / "public", alone, dirs_exist_ok=True)
    for text in (case.prepared / case.found.sample_submission).read_text(encoding="utf-8"), "a,b\n1,2\n":
        path = case.written(text)
        with_them, without = case.check(path), case.found.check(path, alone, case.revision)
        if with_them != without:
            told = f"the check says {without.error!r} where there are no answers, and {with_them.error!r} beside them"
            raise Fault(told, "let `checked` read nothing but its two tables")


def takes_its_example(case: Case) -> None:
    """Every submission in the folder `example` is valid for the miniature of seed 0."""
    for path in sorted((case.found.folder / "example").glob("*.csv")):
        report = case.grade(path)
        if not report.valid_submission:
            raise Fault(f"example/{path.name}: {report.error}", "make it anew for the miniature, or delete it")
