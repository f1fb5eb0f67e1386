"""What a solution is worth to the search: the one place where its score comes from."""

from __future__ import annotations

from typing import NamedTuple

import anyio
from inspect_ai.util import store_as

from mlebench_inspect.agents.search.hands import Ran
from mlebench_inspect.agents.search.parsing import SCORE, read_score
from mlebench_inspect.run.search_score import score_candidate
from mlebench_inspect.run.validation import Validation, check_candidate

HELD_BACK_FILE = "held_back.csv"
"""What a solution predicts for the held-back part, in runs that have one."""
_PAUSES = (0.0, 10.0, 60.0)
"""Seconds before each try at a hidden score, which so many may ask for at once."""


class Measured(NamedTuple):
    """The score of a solution, or what is wrong with it."""

    score: float | None = None
    folds: list[float] = []  # noqa: RUF012  # never changed
    fault: str = ""


async def measure(folder: str, ran: Ran) -> Measured:
    """What a solution that ran is chosen by, if its submission is valid.

    This is the hidden score where a part of the training data is held back (`-T search_score`), else the score that the
    script printed. Whatever else tells a solution's worth to the search belongs here, and nowhere else.

    Args:
        folder: Where it worked, and left `submission.csv`.
        ran: How its script ended.
    """
    sample = store_as(Validation)
    if ran.fault:
        return Measured(fault=ran.fault)
    printed = read_score(ran.output)
    if printed is None and sample.search_score is None:
        return Measured(fault=f'the script printed no line of JSON with a finite "{SCORE}"')
    told = await check_candidate(sample, f"{folder}/submission.csv")
    if told is not None:
        return Measured(fault=told)
    folds = printed.folds if printed else []
    if sample.search_score is None:
        return Measured(printed.score if printed else None, folds)
    return await _hidden(sample, f"{folder}/{HELD_BACK_FILE}", folds)


async def _hidden(sample: Validation, path: str, folds: list[float]) -> Measured:
    answer = ""
    for pause in _PAUSES:
        await anyio.sleep(pause)
        answer, score = await score_candidate(sample, path)
        if score is not None:
            return Measured(score, folds)
        if answer.startswith("Invalid") or "are valid" in answer:
            break
    return Measured(fault=f"the predictions for the held-back part have no score: {answer}")
