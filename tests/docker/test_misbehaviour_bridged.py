"""Scaffolds behind the bridge, under models that misbehave: whatever these do, runs end with a name and are graded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig

from agents.chat_api import ChatApi, chat_api
from agents.misbehaviour import KINDS
from agents.over_api import Misbehaving
from mlebench_inspect.agents import aide, mini_swe_agent, openhands
from mlebench_inspect.sandboxes.building import IMAGES
from runs import run

pytestmark = pytest.mark.docker

SCAFFOLDS: dict[str, Callable[[], Any]] = {
    "aide": lambda: aide(steps=2),
    "openhands": openhands,
    "mini-swe-agent": mini_swe_agent,
}


@pytest.fixture
def api() -> Iterator[ChatApi]:
    with chat_api() as found:
        yield found


def misbehave(tmp_path: Path, api: ChatApi, scaffold: str, kind: str, often: str, limit: int = 240) -> EvalLog:
    found = KINDS[kind]
    api.script = Misbehaving(found, often)
    config = GenerateConfig(max_retries=1, attempt_timeout=5 if kind == "time-out" else None)
    solver = aide() if (scaffold, often) == ("aide", "always") else SCAFFOLDS[scaffold]()
    log: EvalLog = run(
        tmp_path,
        solver,
        sandbox="docker",
        image=IMAGES[scaffold],
        model=api.model(config=config),
        time_limit=limit,
    )
    return log
