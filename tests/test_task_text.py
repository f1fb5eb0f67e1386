"""What the task's text names: the checks that are there, for whichever agent reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.chat_api import chat_api, says, text_of
from mlebench_inspect.agents import mlab, react
from mlebench_inspect.run.instructions import task_text
from mlebench_inspect.sandboxes.providers import provider
from mlebench_inspect.tasks import competition
from runs import run


def text_for(name: str) -> str:
    box = provider(name)
    return task_text(
        competition("spaceship-titanic"),
        box.paths,
        revision="v1",
        data="miniature",
        hardware="1 CPU",
        network="none",
        http_check=box.root is not None,
        search_score=True,
    )


def test_a_sandbox_with_an_endpoint_has_the_scripts_and_no_tool() -> None:
    text = text_for("docker")
    assert "`/home/validate_submission.sh /home/submission/submission.csv` tells" in text
    assert "`/home/score_predictions.sh FILE` scores" in text
    assert "tool" not in text[: text.index("# The competition")]


def test_a_sandbox_without_an_endpoint_has_no_check_of_its_own() -> None:
    text = text_for("local")
    assert "validate_submission" not in text
    assert "score_predictions" not in text
    assert "held back" in text


@pytest.mark.parametrize(
    ("agent", "named"),
    [
        (react(idle_turns=1), "The tool `validate_submission`"),
        (react(idle_turns=1, actions="text"), "```validate"),
        (mlab(max_retries=1), "- Validate Submission:"),
    ],
)
def test_an_agent_is_told_of_its_own_check_alone(tmp_path: Path, agent: object, named: str) -> None:
    with chat_api() as api:
        api.script = lambda request: says("Hello.")
        run(tmp_path, agent, model=api.model(), allow_local=True, time_limit=240)  # type: ignore[arg-type]
    told = text_of(api.requests[0])
    assert named in told
    assert ("`validate_submission`" in told) == named.startswith("The tool")
