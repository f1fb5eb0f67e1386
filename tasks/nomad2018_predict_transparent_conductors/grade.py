"""Mean of the root mean squared logarithmic errors of formation energy and band gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.regression import mean_column_wise_rmsle
from mlebench_inspect.graders.submission import (
    Revision,
    Tables,
    aligned,
    as_floats,
    halves_for_truth_values,
    require_columns,
    require_numbers,
    require_rows,
)

if TYPE_CHECKING:
    import pandas as pd

ID, TARGETS = "id", ["formation_energy_ev_natom", "bandgap_energy_ev"]


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Compares row by row in the order of the files in v1, whatever the ids; by id in v2.

    True and False are 1 and 0, in v1 with logarithms in half precision.
    """
    if revision == "v1":
        require_columns(submission, TARGETS)
        require_rows(submission, len(known))
    else:
        known, submission = aligned(known, submission, ID, TARGETS)
    if revision == "v1":
        submission = halves_for_truth_values(as_floats(submission, TARGETS), TARGETS)
    require_numbers(submission, TARGETS, id_column=ID if revision == "v2" else None, minimum=0)
    if revision == "v2":
        submission = submission.astype(dict.fromkeys(TARGETS, float))
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return mean_column_wise_rmsle(*checked(answers, submission, revision), targets=TARGETS)
