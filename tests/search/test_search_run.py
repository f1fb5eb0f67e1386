"""Whole searches in the local sandbox: from prompts to a graded submission."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.agent import as_solver
from inspect_ai.log import EvalLog
from inspect_ai.model import Model, ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox, token_limit

from mlebench_inspect.agents import search
from mlebench_inspect.agents.search import engineer as asking
from mlebench_inspect.agents.search import loop
from mlebench_inspect.agents.search.keeping import Kept
from mlebench_inspect.agents.search.tree import Tree
from runs import run, score, value
from search.engineers import CRASHES, HANGS, INVALID, LEARNS, Speak, answers, engineer, works

SILENT = works(0.7).replace("print(", "str(")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PAUSES", (0.0,))


def in_order(*said: str | ModelOutput) -> Speak:
    """Answers one after the other; the last again and again."""
    left = list(said)
    return lambda prompt: left.pop(0) if len(left) > 1 else left[0]


def tree_of(log: EvalLog) -> Tree:
    (sample,) = log.samples or []
    return Tree.model_validate(sample.store["Kept:tree"])


def searched(tmp_path: Path, speak: Speak | Model, **options: Any) -> EvalLog:
    settings = {"policy": "greedy", "parallel": 1, "ensembles": 0, "debug_prob": 0.0, **options}
    model = speak if isinstance(speak, Model) else engineer(speak)
    log = run(tmp_path, search(**settings), model=model, time_limit=600)
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


def test_merges_and_ensembles_are_made_of_good_solutions(tmp_path: Path) -> None:
    asked: list[str] = []

    def speak(prompt: str) -> str:
        asked.append(prompt)
        return answers(works(0.9, LEARNS) if "combine solutions" in prompt else works(0.5 + 0.01 * len(asked)))

    settings = {"merge_prob": 1, "draft_prob": 0, "ensembles": 1}
    log = searched(tmp_path, speak, policy="evolutionary", drafts=2, max_steps=5, **settings)
    tree = tree_of(log)
    assert [n.operator for n in tree.nodes][:2] == ["draft", "draft"]
    assert {n.operator for n in tree.nodes[2:]} == {"merge", "ensemble"}
    assert not [n.fault for n in tree.nodes if n.fault]
    assert tree.steps <= 5
    best = tree.best()
    assert best is not None
    assert best.operator == "ensemble"
    assert value(log)["valid"] == 1


def test_the_part_that_matters_is_refined(tmp_path: Path) -> None:
    asked: list[str] = []

    def speak(prompt: str) -> str:
        asked.append(prompt)
        study = "find out which part" in prompt
        return answers("print('without features: 0.5')\n" if study else works(0.5 + 0.1 * len(asked), LEARNS))

    settings = {"merge_prob": 0, "ablate_prob": 1, "draft_prob": 0}
    log = searched(tmp_path, speak, policy="evolutionary", drafts=1, max_steps=3, **settings)
    tree = tree_of(log)
    assert [n.operator for n in tree.nodes] == ["draft", "ablate"]
    assert "refine the part" in asked[2]
    assert "without features: 0.5" in asked[2]
    best = tree.best()
    assert best is not None
    assert best.id == 1
    assert tree.steps == 3


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("I would rather talk about it.", "no whole fenced block"),
        (ModelOutput.from_content("mockllm", "No.", stop_reason="content_filter"), "refusal"),
        pytest.param("", "empty", marks=pytest.mark.nightly),
        pytest.param("```python\nprint(", "no whole fenced block", marks=pytest.mark.nightly),
        pytest.param(
            ModelOutput.from_content("mockllm", "```python\nprint(", stop_reason="max_tokens"),
            "cut off",
            marks=pytest.mark.nightly,
        ),
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
    assert "cannot be used: it has no whole fenced block of Python" in asked[1]


def test_a_solution_that_is_not_believed_does_not_count(tmp_path: Path) -> None:
    doubts = json.dumps({"lesson": "It trained on the test rows.", "sound": False})
    model = engineer(
        in_order(answers(works(0.99)), answers(works(0.6))), lambda prompt: doubts if "0.99" in prompt else "Fine."
    )
    log = searched(tmp_path, model, max_steps=2, drafts=2)
    tree = tree_of(log)
    assert "cannot be believed" in tree.nodes[0].fault
    best = tree.best()
    assert best is not None
    assert best.id == 1


# waits for the other one to be there as well
_MEETS = """\
import os, pathlib, time
pathlib.Path("../here-" + os.path.basename(os.getcwd())).touch()
end = time.monotonic() + 60
while len(list(pathlib.Path("..").glob("here-*"))) < 2:
    assert time.monotonic() < end
    time.sleep(0.05)
"""


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two CPUs")
def test_solutions_run_side_by_side(tmp_path: Path) -> None:
    log = searched(tmp_path, lambda prompt: answers(_MEETS + works(0.6)), drafts=2, max_steps=2, parallel=2)
    assert [n.fault for n in tree_of(log).nodes] == ["", ""]


def test_scripts_are_cut_to_the_time_left_and_the_search_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [1000.0, loop.MARGIN + 8, loop.MARGIN - 1]
    asked: list[str] = []

    def speak(prompt: str) -> str:
        asked.append(prompt)
        return answers(works(0.6) if len(asked) == 1 else HANGS)

    monkeypatch.setattr(loop, "time_left", lambda: left[max(0, min(len(asked), 3) - 1)])
    tree = tree_of(searched(tmp_path, speak, drafts=5))
    assert [n.good for n in tree.nodes] == [True, False, False]
    assert "stopped after 8 seconds" in tree.nodes[1].fault
    assert "no time left" in tree.nodes[2].fault
    assert "16 minutes 10 seconds are left. After this step 499 more can be taken" in asked[0]
    assert "0.6" in asked[1].partition("Where you stand")[2]


def test_a_search_whose_model_is_slow_ends_before_its_time_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PAUSES", (1000.0,))
    log = run(tmp_path, search(parallel=1), model=engineer(lambda prompt: answers("no script")), time_limit=20)
    (sample,) = log.samples or []
    assert sample.limit is None
    assert sample.store["AgentEnd:how"] == "time_used"
    assert (score(log).metadata or {})["ending"]["how"] == "time_used"


def test_the_next_best_takes_the_place_of_a_best_whose_file_is_gone(tmp_path: Path) -> None:
    removes = "import os\nos.remove('../1/submission.csv')\n"
    said = in_order(answers(works(0.7)), answers(works(0.8)), answers(removes + works(0.5)))
    log = searched(tmp_path, said, drafts=3, max_steps=3)
    tree = tree_of(log)
    best = tree.best()
    assert best is not None
    assert best.id == 0
    assert "gone" in tree.notes[0]
    assert value(log)["valid"] == 1


# the same answer for the held-back part as for the test set
_HELD_BACK = """\
rows = list(csv.DictReader(open("DATA/held_back/test.csv")))
with open("held_back.csv", "w") as out:
    out.write("PassengerId,Transported\\n")
    for row in rows:
        out.write(row["PassengerId"] + "," + str({answer}) + "\\n")
"""


def test_a_hidden_score_takes_the_place_of_the_printed_one(tmp_path: Path) -> None:
    codes = [
        works(0.99, answer) + _HELD_BACK.format(answer=answer) for answer in ("row['CryoSleep'] != 'True'", LEARNS)
    ]
    asked: list[str] = []
    said = in_order(answers(works(0.9)), *map(answers, codes))

    def speak(prompt: str) -> str | ModelOutput:
        asked.append(prompt)
        return said(prompt)

    settings = {"policy": "greedy", "parallel": 1, "ensembles": 0, "debug_prob": 0.0, "drafts": 3, "max_steps": 3}
    log = run(tmp_path, search(**settings), model=engineer(speak), time_limit=600, search_score=0.2)
    without, bad, good = tree_of(log).nodes
    assert "held_back.csv" in without.fault
    assert bad.score is not None
    assert good.score is not None
    assert bad.score < 0.5 < good.score
    assert all("/held_back`" in prompt for prompt in asked)
    assert value(log)["score"] > 0.65


def test_what_a_script_writes_over_the_submission_is_put_right(tmp_path: Path) -> None:
    spoils = "import pathlib\nfor p in pathlib.Path('../../../submission').glob('*.csv'):\n    p.write_text('x')\n"
    log = searched(tmp_path, in_order(answers(works(0.8)), answers(spoils + works(0.5))), drafts=2, max_steps=2)
    assert value(log)["valid"] == 1


def test_a_search_that_was_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    @solver
    def twice() -> Solver:
        first = search(policy="greedy", parallel=1, ensembles=0, debug_prob=0.0, max_steps=2, drafts=3)
        second = search(policy="greedy", parallel=1, ensembles=0, debug_prob=0.0, max_steps=4, drafts=3)

        async def solve(state: TaskState, generate: Generate) -> TaskState:
            await as_solver(first)(state, generate)
            store = state.store_as(Kept)
            cut = Tree.model_validate(store.tree)
            cut.begin("draft").code = "x = 1"  # was running when the run was cut off
            text = cut.model_dump_json()
            store.tree = {}  # as in a store that is lost; the file is there
            await sandbox().write_file("logs/search/tree.json", text)
            return await as_solver(second)(state, generate)

        return solve

    said = in_order(*(answers(works(s, LEARNS)) for s in (0.6, 0.7, 0.65)))
    log = run(tmp_path, twice(), model=engineer(said), time_limit=600)
    assert log.status == "success"
    tree = tree_of(log)
    assert [(n.operator, n.score) for n in tree.nodes] == [
        ("draft", 0.6), ("draft", 0.7), ("draft", None), ("improve", 0.65)
    ]  # fmt: skip
    assert "cut off" in tree.nodes[2].fault
    assert tree.nodes[3].at > tree.nodes[1].at
    assert value(log)["valid"] == 1


def test_a_limit_that_is_reached_leaves_the_best_in_place(tmp_path: Path) -> None:
    @solver
    def limited() -> Solver:
        inner = as_solver(search(policy="greedy", parallel=2, ensembles=0, max_steps=50))

        async def solve(state: TaskState, generate: Generate) -> TaskState:
            with token_limit(500):
                return await inner(state, generate)

        return solve

    log = run(tmp_path, limited(), model=engineer(lambda prompt: answers(works(0.6))), time_limit=600)
    (sample,) = log.samples or []
    assert sample.error is None
    assert sample.limit is not None
    assert sample.limit.type == "token"
    assert value(log)["valid"] == 1
