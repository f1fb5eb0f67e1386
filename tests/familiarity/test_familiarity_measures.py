"""Measures of familiarity by hand-computed means, by models that give log-probabilities and that do not."""

from __future__ import annotations

import math
from typing import Any

import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog
from inspect_ai.model import Model
from scripted_logprobs import scripted

from mlebench_inspect.familiarity import measuring
from mlebench_inspect.familiarity.measuring import NotOffered, first_halves, of_continuations, of_description, of_recall
from mlebench_inspect.familiarity.questions import corrected, letter_of, questions
from mlebench_inspect.familiarity.task import familiarity
from mlebench_inspect.tasks import competition, competitions

SHIP, LEAF = "spaceship-titanic", "leaf-classification"
TEXT = "Tell who was lost, and why."  # 4 + 3 + 3 + 5 + 3 + 4 letters, 6 words


def run(model: Model, **options: Any) -> EvalLog:
    task = familiarity(competitions=f"{SHIP},{LEAF}", **options)
    (log,) = inspect_eval(task, model=model, display="none", log_format="json", log_dir="memory://familiar")
    return log


@pytest.mark.anyio
@pytest.mark.parametrize("template", [True, False])
async def test_the_mean_of_given_text_is_of_its_tokens_alone(template: bool) -> None:
    model = scripted("prompt", template=template)
    found = await of_description(model, TEXT)
    assert found.value == pytest.approx(-22 / 6)
    assert found.number == 6
    (asked,) = model.api.asked  # type: ignore[attr-defined]
    assert asked[0] == TEXT
    assert (asked[1].prompt_logprobs, asked[1].max_tokens, asked[1].temperature) == (1, 1, 0.0)


@pytest.mark.anyio
async def test_continuations_are_of_generated_tokens() -> None:
    model = scripted("output")
    text = "# Title\n\n" + " ".join(f"Word{n}" for n in range(14)) + ". Short one. " + "Long " * 20 + ".\n- a list\n"
    found = await of_continuations(model, text)
    assert found.value == pytest.approx(-(3 + 5 + 5) / 3)
    assert found.number == 6
    assert len(model.api.asked) == 2
    assert model.api.asked[0][0].endswith("\n\nWord0 Word1 Word2 Word3 Word4 Word5 Word6")
    assert (model.api.asked[0][1].logprobs, model.api.asked[0][1].max_tokens) == (True, measuring.TOKENS)


@pytest.mark.anyio
async def test_recall_is_corrected_for_guessing() -> None:
    asked = questions(competition(SHIP))
    for letter in "ABCD":
        right = sum(q.key == letter for q in asked)
        found = await of_recall(scripted(reply=f"Let me think.\nANSWER: {letter}"), competition(SHIP), 0)
        assert found.value == pytest.approx((right / 5 - 0.25) / 0.75)
    assert [corrected(n, 4) for n in (0, 1, 4)] == pytest.approx([-1 / 3, 0, 1])


@pytest.mark.anyio
@pytest.mark.parametrize("gives", ["none", "refuses"])
async def test_what_a_provider_does_not_offer_is_said(gives: str) -> None:
    model = scripted(gives)
    for measure in (of_description, of_continuations):
        with pytest.raises(
            NotOffered, match="no log-prob" if gives == "none" else "Unknown parameter: prompt_logprobs$"
        ):
            await measure(model, competition(SHIP).description())


@pytest.mark.parametrize(
    ("gives", "measure"),
    [("prompt", "description"), ("output", "continuation"), ("none", "recall"), ("refuses", "recall")],
)
def test_the_first_measure_that_is_offered_is_taken_and_named(gives: str, measure: str) -> None:
    log = run(scripted(gives))
    assert log.status == "success", log.error
    for sample in log.samples or []:
        score = (sample.scores or {})["familiarity"]
        assert (score.metadata or {})["measure"] == measure
        assert str(score.explanation).startswith(f"{measure}: ")
        assert math.isfinite(score.as_float())
    assert log.results
    (found,) = log.results.scores
    assert list(found.metrics) == [measure]


def test_a_measure_that_was_asked_for_and_is_not_offered_is_an_error() -> None:
    log = run(scripted("none"), measure="description")
    assert log.status == "error"
    assert "description: no log-probabilities of given text; give -T measure=recall" in str(log.error)


def test_measures_are_never_one_figure() -> None:
    model = scripted("prompt", reply="?")
    model.api.only = "Spaceship"  # type: ignore[attr-defined]
    log = run(model)
    assert log.results
    metrics = {name: m.value for name, m in log.results.scores[0].metrics.items()}
    assert set(metrics) == {"description", "recall"}
    assert metrics["recall"] == pytest.approx(-1 / 3)


def test_texts_of_ones_own_are_taken(tmp_path: Any) -> None:
    for name in (SHIP, LEAF):
        (tmp_path / f"{name}.md").write_text(TEXT)
    log = run(scripted("prompt"), descriptions=str(tmp_path))
    assert [(s.scores or {})["familiarity"].as_float() for s in log.samples or []] == pytest.approx([-22 / 6] * 2)


def test_every_competition_has_five_questions_with_one_right_answer() -> None:
    letters = ""
    for found in [*competitions("all"), *competitions("dev")]:
        asked = questions(found)
        assert len(asked) == 5
        assert [len(set(q.choices)) for q in asked] == [4] * 5
        letters += "".join(q.key for q in asked)
    assert min(letters.count(letter) for letter in "ABCD") > 80
    assert questions(competition(SHIP)) == questions(competition(SHIP))
    assert questions(competition(SHIP), 1) != questions(competition(SHIP))


def test_the_key_is_the_fact() -> None:
    right = {q.kind: q.choices["ABCD".index(q.key)] for q in questions(competition(SHIP))}
    assert right == {
        "metric": "accuracy",
        "teams": "2,300",
        "columns": "PassengerId,Transported",
        "gold": "0.82",
        "size": "0.0012",
    }
    prize = questions(competition("tweet-sentiment-extraction"))[4]
    assert (prize.kind, prize.choices["ABCD".index(prize.key)]) == ("prize", "15,000")


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("ANSWER: B", "B"),
        ("b", "B"),
        (" **C)** ", "C"),
        ("Not A.\nANSWER: **D**", "D"),
        ("The answer is (C).", "C"),
        ("ANSWER: A or rather\nANSWER: B", "B"),
        ("ANSWER: Denver", None),
        ("I do not know.", None),
        ("", None),
    ],
)
def test_a_reply_is_read(reply: str, letter: str | None) -> None:
    assert letter_of(reply) == letter


def test_descriptions_have_sentences_to_go_on_from() -> None:
    for found in competitions("all"):
        assert first_halves(found.description()), found.id
