"""Agents of inspect_swe whose program is not there: the mend is named, whatever broke."""

from __future__ import annotations

import asyncio
import sys
import types
from typing import Any

import pytest

from mlebench_inspect._inspect_swe import explain_installs
from mlebench_inspect.run import programs


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of an agent that cannot be fetched."""

    async def ensure_it_is_there() -> str:
        raise OSError("Name or service not known")

    module: Any = types.ModuleType("inspect_swe._codex_cli.agentbinary")
    module.ensure_it_is_there = ensure_it_is_there
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_a_failed_install_is_explained_once(agent: Any) -> None:
    def explain(name: str, failure: Exception) -> Exception:
        return ValueError(f"{name}: {failure}")

    assert explain_installs(explain) >= 1
    explain_installs(explain)
    with pytest.raises(ValueError, match=r"^codex_cli: Name or service not known$"):
        asyncio.run(agent.ensure_it_is_there())


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        (
            "codex_cli",
            "`mlebench-inspect build codex` and run the task with `--solver mlebench_inspect/codex -T",
        ),
        (
            "gemini_cli",
            "`mlebench-inspect build gemini-cli` and run the task with `--solver mlebench_inspect/gemini",
        ),
        ("kimi_code", "where this host has a network, or one of aide, openhands, mini_swe_agent, claude_code, codex"),
    ],
)
def test_the_mend_names_what_to_type(name: str, mend: str) -> None:
    told = programs.mend_of(name, OSError("Name or service\nnot known"))
    assert told.startswith(f"{name} is not in this sandbox's image")
    assert "(Name or service not known)" in told
    assert mend in told
    assert "\n" not in told
