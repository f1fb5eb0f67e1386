"""Scaffolds in Docker under models as they are: slow commands, prose where calls are wanted, a time that runs out."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.agent import Agent
from inspect_ai.log import EvalLog

from agents.chat_api import ChatApi, Reply, Request, call, calls, says, text_of, turn
from mlebench_inspect.agents import aide, mini_swe_agent, openhands
from mlebench_inspect.sandboxes.building import IMAGES, build, image_exists
from runs import run, value

pytestmark = pytest.mark.docker

LIMIT = 900
COPY = "cp /home/data/sample_submission.csv /home/submission/submission.csv"


def run_in_image(tmp_path: Path, api: ChatApi, scaffold: str, agent: Agent, **options: Any) -> EvalLog:
    """A run of one sample in the scaffold's image, which is built if it is missing."""
    image = IMAGES[scaffold] if image_exists(IMAGES[scaffold]) else build(scaffold, quiet=True)
    options = {"time_limit": LIMIT, **options}
    log = run(tmp_path, agent, sandbox="docker", image=image, model=api.model(), **options)  # type: ignore[arg-type]
    (sample,) = log.samples or []
    assert sample.error is None, sample.error.message
    return log


def in_turn(tool: str, *commands: str) -> Any:
    """A script that makes one command a turn, and repeats the last."""

    def script(request: Request) -> Reply:
        return calls(call(tool, {"command": commands[min(turn(request), len(commands) - 1)]}))

    return script


MINI_END = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


def test_mini_swe_agent_waits_for_slow_commands_and_not_for_background_jobs(tmp_path: Path, api: ChatApi) -> None:
    api.script = in_turn("bash", f"sleep 32; echo awake: $((6 * 7)); sleep 5000 & {COPY}", MINI_END)
    log = run_in_image(tmp_path, api, "mini-swe-agent", mini_swe_agent())
    assert "awake: 42" in text_of(api.requests[1])
    assert value(log)["valid"] == 1


def test_mini_swe_agent_stops_a_command_with_all_it_started(tmp_path: Path, api: ChatApi) -> None:
    api.script = in_turn("bash", f"{COPY}; sleep 4321 | cat", "pgrep -fc 'slee[p] 4321'; echo counted", MINI_END)
    log = run_in_image(tmp_path, api, "mini-swe-agent", mini_swe_agent(command_timeout=3))
    assert "stopped after 3 seconds" in text_of(api.requests[1])
    assert "0\\ncounted" in text_of(api.requests[2])
    assert value(log)["valid"] == 1


LATE = """\
import subprocess
subprocess.Popen(
    ["sh", "-c", "sleep 4; cp ./input/sample_submission.csv ./working/submission.csv"], start_new_session=True
)
print("accuracy 0.99")
"""
SLOW = "import time; time.sleep(8); print('accuracy 0.98')"
GOOD = "import shutil; shutil.copy('./input/sample_submission.csv', './working/submission.csv'); print('accuracy 0.91')"


def kept_log(tmp_path: Path, scaffold: str) -> str:
    """What the scaffold printed."""
    (kept,) = tmp_path.rglob("logs.tar.gz")
    with tarfile.open(kept) as logs:
        file = logs.extractfile(f"logs/{scaffold}.log")
        assert file is not None
        return file.read().decode()


def test_aide_knows_its_time_reads_reviews_in_prose_and_ends_all_of_a_step(tmp_path: Path, api: ChatApi) -> None:
    solutions, drafts = [LATE, SLOW, GOOD], []
    reviews = iter([None, "0.99", "0.98", "0.91"])

    def script(request: Request) -> Reply:
        if request.get("tools"):
            metric = next(reviews, "0.5")
            if metric is None:  # broken arguments, after which it is asked again
                return calls(call("submit_review", '{"is_bug": fal'))
            review = {"is_bug": "false", "summary": "It {ran}.", "metric": metric, "lower_is_better": False}
            return says(f"Here is my review:\n```json\n{json.dumps(review)}\n```")
        drafts.append(request)
        return says(f"A plan.\n\n```python\n{solutions[min(len(drafts), len(solutions)) - 1]}\n```")

    api.script = script
    log = run_in_image(tmp_path, api, "aide", aide(steps=3, debug_prob=0))
    told = [text_of(request) for request in drafts]
    assert "and 3 steps left, this one included" in told[0]
    assert "and 1 steps left, this one included" in told[2]
    assert re.search(r"complete within 1\d minutes", told[0])
    assert {request["temperature"] for request in api.requests} == {0.5}
    printed = kept_log(tmp_path, "aide")
    assert "step 0: draft, ran, metric None, best is step None" in printed
    assert "step 1: draft, ran, metric None, best is step None" in printed
    assert "step 2: draft, ran, metric 0.91, best is step 2" in printed
    assert value(log)["valid"] == 1


def told_ends(log: EvalLog) -> list[Any]:
    """What the transcript tells of how the scaffold ended."""
    (sample,) = log.samples or []
    infos = [e.data for e in sample.events if e.event == "info"]
    return [data["end"] for data in infos if isinstance(data, dict) and "end" in data]


def test_openhands_goes_on_after_prose_and_equal_polls(tmp_path: Path, api: ChatApi) -> None:
    polls = [calls(call("terminal", {"command": "echo training"}, f"call_{n}")) for n in range(6)]
    work = calls(call("terminal", {"command": COPY}, "call_6"))
    replies, end = (
        iter([says("I would look at the data now."), *polls, work]),
        calls(call("finish", {"message": "done"})),
    )
    api.script = lambda request: next(replies, end)
    log = run_in_image(tmp_path, api, "openhands", openhands())
    assert "Go on with the task" in text_of(api.requests[1])
    assert value(log)["valid"] == 1
    assert len(api.requests) == 9
    assert told_ends(log) == ["finished"]


def test_openhands_tells_that_its_steps_are_used(tmp_path: Path, api: ChatApi) -> None:
    api.script = lambda request: says("I would look at the data now.")
    log = run_in_image(tmp_path, api, "openhands", openhands(max_iterations=3))
    assert told_ends(log) == ["steps_used"]
    assert len(api.requests) == 3
