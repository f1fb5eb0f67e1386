"""Held-back training data in a real container: scored, and nowhere to be found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from inspect_ai.model import ChatMessage, ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, chain, solver
from inspect_ai.tool import ToolInfo
from inspect_ai.util import sandbox

from agents.scripted import calls, scripted, turn
from mlebench_inspect.agents.react import react
from mlebench_inspect.data.ensure import ensure_miniature
from mlebench_inspect.data.store import Store
from mlebench_inspect.reporting.logs import read_run
from mlebench_inspect.run.search_score import SearchScores
from mlebench_inspect.sandboxes import host
from mlebench_inspect.tasks import competition
from runs import run, score, shell, value

pytestmark = pytest.mark.docker

TRAIN = """\
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

train = pd.read_csv("/home/data/train.csv")
for depth in (1, 5):
    model = DecisionTreeClassifier(max_depth=depth, random_state=0)
    for part in ("held_back/", ""):
        test = pd.read_csv(f"/home/data/{part}test.csv")
        columns = [c for c in test if pd.api.types.is_numeric_dtype(train[c])]
        predicted = model.fit(train[columns], train.Transported).predict(test[columns]).astype(bool)
        out = pd.DataFrame({"PassengerId": test.PassengerId, "Transported": predicted})
        out.to_csv(f"/tmp/{part.strip('/') or 'test'}-{depth}.csv", index=False)
"""
SUBMISSION = "/home/submission/submission.csv"
SCORE = "/home/score_predictions.sh /tmp/held_back-5.csv"


def searching(messages: list[ChatMessage], tools: list[ToolInfo]) -> ModelOutput:
    """Trains two candidates, has one scored by the tool, the other by the script, and submits the better."""
    heard = [float(s) for m in messages for s in re.findall(r"Score on the held-back part: (0\.\d+)", m.text)]

    def better() -> int:
        return 1 if heard[0] > heard[1] else 5

    steps = [
        lambda: calls("python", {"code": TRAIN}),
        lambda: calls("score_predictions", {"path": "/tmp/held_back-1.csv"}),
        lambda: calls("bash", {"command": SCORE}),
        lambda: calls("bash", {"command": f"cp /tmp/test-{better()}.csv {SUBMISSION}"}),
    ]
    step = turn(messages)
    return steps[step]() if step < len(steps) else calls("submit", {"answer": "done"})


@solver
def looks_around(hidden: list[str], found: list[str]) -> Solver:
    """Searches all that the agent can read, and all that is mounted, for labelled rows."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await sandbox().write_file("/tmp/.rows", "\n".join(hidden) + "\n")
        search = "grep -rlaFf /tmp/.rows --exclude=.rows --exclude-dir=proc --exclude-dir=sys / 2>/dev/null || true"
        found.extend((await sandbox().exec(["bash", "-c", search], timeout=300)).stdout.split())
        container = (await sandbox().connection()).container
        command = ["docker", "inspect", "--format", "{{range .Mounts}}{{.Source}}\n{{end}}", str(container)]
        for mount in (await host.call(command, timeout=60)).stdout.decode().split("\n"):
            for file in Path(mount).rglob("*") if mount.strip() else ():
                if file.is_file() and any(row.encode() in file.read_bytes() for row in hidden):
                    found.append(str(file))
        return state

    return solve


def test_an_agent_searches_by_scores_and_the_labels_are_nowhere(tmp_path: Path) -> None:
    found = competition("spaceship-titanic")
    store = Store.open(None, "miniature", search_score=0.2)
    ensure_miniature(store, [found])
    hidden, known = (
        (folder / name).read_text().splitlines()[1:]
        for folder, name in ((store.held_back(found), "test.csv"), (store.public(found), "train.csv"))
    )
    assert len(hidden) > 20
    seen: list[str] = []
    control: list[str] = []
    agent = chain(looks_around(hidden, seen), looks_around(known[:1], control), react(compaction=0))
    log = run(tmp_path, agent, sandbox="docker", model=scripted(searching), search_score=0.2)
    assert log.status == "success"
    assert control == ["/home/data/train.csv", str(store.public(found) / "train.csv")], "the search finds rows"
    assert not seen
    assert log.samples
    noted = [s for _, s in log.samples[0].store_as(SearchScores).scores]
    assert len(noted) == 2
    assert noted[0] != noted[1]
    assert value(log)["valid"] == 1
    assert value(log)["score"] > 0.6
    assert (score(log).metadata or {})["search"]["scored"] == 2
    assert "/home/score_predictions.sh" in str(log.samples[0].input)
    (record,) = read_run(log.location)
    assert record.fields["search_score"] == 0.2


@pytest.mark.parametrize("share", [None, 0.2])
def test_the_script_is_there_only_where_something_is_held_back(tmp_path: Path, share: float | None) -> None:
    ask = "curl -s -F file=@/home/data/sample_submission.csv localhost:5000/score"
    script = f"ls /home; {ask}"
    log = run(tmp_path, shell(script), sandbox="docker", search_score=share)
    assert log.samples
    said = log.samples[0].output.completion
    assert ("score_predictions.sh" in said) is (share is not None)
    assert "Score on" not in said
