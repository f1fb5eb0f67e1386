"""Whole searches in the local sandbox: from prompts to a graded submission."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import ModelOutput

from agents.scripted import with_usage
from mlebench_inspect.agents import search
from mlebench_inspect.agents.search import engineer as asking
from mlebench_inspect.agents.search.tree import Tree
from runs import run, value
from search.engineers import CRASHES, HANGS, INVALID, LEARNS, answers, engineer, works

SILENT = works(0.7).replace("print(", "str(")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PAUSES", (0.0,))


def in_order(*said: str | ModelOutput) -> Callable[[str], str | ModelOutput]:
    """Answers one after the other; the last again and again."""
    left = list(said)
    return lambda prompt: left.pop(0) if len(left) > 1 else left[0]


def tree_of(log: EvalLog) -> Tree:
    (sample,) = log.samples or []
    return Tree.model_validate(sample.store["Kept:tree"])


def searched(tmp_path: Path, speak: Callable[[str], str | ModelOutput], **options: Any) -> EvalLog:
    settings = {"policy": "greedy", "parallel": 1, "ensembles": 0, "debug_prob": 0.0, **options}
    log = run(tmp_path, search(**settings), model=engineer(speak), time_limit=600)
    assert log.status == "success"
    return log


def running(words: str) -> bool:
    return subprocess.run(["pgrep", "-f", words], capture_output=True, timeout=60).returncode == 0


def test_the_best_of_many_kinds_of_solutions_is_graded(tmp_path: Path) -> None:
    speak = in_order(
        *(answers(c) for c in (CRASHES, SILENT, works(0.6), INVALID, HANGS, works(0.8, LEARNS))), answers(works(0.7))
    )
    log = searched(tmp_path, speak, drafts=6, max_steps=7, step_timeout=10)
    tree = tree_of(log)
    faults = [n.fault for n in tree.nodes]
    assert "no such column" in faults[0]
    assert "validation_score" in faults[1]
    assert faults[2] == ""
    assert "PassengerId" in faults[3]
    assert "stopped after 10 seconds" in faults[4]
    assert faults[5] == faults[6] == ""
    assert [n.operator for n in tree.nodes] == ["draft"] * 6 + ["improve"]
    best = tree.best()
    assert best is not None
    assert (best.id, best.folds, best.lesson) == (5, [0.8, 0.8], "Facts.")
    assert value(log)["valid"] == 1
    assert value(log)["score"] > 0.65
    assert not running("sleep 4321")


def test_merges_ablations_and_ensembles_are_made_of_good_solutions(tmp_path: Path) -> None:
    asked: list[str] = []

    def speak(prompt: str) -> str:
        asked.append(prompt)
        if "find out which part" in prompt:
            return answers("print('without features: 0.5')\n")
        if "combine solutions" in prompt:
            return answers(works(0.9, LEARNS))
        return answers(works(0.5 + 0.01 * len(asked)))

    log = searched(
        tmp_path, speak, policy="evolutionary", drafts=2, max_steps=9, merge_prob=0.5, ablate_prob=1.0, draft_prob=0,
        ensembles=1, parallel=2,
    )  # fmt: skip
    tree = tree_of(log)
    assert {n.operator for n in tree.nodes} == {"draft", "merge", "ablate", "ensemble"}
    assert not [n.fault for n in tree.nodes if n.fault]
    assert tree.steps <= 9
    best = tree.best()
    assert best is not None
    assert best.operator == "ensemble"
    assert any("refine the part" in p and "without features: 0.5" in p for p in asked)
    assert value(log)["valid"] == 1


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("I would rather talk about it.", "no fenced block"),
        ("", "no code"),
        (answers("this is no Python\n"), "no valid Python"),
        (ModelOutput.from_content("mockllm", "No.", stop_reason="content_filter"), "refusal"),
        (ModelOutput.from_content("mockllm", "```python\nprint(", stop_reason="max_tokens"), "cut off"),
    ],
)
def test_a_model_that_gives_no_script_ends_the_search_with_a_note(
    tmp_path: Path, said: str | ModelOutput, fault: str
) -> None:
    asked = 0

    def speak(prompt: str) -> str | ModelOutput:
        nonlocal asked
        asked += 1
        return said

    log = searched(tmp_path, speak, max_failures=2)
    tree = tree_of(log)
    assert [fault in n.fault for n in tree.nodes] == [True, True]
    assert asked == 2 * asking.TRIES
    assert "no script 2 times in a row" in tree.notes[0]
    assert value(log)["made"] == 0


def test_a_bad_answer_is_asked_for_again_with_what_was_wrong(tmp_path: Path) -> None:
    asked: list[str] = []
    said = in_order("Prose.", answers(works(0.6)))

    def speak(prompt: str) -> str | ModelOutput:
        asked.append(prompt)
        return said(prompt)

    log = searched(tmp_path, speak, max_steps=1)
    assert value(log)["valid"] == 1
    assert "cannot be used: it has no fenced block of Python" in asked[1]


def test_a_solution_that_is_not_believed_does_not_count(tmp_path: Path) -> None:
    model = engineer(in_order(answers(works(0.99)), answers(works(0.6))))
    plain = model.api.custom_outputs  # type: ignore[attr-defined]

    def doubting(input: list[Any], *rest: Any) -> ModelOutput:
        text = input[-1].text
        if text.startswith("You review") and "0.99" in text:
            said = json.dumps({"lesson": "It trained on the test rows.", "sound": False})
            return with_usage(ModelOutput.from_content("mockllm", said))
        return plain(input, *rest)  # type: ignore[no-any-return]

    model.api.custom_outputs = doubting  # type: ignore[attr-defined]
    log = run(
        tmp_path, search(policy="greedy", parallel=1, ensembles=0, max_steps=2, debug_prob=0.0, drafts=2), model=model
    )
    tree = tree_of(log)
    assert "cannot be believed" in tree.nodes[0].fault
    best = tree.best()
    assert best is not None
    assert best.id == 1


def test_what_a_script_writes_over_the_submission_is_put_right(tmp_path: Path) -> None:
    spoils = "import pathlib\nfor p in pathlib.Path('../../../submission').glob('*.csv'):\n    p.write_text('x')\n"
    log = searched(tmp_path, in_order(answers(works(0.8)), answers(spoils + works(0.5))), drafts=2, max_steps=2)
    assert value(log)["valid"] == 1
