"""Limits of time, messages, tokens and costs, and SIGKILL: each end has its name, and what lay in place its grade."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.chat_api import ChatApi, Reply, Request, call, calls, says
from agents.killing import Killing
from agents.limits import LIMITS, check_limited, price
from agents.native import DATA, mlab_goes_on, mlab_work
from agents.test_misbehaviour import COPY, well_behaved
from mlebench_inspect.agents import mlab, pace, react, search
from runs import run
from search.engineers import answers, works

AGENTS = {"react": react, "mlab": mlab, "search": lambda: search(parallel=1)}
CASES = [(s, kind) for s in ("react", "mlab") for kind in LIMITS] + [("search", "message")]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LONGEST_PAUSE", 1.0)


def works_on(scaffold: str, api: ChatApi) -> None:
    """Puts the sample submission in place, and never ends."""

    def react_script(request: Request) -> Reply:
        n = len(api.requests)
        return calls(call("bash", {"command": f"{COPY}; echo {n}"}))

    def mlab_script(request: Request) -> Reply:
        return mlab_work(request) if len(api.requests) <= 5 else mlab_goes_on(len(api.requests))(request)

    def search_script(request: Request) -> Reply:
        return says(answers(works(0.6).replace("DATA", DATA) + f"# {len(api.requests)}\n"))

    api.script = {"react": react_script, "mlab": mlab_script, "search": search_script}[scaffold]


@pytest.mark.parametrize(
    ("scaffold", "kind"), [pytest.param(*c, marks=[pytest.mark.nightly] if c[1] == "time" else []) for c in CASES]
)
def test_a_limit_ends_a_run_by_its_name(tmp_path: Path, api: ChatApi, scaffold: str, kind: str) -> None:
    works_on(scaffold, api)
    options = {"time_limit": 600, **LIMITS[kind]}
    check_limited(run(tmp_path, AGENTS[scaffold](), model=price(api.model()), allow_local=True, **options), kind)


def test_a_killed_run_is_taken_up_again_and_counts_once(tmp_path: Path, api: ChatApi) -> None:
    killing = Killing(tmp_path, api, well_behaved)
    killing.kill_in_call(2, "mlebench_inspect/react", "-T", "sandbox=local", "-T", "allow_local=true")
    left = killing.temporary()
    asked = len(api.requests)
    killing.check(killing.retry())
    assert len(api.requests) > asked + 1, "it did not begin anew"
    assert killing.temporary() <= left
