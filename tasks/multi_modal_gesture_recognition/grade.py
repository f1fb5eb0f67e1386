"""Edit distance between sequences of gestures, as an error rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.text import normalized_levenshtein_distance
from mlebench_inspect.graders.submission import InvalidSubmission, Revision, aligned, require_length, show

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "Id", "Sequence"
READ_CSV: dict[str, dict[str, Any]] = {
    "v2": {"dtype": {TARGET: str}, "keep_default_na": False, "na_values": {ID: [""]}},
}
MAX_CHARACTERS = 1 << 24


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """An empty sequence is invalid in v1, and a sequence like any other in v2."""
    import pandas as pd

    answers, submission = aligned(answers, submission, ID, [TARGET])
    require_length(submission, TARGET, MAX_CHARACTERS, id_column=ID)
    truth = [[int(label) for label in str(cell).split()] for cell in answers[TARGET]]
    given = []
    for sample, cell in zip(submission[ID], submission[TARGET], strict=True):
        try:
            given.append([int(label) for label in str(cell).split()])
        except ValueError:
            raise InvalidSubmission(
                f"column {TARGET} must hold whole numbers separated by blanks; "
                f"the row with {ID} {show(sample)} has {show(cell)}"
            ) from None
    tables = [pd.DataFrame({TARGET: pd.Series(lists)}) for lists in (truth, given)]
    return normalized_levenshtein_distance(*tables, target=TARGET)
