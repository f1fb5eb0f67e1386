"""The search scaffold in Docker, with solutions that fail in the ways that need a real sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspect_ai.solver import Generate, Solver, TaskState, chain, solver
from inspect_ai.util import sandbox

from mlebench_inspect.agents import search
from mlebench_inspect.agents.search.tree import Tree
from runs import run, value
from search.engineers import HANGS, LEARNS, answers, engineer, works

pytestmark = pytest.mark.docker

EATS = "rows = []\nwhile True:\n    rows.append(bytearray(2**26))\n"


@solver
def look(words: str) -> Solver:
    """Notes the processes whose command line has these words."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        script = "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done"
        seen = await sandbox().exec(["sh", "-c", script], timeout=60)
        state.store.set("left", [line for line in seen.stdout.splitlines() if words in line and "tr" not in line])
        return state

    return solve


def test_solutions_that_hang_or_eat_all_memory_are_ended_and_the_search_goes_on(tmp_path: Path) -> None:
    codes = [EATS, HANGS, works(0.8, LEARNS), works(0.7)]
    model = engineer(lambda prompt: answers(codes.pop(0)))
    settings = {"policy": "greedy", "drafts": 4, "max_steps": 4, "parallel": 1, "debug_prob": 0.0, "ensembles": 0}
    log = run(
        tmp_path,
        chain(search(**settings, step_timeout=30), look("sleep")),
        sandbox="docker",
        memory="1g",
        model=model,
        time_limit=900,
    )
    assert log.status == "success"
    (sample,) = log.samples or []
    tree = Tree.model_validate(sample.store["Kept:tree"])
    assert "memory" in tree.nodes[0].fault
    assert "stopped after 30 seconds" in tree.nodes[1].fault
    best = tree.best()
    assert best is not None
    assert best.id == 2
    assert value(log)["score"] > 0.65
    assert not [line for line in sample.store["left"] if "4321" in line]
