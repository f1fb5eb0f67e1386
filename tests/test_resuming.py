"""Samples that are cut off and go on from a checkpoint: on this host, with Inspect's own runner in another process."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from agents.chat_api import ChatApi, Reply, Request, turn
from agents.killing import Killing
from agents.resumed import Engineer, Steps, check_time, kept, notices, the_sample
from mlebench_inspect.agents.search.tree import Tree
from mlebench_inspect.data.store import Store
from mlebench_inspect.tasks import competition
from restic_stand_in import HOLD, put_restic

LOCAL = ("-T", "sandbox=local", "-T", "allow_local=true")
EACH_TURN = ("--checkpoint", "turn:1")
SEARCH = ["policy=greedy", "drafts=6", "max_steps=5", "ensembles=0", "review=false", "parallel=2", "debug_prob=0"]
BEGINS, COPIES, LOOKS = (
    "echo begun >code/begun.txt; mkdir -m 700 code/d; ln -s ../begun.txt code/d/link",
    "cp data/sample_submission.csv submission/submission.csv",
    "cat code/d/link && echo later >code/later.txt",
)


@pytest.fixture
def killing(tmp_path: Path, api: ChatApi) -> Killing:
    put_restic(tmp_path / "cache")
    return Killing(tmp_path, api, Steps(BEGINS, COPIES, LOOKS), {"XDG_CACHE_HOME": str(tmp_path / "cache")})


def test_a_killed_react_agent_goes_on_with_its_files_its_conversation_and_its_time(killing: Killing) -> None:
    killing.kill_in_call(3, "mlebench_inspect/react", *LOCAL, *EACH_TURN, "-T", "snapshot_every=1")
    before = len(killing.api.requests)
    log = killing.retry(*EACH_TURN)
    killing.check(log)
    first = killing.api.requests[before]
    assert len(notices(first)) == 1
    assert sum(m["role"] == "assistant" for m in first["messages"]) == 2  # the first two turns are not done again
    assert "begun" in str(killing.api.requests[before + 1]["messages"][-1])
    check_time(log)
    assert kept(log, "SubmissionRecord:outcome") == "taken"
    assert kept(log, "SubmissionRecord:folders")["code"]["files"] == 2


@pytest.mark.nightly
def test_a_killed_search_goes_on_with_its_tree(killing: Killing) -> None:
    killing.script = Engineer()
    settings = [part for setting in SEARCH for part in ("-S", setting)]
    killing.kill_in_call(4, "mlebench_inspect/search", *LOCAL, *EACH_TURN, *settings)
    log = killing.retry(*EACH_TURN)
    killing.check(log)
    check_search(log_tree=kept(log, "Kept:tree"))
    assert any("The search goes on after" in str(getattr(e, "data", "")) for e in the_sample(log).events)
    check_time(log)


def check_search(log_tree: dict[str, object]) -> None:
    tree = Tree.model_validate(log_tree)
    assert tree.steps == 5
    assert all(n.done for n in tree.nodes)
    best = tree.best()
    assert best is not None
    assert best.id == max(n.id for n in tree.good())


@pytest.mark.nightly
def test_a_sample_is_taken_up_twice(killing: Killing) -> None:
    killing.kill_in_call(2, "mlebench_inspect/react", *LOCAL, *EACH_TURN, "-T", "snapshot_every=1")
    killing.kill_retry_in_call(2, *EACH_TURN)
    before = len(killing.api.requests)
    log = killing.retry(*EACH_TURN)
    killing.check(log)
    assert len(notices(killing.api.requests[before])) == 2
    assert len(kept(log, "Checkpointed:attempts")) == 2
    check_time(log)


@pytest.mark.nightly
def test_a_sample_that_is_killed_during_a_checkpoint_goes_on_from_the_one_before(killing: Killing) -> None:
    hold = killing.folder / "cache" / HOLD

    def steps(request: Request) -> Reply:
        if turn(request) == 2:  # the checkpoint after this turn does not end
            hold.touch()
        return killing.script(request)

    def is_held() -> bool:
        threading.Event().wait(0.2)
        return Path(f"{hold}.held").exists()

    killing.api.script = steps
    killing.kill_when(is_held, "mlebench_inspect/react", *LOCAL, *EACH_TURN)
    killing.api.script = killing.script
    hold.unlink()
    before = len(killing.api.requests)
    log = killing.retry(*EACH_TURN)
    killing.check(log)
    assert sum(m["role"] == "assistant" for m in killing.api.requests[before]["messages"]) == 2
    check_time(log)


@pytest.mark.nightly
def test_without_its_checkpoints_a_sample_begins_anew_and_that_is_said(killing: Killing) -> None:
    killing.kill_in_call(3, "mlebench_inspect/react", *LOCAL, *EACH_TURN)
    (folder,) = (killing.folder / "logs").glob("*.checkpoints")
    folder.rename(killing.folder / "elsewhere")
    before = len(killing.api.requests)
    log = killing.retry(*EACH_TURN)
    killing.check(log)
    assert "there are no checkpoints beside" in killing.whole_output()
    first = killing.api.requests[before]
    assert not notices(first)
    assert not any(m["role"] == "assistant" for m in first["messages"])


@pytest.mark.nightly
def test_without_the_option_a_sample_begins_anew_and_that_is_said(killing: Killing) -> None:
    killing.kill_in_call(3, "mlebench_inspect/react", *LOCAL, *EACH_TURN)
    before = len(killing.api.requests)
    killing.check(killing.retry())
    assert "this run has checkpoints, but without --checkpoint" in killing.whole_output()
    assert not notices(killing.api.requests[before])


@pytest.mark.nightly
def test_files_that_are_missing_in_a_checkpoint_are_no_result(killing: Killing) -> None:
    killing.kill_in_call(3, "mlebench_inspect/react", *LOCAL, *EACH_TURN)
    for file in (killing.folder / "logs").glob("*.checkpoints/*/restic/host/data/*/agent_files.tar"):
        file.write_bytes(b"")
    log = killing.retry(*EACH_TURN)
    sample = the_sample(log)
    assert sample.error is not None
    assert "were changed" in sample.error.message
    (score,) = (s for s in (sample.scores or {}).values() if isinstance(s.value, dict))
    assert score.reason == "setup_failed"


@pytest.mark.nightly
def test_a_sample_whose_grading_failed_is_graded_from_its_last_checkpoint(killing: Killing) -> None:
    answers = Store.open(None, "miniature", "v1").private(competition("spaceship-titanic"))
    away = killing.folder / "answers"

    def steps(request: Request) -> Reply:
        if turn(request) == 3 and not away.exists():
            answers.rename(away)
        return killing.script(request)

    killing.api.script = steps
    failed = killing.run("mlebench_inspect/react", *LOCAL, *EACH_TURN)
    assert failed.status == "error"
    away.rename(answers)
    before = len(killing.api.requests)
    log = killing.retry(*EACH_TURN)
    killing.check(log)
    assert len(killing.api.requests) == before
    assert kept(log, "SubmissionRecord:ending")["how"] == "submitted"
    assert kept(log, "SubmissionRecord:folders")["code"]["files"] == 2
