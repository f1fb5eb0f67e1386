"""The research agent: where it works, what it is told at each step, and its check."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path

from agents.chat_api import ChatApi, Reply, Request, says, text_of
from mlebench_inspect.agents import mlab
from runs import run, value

ENTRIES = ("Reflection", "Research Plan and Status", "Fact Check", "Thought")
COPY = 'import shutil; shutil.copy("../data/sample_submission.csv", "../submission/submission.csv"); print("copied it")'
STEPS: tuple[tuple[str, dict[str, str]], ...] = (
    ("Edit Script (AI)", {"script_name": "train.py", "edit_instruction": "write it", "save_name": "train.py"}),
    ("Validate Submission", {}),
    ("Execute Script", {"script_name": "train.py"}),
    ("Validate Submission", {}),
    ("List Files", {"dir_path": "."}),
    ("Final Answer", {"final_answer": "done"}),
)


class Researcher:
    """Takes one step after the other; its edits copy the sample submission."""

    def __init__(self) -> None:
        self.told: list[str] = []
        """The prompts of its steps."""

    def __call__(self, request: Request) -> Reply:
        text = text_of(request)
        if "Given this Python script" in text:
            return says(f"```python\n{COPY}\n```")
        name, inputs = STEPS[len(self.told)]
        self.told.append(text)
        entries = [*(f"{entry}: none" for entry in ENTRIES), f"Action: {name}", f"Action Input: {json.dumps(inputs)}"]
        return says("\n".join(entries))


def test_mlab_works_in_the_code_folder_and_knows_its_time_and_check(tmp_path: Path, api: ChatApi) -> None:
    api.script = researcher = Researcher()
    agent = mlab(research_log=False, max_steps=20)
    log = run(tmp_path, agent, model=api.model(), allow_local=True, time_limit=7200)
    assert value(log)["valid"] == 1
    (kept,) = tmp_path.rglob("code.tar.gz")
    with tarfile.open(kept) as code:
        assert "code/train.py" in code.getnames()
    assert re.search(r"You have (2 hours|1 hour [\d.]+ min\w*) and 19 steps left, this one", researcher.told[1])
    assert "Invalid: there is no file" in researcher.told[2]
    assert "The submission is valid" in researcher.told[4]
    assert "train.py" in researcher.told[5].rsplit("Observation", 1)[1]
