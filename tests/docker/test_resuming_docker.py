"""Samples that are cut off and go on from a checkpoint in another container, where root has no capabilities."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.chat_api import ChatApi
from agents.killing import Killing
from agents.resumed import Engineer, Steps, check_time, kept, notices
from mlebench_inspect.agents.search.tree import Tree
from restic_stand_in import put_restic

pytestmark = pytest.mark.docker
EACH_TURN = ("--checkpoint", "turn:1")
SEARCH = ["policy=greedy", "drafts=6", "max_steps=5", "ensembles=0", "review=false", "parallel=2", "debug_prob=0"]
# what root without capabilities could neither read nor give back
BEGINS = """
umask 077
mkdir /home/code/closed && echo secret >/home/code/closed/file && ln -s closed/file /home/code/link
printf '#!/bin/sh\\necho runs' >/home/code/program && chmod 500 /home/code/program && echo mine >/home/agent/own
cp /home/data/sample_submission.csv /home/submission/submission.csv
nohup sleep 4567 >/dev/null 2>&1 &
"""
LOOKS = """
cat /home/code/link /home/agent/own && /home/code/program
stat -c '%U %a' /home/code/closed /home/code/program /home/submission/submission.csv
curl -s -F file=@/home/submission/submission.csv http://localhost:5000/validate
for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; done | grep -c 'sleep [4]567' | sed 's/^/running: /'
"""


@pytest.fixture
def killing(tmp_path: Path, api: ChatApi) -> Iterator[Killing]:
    put_restic(tmp_path / "cache")
    killing = Killing(tmp_path, api, Steps(BEGINS, "true", LOOKS), {"XDG_CACHE_HOME": str(tmp_path / "cache")})
    yield killing
    killing.remove_containers()


def test_a_killed_react_agent_goes_on_in_another_container(killing: Killing) -> None:
    killing.kill_in_call(3, "mlebench_inspect/react", *EACH_TURN, "-T", "snapshot_every=1")
    before = len(killing.api.requests)
    log = killing.retry(*EACH_TURN)
    killing.check(log)
    first, second = killing.api.requests[before : before + 2]
    assert len(notices(first)) == 1
    seen = str(second["messages"][-1]["content"])
    assert "secret\nmine\nruns" in seen
    assert "agent 700\nagent 500\nagent 600" in seen
    assert "The submission is valid" in seen
    assert "running: 0" in seen
    check_time(log)


@pytest.mark.nightly
def test_a_killed_search_goes_on_in_another_container(killing: Killing) -> None:
    killing.script = Engineer()
    settings = [part for setting in SEARCH for part in ("-S", setting)]
    killing.kill_in_call(4, "mlebench_inspect/search", *EACH_TURN, *settings)
    log = killing.retry(*EACH_TURN)
    killing.check(log)
    tree = Tree.model_validate(kept(log, "Kept:tree"))
    assert tree.steps == 5
    best = tree.best()
    assert best is not None
    assert best.id == max(n.id for n in tree.good())
    check_time(log)
