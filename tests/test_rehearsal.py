"""The stand-in for a model ends a whole run with a valid submission, with no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tiktoken
from inspect_ai.agent import as_solver
from inspect_ai.agent import react as inspect_react
from inspect_ai.solver import basic_agent
from inspect_ai.tool import bash

from mlebench_inspect.agents import react
from runs import run, score

AGENTS = {
    "react": lambda: as_solver(react()),
    "react by text": lambda: as_solver(react(actions="text")),
    "Inspect's react": lambda: as_solver(inspect_react(tools=[bash(timeout=60)])),
    "Inspect's basic agent": lambda: basic_agent(tools=[bash(timeout=60)], message_limit=20),
}


@pytest.mark.docker
@pytest.mark.parametrize("agent", AGENTS)
def test_it_submits_the_sample_submission(agent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(name: str) -> Any:
        raise OSError(f"no table {name}")

    monkeypatch.setattr(tiktoken, "get_encoding", no_network)
    monkeypatch.setenv("MLEBENCH_DATA_DIR", str(tmp_path / "data"))
    log = run(tmp_path, AGENTS[agent](), sandbox="docker", model="rehearsal/model", time_limit=150)
    assert log.status == "success"
    assert score(log).value["score"] == 0.625  # type: ignore[index,call-overload]
    assert log.stats.model_usage["rehearsal/model"].total_tokens > 100
