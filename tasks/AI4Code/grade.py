"""Kendall's rank correlation of the cells' order, pooled over notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from mlebench_inspect.graders.metrics.ranking import pooled_kendall_tau
from mlebench_inspect.graders.submission import InvalidSubmission, Revision, Tables, aligned, show

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "cell_order"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Each list must hold the notebook's cells, each once; alike in v1 and v2."""
    import pandas as pd

    known, submission = aligned(known, submission, ID, [TARGET])
    lists = [str(cells).split() for cells in known[TARGET]]  # in the sample submission in another order
    given = []
    for notebook, text, cells in zip(known[ID], submission[TARGET].astype(object), lists, strict=True):
        order = str(text).split(None, len(cells))  # no more than one cell too many, however long the text
        if len(order) != len(cells) or set(order) != set(cells):
            _refuse(f"{TARGET} of the notebook with {ID} {show(notebook)}", order, cells)
        given.append(order)
    return known.assign(cell_order=pd.Series(lists)), submission.assign(cell_order=pd.Series(given))


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return pooled_kendall_tau(*checked(answers, submission, revision), target=TARGET)


def _refuse(where: str, order: list[str], cells: list[str]) -> NoReturn:
    """Says what is wrong with a list that is no permutation of the notebook's cells."""
    known = set(cells)
    if foreign := [c for c in order[: len(cells)] if c not in known]:
        raise InvalidSubmission(f"{where}: {show(foreign[0])} is none of its cells; list its own cells only")
    if len(order) > len(cells) or len(set(order)) < len(order):
        raise InvalidSubmission(f"{where} repeats a cell or has one too many; list each of its cells once")
    missing = min(known.difference(order))
    raise InvalidSubmission(f"{where}: the cell {show(missing)} is missing; list all {len(cells)} cells")
