"""Kendall's rank correlation of the cells' order, pooled over notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from mlebench_inspect.graders.metrics.ranking import pooled_kendall_tau
from mlebench_inspect.graders.submission import InvalidSubmission, Revision, aligned, show

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "id", "cell_order"


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Each list must hold the notebook's cells, each once; alike in v1 and v2."""
    import pandas as pd

    answers, submission = aligned(answers, submission, ID, [TARGET])
    truth = [str(cells).split() for cells in answers[TARGET]]
    given = []
    for notebook, text, cells in zip(answers[ID], submission[TARGET].astype(object), truth, strict=True):
        order = str(text).split(None, len(cells))  # no more than one cell too many, however long the text
        if len(order) != len(cells) or set(order) != set(cells):
            _refuse(f"{TARGET} of the notebook with {ID} {show(notebook)}", order, cells)
        given.append(order)
    lists = [frame.assign(cell_order=pd.Series(rows)) for frame, rows in ((answers, truth), (submission, given))]
    return pooled_kendall_tau(*lists, target=TARGET)


def _refuse(where: str, order: list[str], cells: list[str]) -> NoReturn:
    """Says what is wrong with a list that is no permutation of the notebook's cells."""
    known = set(cells)
    if foreign := [c for c in order[: len(cells)] if c not in known]:
        raise InvalidSubmission(f"{where}: {show(foreign[0])} is none of its cells; list its own cells only")
    if len(order) > len(cells) or len(set(order)) < len(order):
        raise InvalidSubmission(f"{where} repeats a cell or has one too many; list each of its cells once")
    missing = min(known.difference(order))
    raise InvalidSubmission(f"{where}: the cell {show(missing)} is missing; list all {len(cells)} cells")
