"""What a solution is worth to the search: the one place where its score comes from."""

from __future__ import annotations

from typing import NamedTuple

from inspect_ai.util import store_as

from mlebench_inspect.agents.search.hands import Ran
from mlebench_inspect.agents.search.parsing import SCORE, read_score
from mlebench_inspect.run.validation import Validation, check_candidate


class Measured(NamedTuple):
    """The score of a solution, or what is wrong with it."""

    score: float | None = None
    folds: list[float] = []  # noqa: RUF012  # never changed
    fault: str = ""


async def measure(folder: str, ran: Ran) -> Measured:
    """What a solution that ran is chosen by: its own validation score, if its submission is valid.

    Whatever else tells a solution's worth to the search belongs here, and nowhere else.

    Args:
        folder: Where it worked, and left `submission.csv`.
        ran: How its script ended.
    """
    if ran.fault:
        return Measured(fault=ran.fault)
    printed = read_score(ran.output)
    if printed is None:
        return Measured(fault=f'the script printed no line of JSON with a finite "{SCORE}"')
    told = await check_candidate(store_as(Validation), f"{folder}/submission.csv")
    if told is not None:
        return Measured(fault=told)
    return Measured(printed.score, printed.folds)
