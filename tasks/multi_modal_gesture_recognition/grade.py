"""Edit distance between sequences of gestures, as an error rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.text import normalized_levenshtein_distance
from mlebench_inspect.graders.submission import InvalidSubmission, Revision, Tables, aligned, require_length, show

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "Id", "Sequence"
READ_CSV: dict[str, dict[str, Any]] = {
    "v2": {"dtype": {TARGET: str}, "keep_default_na": False, "na_values": {ID: [""]}},
}
MAX_CHARACTERS = 1 << 24


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """An empty sequence is invalid in v1, and a sequence like any other in v2."""
    import pandas as pd

    known, submission = aligned(known, submission, ID, [TARGET])
    require_length(submission, TARGET, MAX_CHARACTERS, id_column=ID)
    given = []
    for sample, cell in zip(submission[ID], submission[TARGET], strict=True):
        try:
            given.append([int(label) for label in str(cell).split()])
        except ValueError:
            raise InvalidSubmission(
                f"column {TARGET} must hold whole numbers separated by blanks; "
                f"the row with {ID} {show(sample)} has {show(cell)}"
            ) from None
    return known, submission.assign(**{TARGET: pd.Series(given)})


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    import pandas as pd

    answers, submission = checked(answers, submission, revision)
    truth = pd.Series([[int(label) for label in str(cell).split()] for cell in answers[TARGET]])
    return normalized_levenshtein_distance(answers.assign(**{TARGET: truth}), submission, target=TARGET)
