"""Models whose work can be cut off at any turn, and what is seen of that in the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from inspect_ai.event import InfoEvent
from inspect_ai.log import EvalLog, EvalSample

from agents.chat_api import Reply, Request, call, calls, says, turn

GOES_ON = "your run goes on from where it was kept"


class Steps:
    """A react agent's model: one shell command a turn, then `submit`; what it does follows from the conversation alone.

    Args:
        commands: One for each turn.
    """

    def __init__(self, *commands: str) -> None:
        self._commands = commands

    def __call__(self, request: Request) -> Reply:
        step = turn(request)
        if step < len(self._commands):
            return calls(call("bash", {"command": self._commands[step]}, f"call_{step}"))
        return calls(call("submit", {"answer": "done"}, f"call_{step}"))


def notices(request: Request) -> list[str]:
    """What the agent was told of being taken up again, once for each time."""
    texts = [str(m.get("content")) for m in request["messages"] if m["role"] == "user"]
    return [text for text in texts if GOES_ON in text]


SOLUTION = """\
import csv
rows = list(csv.DictReader(open("{data}/test.csv")))
with open("submission.csv", "w") as out:
    out.write("PassengerId,Transported\\n")
    for row in rows:
        out.write(row["PassengerId"] + ",{answer}\\n")
print('{{"validation_score": {score}}}')
"""


class Engineer:
    """A search's model: at each question a solution that is better than the one before, by its own measure."""

    def __init__(self) -> None:
        self._written = 0

    def __call__(self, request: Request) -> Reply:
        self._written += 1
        text = str(request["messages"][-1]["content"])
        data = text.partition("reads the data from `")[2].partition("`")[0]
        code = SOLUTION.format(data=data, answer=self._written % 2 == 0, score=0.5 + self._written / 50)
        return says(f"A plan.\n\n```python\n{code}```")


def the_sample(log: EvalLog) -> EvalSample:
    (sample,) = log.samples or []
    return sample


def kept(log: EvalLog, name: str) -> Any:
    """A value of the sample's store."""
    return the_sample(log).store[name]


def check_time(log: EvalLog) -> None:
    """What was worked before counts, and the time between does not."""
    resumed = [
        e
        for e in the_sample(log).events
        if isinstance(e, InfoEvent) and e.source == "checkpoint" and "resume" in str(e.data)
    ]
    used = timedelta(seconds=kept(log, "Checkpointed:attempts")[-1]["taken_up_after"])
    began = resumed[-1].timestamp.timestamp() - used.total_seconds()
    assert abs(kept(log, "SubmissionRecord:started") - began) < 30
    assert kept(log, "SubmissionRecord:seconds") >= used.total_seconds()
    snapshots = [row["after"] for row in kept(log, "SnapshotRecord:snapshots")]
    assert snapshots == sorted(snapshots)
