"""Kullback-Leibler divergence between the experts' votes and the predicted shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import kl_divergence
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    refuse_text,
    refuse_where,
    require_columns,
    require_numbers,
    require_row_sums,
    require_rows,
)

if TYPE_CHECKING:
    import pandas as pd

VOTES = ["seizure_vote", "lpd_vote", "gpd_vote", "lrda_vote", "grda_vote", "other_vote"]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """In v1 rows with the same `eeg_id` are matched by place, and further columns count in the checks."""
    lenient = revision == "v1"
    key = "eeg_id" if lenient else "label_id"
    require_columns(submission, [key, *VOTES])
    require_rows(submission, len(known))
    require_numbers(submission, VOTES, id_column=key, minimum=0, maximum=1, missing=lenient, booleans=not lenient)
    refuse_text(submission, VOTES)
    sums = submission[VOTES].sum(axis=1)
    uneven = sums.map(lambda v: round(v, 5)) != 1
    refuse_where(
        submission.assign(sum=sums), uneven, "sum", "1 (rounded to five decimals) for the six votes", id_column=key
    )
    if revision == "v2":
        known, submission = aligned(known, submission, key, VOTES)
    else:
        unknown = ~submission[key].isin(known[key])
        refuse_where(submission, unknown, key, "ids of test.csv alone")
        if not known[key].isin(submission[key]).all():
            raise InvalidSubmission(f"column {key} lacks ids; give one row for each row of test.csv")
        columns = [c for c in submission.columns if c != key]
        require_numbers(submission, columns, id_column=key, minimum=0, maximum=1, missing=True)
        refuse_text(submission, columns)
        require_row_sums(submission, columns, id_column=key, tolerance=1.001e-5)
        # Not a stable sort: the permutation depends on the ids alone, so rows in the order of test.csv match.
        known, submission = known.sort_values(key), submission.sort_values(key)
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 does not clip a column of whole numbers, so that a 0 where an expert voted makes the score infinite, and
    refuses True and False, which it could not clip.
    """
    answers, submission = checked(answers, submission, revision)
    shares = answers[VOTES].div(answers[VOTES].sum(axis=1), axis=0)
    return kl_divergence(shares, submission, targets=VOTES, clip_integers=revision == "v2")
