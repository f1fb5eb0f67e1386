"""The measures of familiarity, which are never mixed: each asks a model one thing about one competition."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, get_args

from inspect_ai.model import ChatMessageUser, GenerateConfig, Logprob, Model, ModelOutput
from inspect_ai.util import LimitExceededError

from mlebench_inspect.familiarity.questions import corrected, letter_of, questions
from mlebench_inspect.tasks import Competition

Measure = Literal["description", "continuation", "recall"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
ASKED: dict[Measure, str] = {
    "description": "mean log-probability of the tokens of the description",
    "continuation": "mean log-probability of the model's own continuations of the description's sentences",
    "recall": "share of five questions answered right, corrected for guessing",
}

SENTENCES, TOKENS = 5, 16
"""Sentences that are continued, and tokens of a continuation."""
LONGEST = 20_000
"""Characters of a description."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_WORDS = 12
"""That a sentence must have to be continued."""


class Measured(NamedTuple):
    """What a measure gave."""

    value: float
    number: int
    """Tokens that the mean is of, or questions."""
    about: dict[str, Any]
    """For people."""


class NotOffered(Exception):
    """The provider does not give what a measure needs. The message says why."""


async def measured(measure: Measure, model: Model, found: Competition, text: str, seed: int) -> Measured:
    """One measure.

    Args:
        measure: Its name.
        model: Who is asked.
        found: What is asked about.
        text: The competition's description.
        seed: Of the questions.

    Raises:
        NotOffered: The provider gives no log-probabilities of that kind.
    """
    if measure == "description":
        return await of_description(model, text)
    if measure == "continuation":
        return await of_continuations(model, text)
    return await of_recall(model, found, seed)


async def of_description(model: Model, text: str) -> Measured:
    """Mean log-probability of the tokens of a given text.

    Raises:
        NotOffered: The provider gives none of given text.
    """
    output = await _asked(model, text, GenerateConfig(prompt_logprobs=1, max_tokens=1, temperature=0.0))
    given = output.choices[0].prompt_logprobs if output.choices else None
    if given is None or not given.content:
        raise NotOffered("no log-probabilities of given text")
    of_text = within(given.content, text)
    return _mean(of_text or given.content, {"alone": bool(of_text)})


def within(tokens: Sequence[Logprob], text: str) -> list[Logprob]:
    """The tokens of a text alone, out of those of a chat's template around it; none where it cannot be found."""
    whole = "".join(token.token for token in tokens)
    start = whole.find(text.strip())
    if start < 0:  # its first token has no log-probability, since nothing stands before it, or is marked otherwise
        start = whole.find(text.strip()[30:])
    if start < 0:
        return []
    found, at, end = [], 0, start + len(text.strip())
    for token in tokens:
        if start <= at < end:
            found.append(token)
        at += len(token.token)
    return found


async def of_continuations(model: Model, text: str) -> Measured:
    """Mean log-probability of the tokens by which a model goes on from the first halves of sentences.

    It is another measure than that of a given text: how sure a model is of its own words, whether they are true or not.

    Raises:
        NotOffered: The provider gives none, or there is no sentence.
    """
    config = GenerateConfig(logprobs=True, top_logprobs=1, max_tokens=TOKENS, temperature=0.0)
    tokens: list[Logprob] = []
    halves = first_halves(text)
    if not halves:
        raise NotOffered("the description has no long sentence")
    for half in halves:
        prompt = f"Continue this text. Reply with the continuation alone.\n\n{half}"
        output = await _asked(model, prompt, config)
        given = output.choices[0].logprobs if output.choices else None
        if given is None or not given.content:
            raise NotOffered("no log-probabilities of generated text")
        tokens += given.content[:TOKENS]
    return _mean(tokens, {"sentences": len(halves)})


def first_halves(text: str) -> list[str]:
    """The first halves of a few sentences, evenly spread over the prose of a description."""
    prose = [line for line in text.splitlines() if line and line[0].isalpha()]
    found = [s.split() for line in prose for s in _SENTENCE.split(line)]
    long = [words for words in found if len(words) >= _WORDS]
    number = min(SENTENCES, len(long))
    chosen = [long[place * len(long) // number] for place in range(number)]
    return [" ".join(words[: len(words) // 2]) for words in chosen]


async def of_recall(model: Model, found: Competition, seed: int) -> Measured:
    """Share of the questions that are answered right, corrected for guessing; no usable answer is a wrong one."""
    asked = questions(found, seed)
    told: dict[str, Any] = {}
    for question in asked:
        output = await model.generate([ChatMessageUser(content=question.prompt)])
        told[question.kind] = {"said": letter_of(output.completion), "key": question.key}
    right = sum(answer["said"] == answer["key"] for answer in told.values())
    return Measured(corrected(right, len(asked)), len(asked), {"right": right, "answers": told})


async def _asked(model: Model, prompt: str, config: GenerateConfig) -> ModelOutput:
    """The model's output.

    Raises:
        NotOffered: The provider refuses the call, as some do what they do not know.
    """
    try:
        return await model.generate([ChatMessageUser(content=prompt)], config=config)
    except LimitExceededError:
        raise
    except Exception as ex:  # whatever a provider raises, after Inspect's own retries
        told = str(ex).strip().splitlines()
        raise NotOffered(f"the provider refuses: {type(ex).__name__}: {told[0][:200] if told else ''}") from ex


def _mean(tokens: Sequence[Logprob], about: dict[str, Any]) -> Measured:
    known = [token.logprob for token in tokens if math.isfinite(token.logprob)]
    if not known:
        raise NotOffered("no log-probability is a number")
    return Measured(math.fsum(known) / len(known), len(known), {**about, "tokens": len(tokens)})
