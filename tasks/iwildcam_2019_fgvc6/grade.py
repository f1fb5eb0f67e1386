"""Macro-averaged F1 over the rows of the test table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.classification import macro_f1
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    require_columns,
    require_numbers,
    require_rows,
    show,
    truncated_integers,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET, CLASSES = "Id", "Category", 23


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Fractions are cut and other classes accepted in v1; v2 takes whole numbers from 0 to 22 alone."""
    require_columns(submission, [ID, TARGET])
    require_rows(submission, len(known))
    _require_same_ids(known, submission)
    if revision == "v2":
        require_numbers(submission, [TARGET], id_column=ID, minimum=0, maximum=CLASSES - 1, whole=True, booleans=False)
    labels = truncated_integers(submission, TARGET, id_column=ID)
    return known, submission.assign(**{TARGET: labels})


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Some ids own several rows; they are paired in the order of the sort, which only v2 keeps as given."""
    answers, submission = checked(answers, submission, revision)
    kind = "stable" if revision == "v2" else "quicksort"
    given = submission.sort_values(ID, kind=kind)  # type: ignore[call-overload]
    truth = answers.sort_values(ID, kind=kind)  # type: ignore[call-overload]
    return macro_f1(truth, given, target=TARGET)


def _require_same_ids(answers: pd.DataFrame, submission: pd.DataFrame) -> None:
    """Refuses ids that do not occur as often as in the answers."""
    wanted = answers[ID].value_counts().to_dict()
    given = submission[ID].value_counts(dropna=False).to_dict()
    for name, count in given.items():
        if count > wanted.get(name, 0):
            if name not in wanted:
                raise InvalidSubmission(f"{ID} {show(name)} not among the ids to predict; take the ids from test.csv")
            raise InvalidSubmission(
                f"{ID} {show(name)} occurs {count} times, in test.csv {wanted[name]} times; "
                "give each row of test.csv one row"
            )
