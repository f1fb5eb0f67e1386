"""Mean average precision of up to twelve articles for each customer who bought something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.ranking import map_at_12
from mlebench_inspect.graders.submission import InvalidSubmission, Revision, Tables, doubt, require_columns, require_ids

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "customer_id", "prediction"
READ_CSV = {"v2": {"dtype": {ID: str, TARGET: str}}}


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v2 wants a row for each customer; v1 for those who bought something, whom the check does not know."""
    require_columns(submission, [ID, TARGET], exact=True)
    if revision == "v2":
        submission = submission[submission[ID].isin(known[ID])]
        require_ids(submission, known, ID)
    return known, submission


def notice(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> str | None:
    """Customers who are left out."""
    if revision == "v2":
        return None
    return doubt(require_ids, submission[submission[ID].isin(known[ID])], known, ID, repeats=True)


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 compares ids as text, zeros in front included; v2 strips those and takes any white space between ids."""
    import pandas as pd

    answers, submission = checked(answers, submission, revision)
    if revision == "v1":
        truth, given = _in_step(answers, submission)
    else:
        answers = answers.dropna(subset=[TARGET])
        submission = submission.set_index(ID).loc[answers[ID]]
        truth, given = (
            [[i.lstrip("0") for i in text.split(None, most)] for text in table[TARGET].fillna("")]
            for table, most in ((answers, -1), (submission, 12))
        )
    return map_at_12(pd.DataFrame({TARGET: truth}), pd.DataFrame({TARGET: given}), target=TARGET)


def _in_step(answers: pd.DataFrame, submission: pd.DataFrame) -> tuple[list[list[str]], list[list[str]]]:
    """The lists of v1, by id; those of customers who bought nothing are left out."""
    if not answers[ID].isin(submission[ID]).all():
        raise InvalidSubmission(f"column {ID} lacks customers; give each customer of the sample submission one row")
    # A customer who occurs twice shifts the rows of all customers behind, and the surplus at the end is cut off.
    answers = answers.sort_values(ID)
    submission = submission[submission[ID].isin(answers[ID])].sort_values(ID).head(len(answers))
    return [str(v).split(" ") for v in answers[TARGET]], [str(v).split(" ", 12) for v in submission[TARGET]]
