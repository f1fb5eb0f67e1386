"""The files in examples/ do what they say, each with a scripted model on miniature data."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from inspect_ai.model import ChatMessage, ModelOutput
from inspect_ai.solver import SolverSpec
from inspect_ai.tool import ToolInfo

from agents import scripted
from agents.chat_api import ChatApi, Reply, Request, chat_api, says, text_of
from agents.over_api import any_request
from mlebench_inspect.reporting.results import read_results
from runs import run, value

EXAMPLES = Path(__file__).parents[1] / "examples"
SCAFFOLDS = ("react", "mlab")
HERE = {"data": "miniature", "sandbox": "local", "allow_local": "true", "hardware": "lite"}
# the sample submission, from whatever folder of the local sandbox this is run in
SOLUTION = """\
import pathlib, shutil

home = next(p for p in [*pathlib.Path("x").resolve().parents] if (p / "data/sample_submission.csv").exists())
target = pathlib.Path("{submission}")
target = home / "submission/submission.csv" if target.is_absolute() else target
shutil.copy(home / "data/sample_submission.csv", target)
print("accuracy 0.5")
"""


def any_example(request: Request) -> Reply:
    """What the scripted model answers, also to the example's own agent."""
    wanted = "in one block that begins with ```python" in text_of(request)
    return says(f"```python\n{scripted.solution()}```") if wanted else any_request(request)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatApi]:
    """A chat API at which the scripted model answers, and which the name `openai-api/stand-in/model` leads to."""
    monkeypatch.setattr(scripted, "SOLUTION", SOLUTION)
    with chat_api() as found:
        found.script = any_example
        monkeypatch.setenv("STAND_IN_BASE_URL", found.address)
        monkeypatch.setenv("STAND_IN_API_KEY", "none")
        yield found


def command(*words: str, cwd: Path, code: int = 0) -> str:
    """What a command prints, with the programs of this environment in the path, if it ends with this code."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=600, env=os.environ | {"PATH": path})
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def check_runs(logs: Path, third: str) -> None:
    """Each scaffold has submitted the sample submission."""
    done = read_results([logs]).runs
    valid = {
        str(r.fields["solver"]).split("@")[-1]: [s.report and s.report.valid_submission for s in r.results]
        for r in done
    }
    assert valid == {name: [True] for name in (*SCAFFOLDS, third)}


def test_one_script_is_mended_until_it_has_run(tmp_path: Path) -> None:
    replies = [
        "I would look at the data.",
        "```python\n1 / 0\n```",
        f"```python\n{SOLUTION.format(submission='/home/submission/submission.csv')}```",
    ]
    told: list[str] = []

    def script(messages: list[ChatMessage], tools: list[ToolInfo]) -> ModelOutput:
        told.append(messages[-1].text)
        return scripted.says(replies[scripted.turn(messages)])

    solver = SolverSpec(f"{EXAMPLES}/one_script.py@one_script")
    log = run(tmp_path, solver, model=scripted.scripted(script), allow_local=True)  # type: ignore[arg-type]
    assert value(log)["valid"] == 1
    assert "no such block" in told[1]
    assert "ZeroDivisionError" in told[2]
    assert len(told) == 3


def test_three_scaffolds_by_the_shell(tmp_path: Path, api: ChatApi) -> None:
    options = [word for name, given in HERE.items() for word in ("-T", f"{name}={given}")]
    script = f"{EXAMPLES}/compare_scaffolds.sh"
    printed = command(
        script, "mlebench_inspect/spaceship-titanic", "logs", "--model", "openai-api/stand-in/model", *options,
        "--display", "none", cwd=tmp_path,
    )  # fmt: skip
    check_runs(tmp_path / "logs", "one_script")
    assert all(name in printed for name in SCAFFOLDS)


def test_three_scaffolds_from_python(
    tmp_path: Path, api: ChatApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))  # as for a script
    example = runpy.run_path(f"{EXAMPLES}/compare_scaffolds.py")
    options = {**HERE, "allow_local": True}
    example["main"](api.model(), str(tmp_path / "logs"), "spaceship-titanic", epochs=1, **options)
    check_runs(tmp_path / "logs", "one_script")
    printed = capsys.readouterr().out
    assert all(name in printed for name in SCAFFOLDS)


def test_inspect_flow_checks_runs_and_goes_on(tmp_path: Path, api: ChatApi) -> None:
    pytest.importorskip("inspect_flow", reason="needs Inspect Flow: pip install inspect-flow uv")
    given = {
        "task": "mlebench_inspect/spaceship-titanic",
        "models": '["openai-api/stand-in/model"]',
        "seeds": "1",
        "steps": "2",
        **HERE,
    }
    options = [word for name, text in given.items() for word in ("-A", f"{name}={text}")]
    words = f"{EXAMPLES}/flow.py", "--log-dir", f"{tmp_path}/logs", "--display", "plain", *options
    assert "0/3 tasks complete" in command("flow", "check", *words, cwd=tmp_path, code=3)
    command("flow", "run", *words, "--store", "none", cwd=tmp_path)
    check_runs(tmp_path / "logs", "search")
    assert "3/3 tasks complete" in command("flow", "check", *words, cwd=tmp_path)
    asked = len(api.requests)
    command("flow", "run", *words, "--store", "none", cwd=tmp_path)
    assert len(api.requests) == asked
