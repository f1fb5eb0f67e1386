"""The look without a model: a module for each question, over one view of what the agent did.

Everything here is bounded: texts are cut, patterns take linear time, code is parsed and never executed, and whatever an
agent wrote makes a filter neither raise nor hang.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlebench_inspect.violations.filters import handmade, memorised, other_model, outside_data, tampering
from mlebench_inspect.violations.filters.clues import Clue, verdict
from mlebench_inspect.violations.filters.view import View, view_of
from mlebench_inspect.violations.material import Material
from mlebench_inspect.violations.questions import Question
from mlebench_inspect.violations.verdicts import Verdict

_CLUES: dict[Question, Callable[[View], Iterator[Clue]]] = {
    "handmade": handmade.clues,
    "outside_data": outside_data.clues,
    "other_model": other_model.clues,
    "tampering": tampering.clues,
    "memorised": memorised.clues,
}


def filtered(question: Question, material: Material, view: View | None = None) -> Verdict:
    """What the filter says.

    Args:
        question: The question.
        material: What there is to look at.
        view: The same taken apart, where that was done.
    """
    return verdict(question, material, _CLUES[question](view or view_of(material)))


__all__ = ["filtered", "view_of"]
