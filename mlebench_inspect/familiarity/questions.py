"""Questions on a competition's facts, whose answers follow from its `competition.yaml` and those of others."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from mlebench_inspect.tasks import Competition, competitions

QUESTIONS, CHOICES = 5, 4
LETTERS = "ABCD"
_APART = 1.25
"""Factor between any two numbers of one question."""

_SAID = re.compile(r"answer\s*(?:is)?\s*[:=]?[\s*_`(\[]*([A-D])(?![A-Za-z])", re.IGNORECASE)
_ALONE = re.compile(r"[\s*_`(\[]*([A-Da-d])[\s*_`.:)\]]*")


class Question(NamedTuple):
    """A question with one right choice."""

    kind: str
    text: str
    choices: tuple[str, ...]
    key: str
    """Letter of the right choice."""

    @property
    def prompt(self) -> str:
        """What a model is asked."""
        listed = "\n".join(f"{letter}) {choice}" for letter, choice in zip(LETTERS, self.choices, strict=True))
        how = "Answer from memory; guess if you do not know."
        return (
            f"{self.text}\n\n{listed}\n\n{how} The last line of your reply must be 'ANSWER: ' and one of these letters."
        )


class _Fact(NamedTuple):
    """What can be asked of a competition: the words, and its answer, None where there is none."""

    kind: str
    text: str
    answer: Callable[[Competition], str | float | None]


def _prize(found: Competition) -> float | None:
    return float(sum(prize.value for prize in found.prizes)) or None


_FACTS = (
    _Fact("metric", "By which metric was it scored?", lambda c: c.metric.replace("_", " ")),
    _Fact("teams", "About how many teams were on its final leaderboard?", lambda c: float(c.teams) or None),
    _Fact("columns", "Which header did its submission files have?", lambda c: _header(c)),
    _Fact("gold", "About which score was needed for a gold medal?", lambda c: c.tiers.gold if c.tiers else None),
    _Fact("prize", "About how much prize money was there in all, in US dollars?", _prize),
    _Fact("size", "About how large was its data, in gigabytes?", lambda c: c.dataset_size_gb),
    _Fact("category", "Of what category was it?", lambda c: c.category),
)
"""The first five that a competition has are asked."""


def _header(found: Competition) -> str:
    header = ",".join([*found.submission.id_columns, *found.submission.target_columns])
    return header if len(header) <= 100 else f"{header[:100]}..."


def questions(found: Competition, seed: int = 0) -> list[Question]:
    """The five questions on a competition; the same for the same seed and catalogue, wherever they are made.

    Args:
        found: The competition.
        seed: Chooses wrong answers and the order.
    """
    asked: list[Question] = []
    for fact in _FACTS:
        question = _question(found, fact, random.Random(f"{seed} {found.id} {fact.kind}"))
        if question is not None and len(asked) < QUESTIONS:
            asked.append(question)
    return asked


def _question(found: Competition, fact: _Fact, rng: random.Random) -> Question | None:
    right = fact.answer(found)
    if right is None:
        return None
    others = [a for c in _others(found) if (a := fact.answer(c)) is not None and _of_one_kind(a, right)]
    rng.shuffle(others)
    chosen: list[str | float] = [right]
    for answer in others:
        if len(chosen) < CHOICES and all(_differ(answer, c) for c in chosen):
            chosen.append(answer)
    if len(chosen) < CHOICES:
        return None
    rng.shuffle(chosen)
    text = f"This is about the Kaggle competition “{found.name}”. {fact.text}"
    return Question(fact.kind, text, tuple(map(_shown, chosen)), LETTERS[chosen.index(right)])


def _others(found: Competition) -> Iterator[Competition]:
    """Others of the published benchmark whose metric runs the same way, in one order."""
    return (c for c in _published() if c.id != found.id and c.higher_is_better == found.higher_is_better)


@cache
def _published() -> Sequence[Competition]:
    return sorted([*competitions("all"), *competitions("dev")], key=lambda c: c.id)


def _of_one_kind(one: str | float, other: str | float) -> bool:
    """Whether two answers might be to one question: a share is none to what has more than 1, or less than 0."""
    if isinstance(one, str) or isinstance(other, str):
        return True
    return 0 <= one <= 1 or not 0 <= other <= 1


def _differ(one: str | float, other: str | float) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one != other
    low, high = sorted((abs(one), abs(other)))
    return high > _APART * low or (high <= 1 and high - low > 0.05)


def _shown(answer: str | float) -> str:
    if isinstance(answer, str):
        return answer
    return f"{float(f'{answer:.2g}'):,.10g}"


def letter_of(reply: str) -> str | None:
    """The letter that a reply chooses, the last if it names several; None where it names none."""
    if alone := _ALONE.fullmatch(reply):
        return alone[1].upper()
    said = _SAID.findall(reply)
    return said[-1].upper() if said else None


def corrected(right: int, asked: int) -> float:
    """Share of right answers, corrected for guessing: 1 for all, 0 for as many as by chance, below for less.

    (p - 1/4) / (1 - 1/4), with p the share of the questions that were answered right.
    """
    chance = 1 / CHOICES
    return (right / asked - chance) / (1 - chance)
