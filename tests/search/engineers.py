"""Scripted engineers for the search scaffold: each answer is a solution that does one thing."""

from __future__ import annotations

import re
from collections.abc import Callable

from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelOutput, get_model
from inspect_ai.tool import ToolChoice, ToolInfo

from agents.scripted import with_usage

# a model of one column, in plain Python: importing pandas takes a second for each solution
WORKS = """\
import csv, json, os, re
rows = list(csv.DictReader(open("{data}/test.csv")))
with open("submission.csv", "w") as out:
    out.write("PassengerId,Transported\\n")
    for row in rows:
        out.write(row["PassengerId"] + "," + str({answer}) + "\\n")
print(json.dumps({{"validation_score": {score}, "fold_scores": [{score}, {score}]}}))
"""
LEARNS = '(row["CryoSleep"] == "True")'
CRASHES = "raise ValueError('no such column')\n"
INVALID = """\
open("submission.csv", "w").write("a,b\\n")
print('{"validation_score": 0.99}')
"""
HANGS = """\
import subprocess, time
subprocess.Popen(["sleep", "4321"], start_new_session=True, env={})
print("waiting", flush=True)
time.sleep(4321)
"""


def answers(code: str, plan: str = "A plan.") -> str:
    return f"{plan}\n\n```python\n{code}```\n"


def works(score: float | str, answer: str = "False") -> str:
    """A solution that gives one answer for each row; `DATA` is the data's folder, which a prompt tells."""
    return WORKS.format(score=score, answer=answer, data="DATA")


def data_of(prompt: str) -> str:
    """The data's folder, as the prompt names it."""
    found = re.search(r"reads the data from `([^`]+)`", prompt)
    assert found
    return found[1]


Speak = Callable[[str], str | ModelOutput]


def engineer(
    speak: Speak, review: Callable[[str], str] = lambda prompt: '{"lesson": "Facts.", "sound": true}'
) -> Model:
    """A model that answers a prompt's last message by a function of its text; another one for reviews."""

    def reply(
        input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        text = input[-1].text
        if text.startswith("You review a solution"):
            said: str | ModelOutput = review(text)
        else:
            said = speak(text)
            if isinstance(said, str) and "DATA" in said:
                said = said.replace("DATA", data_of(input[0].text))
        return with_usage(said if isinstance(said, ModelOutput) else ModelOutput.from_content("mockllm", said))

    return get_model("mockllm/model", custom_outputs=reply, memoize=False)
