"""The published numbers of steps by their names."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from inspect_ai.agent import AgentState

from mlebench_inspect.agents import aide


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "steps"), [({}, 2000), ({"steps": "paper"}, 2000), ({"steps": "reference"}, 500), ({"steps": 7}, 7)]
)
async def test_steps_have_names(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], steps: int) -> None:
    told: dict[str, Any] = {}

    async def run_in_sandbox(scaffold: str, state: AgentState, settings: dict[str, Any], **options: Any) -> AgentState:
        told.update(settings)
        return state

    module = sys.modules["mlebench_inspect.agents.aide"]
    monkeypatch.setattr(module, "run_in_sandbox", run_in_sandbox)
    monkeypatch.setattr(module, "get_model", lambda role: None)
    await aide(**given)(AgentState(messages=[]))
    assert told["steps"] == steps
