"""Mean average precision of up to twelve articles for each customer who bought something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.ranking import map_at_12
from mlebench_inspect.graders.submission import InvalidSubmission, Revision, require_columns, require_ids

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "customer_id", "prediction"
READ_CSV = {"v2": {"dtype": {ID: str, TARGET: str}}}


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """v1 compares ids as text, zeros in front included; v2 strips those and takes any white space between ids."""
    import pandas as pd

    require_columns(submission, [ID, TARGET], exact=True)
    if revision == "v1" and not answers[ID].isin(submission[ID]).all():
        # In v1 the names would tell who bought something; in v2 `require_ids` names them.
        raise InvalidSubmission(f"column {ID} lacks customers; give each customer of the sample submission one row")
    submission = submission[submission[ID].isin(answers[ID])]
    if revision == "v2":
        require_ids(submission, answers, ID)
        answers = answers.dropna(subset=[TARGET])
        submission = submission.set_index(ID).loc[answers[ID]]
        truth, given = (
            [[i.lstrip("0") for i in text.split(None, most)] for text in table[TARGET].fillna("")]
            for table, most in ((answers, -1), (submission, 12))
        )
    else:
        # A customer who occurs twice shifts the rows of all customers behind, and the surplus at the end is cut off.
        answers = answers.sort_values(ID)
        submission = submission.sort_values(ID).head(len(answers))
        truth = [str(v).split(" ") for v in answers[TARGET]]
        given = [str(v).split(" ", 12) for v in submission[TARGET]]
    return map_at_12(pd.DataFrame({TARGET: truth}), pd.DataFrame({TARGET: given}), target=TARGET)
