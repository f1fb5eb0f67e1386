"""Models that take neither tools nor system messages, spoken to through the real OpenAI client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import list_eval_logs, read_eval_log
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    GenerateConfig,
    get_model,
)
from inspect_ai.tool import ToolCall, ToolFunction, ToolInfo

from agents.chat_api import ChatApi, Reply, Request, chat_api, error, says
from agents.scripted import solution
from mlebench_inspect.agents import react
from mlebench_inspect.agents.plain_chat import as_plain_chat, plain_chat_filter
from mlebench_inspect.agents.text_actions import blocks
from mlebench_inspect.models import prepare_model, takes_plain_chat_only
from runs import run, score, value


class StandIn:
    """Refuses what o1-preview refuses, and answers by a function of the messages."""

    def __init__(self, api: ChatApi) -> None:
        self.requests = api.requests
        self.refused: list[str] = []
        self.answer: Callable[[list[dict[str, Any]]], str] = lambda messages: "Hello."
        self._api = api

    def __call__(self, request: Request) -> Reply:
        path, roles = self._api.paths[-1], {m["role"] for m in request.get("messages", [])}
        refused = sorted((roles - {"user", "assistant"}) | (request.keys() & {"tools", "tool_choice", "functions"}))
        if path != "/v1/chat/completions" or refused:
            self.refused.append(f"{path} {refused}")
            return error(400, f"Unsupported: {path} {refused}")
        return says(self.answer(request["messages"]))


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """The stand-in, at the address that the OpenAI client is told."""
    with chat_api() as api:
        api.script = found = StandIn(api)
        monkeypatch.setenv("OPENAI_BASE_URL", api.address)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        yield found


def o1_preview() -> Any:
    return get_model("openai/o1-preview", memoize=False)


@pytest.mark.parametrize(
    ("name", "given", "responses"),
    [
        ("openai/o1-preview", {}, False),
        ("openai/o1-mini-2024-09-12", {}, False),
        ("openai/o1-preview", {"responses_api": False}, False),
        ("openai/o1-preview", {"responses_api": True}, True),
        ("openai/gpt-5", {}, True),
        ("openai/gpt-4o", {}, False),
    ],
)
def test_the_chat_api_is_chosen_where_it_is_needed(
    name: str, given: dict[str, Any], responses: bool, stand_in: StandIn
) -> None:
    model = get_model(name, memoize=False, **given)
    prepare_model(model)
    assert bool(getattr(model.api, "responses_api", False)) is responses


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("openai/o1-preview", True),
        ("openai/o1-preview-2024-09-12", True),
        ("openai/o1-mini", True),
        ("openai/o1", False),
    ],
)
def test_models_that_take_plain_chat_only_are_known(name: str, plain: bool, stand_in: StandIn) -> None:
    assert takes_plain_chat_only(get_model(name, memoize=False)) is plain


def test_the_stand_in_refuses_what_the_model_refuses(tmp_path: Path, stand_in: StandIn) -> None:
    log = run(tmp_path, react(actions="tools", compaction=0), model=o1_preview(), allow_local=True, time_limit=120)
    assert stand_in.refused
    assert score(log).reason == "model_unavailable"


def test_the_command_of_the_docs_works_as_it_is_typed(tmp_path: Path, stand_in: StandIn) -> None:
    page = (Path(__file__).parents[2] / "docs/scaffolds/react.md").read_text(encoding="utf-8")
    (line,) = [line for line in page.splitlines() if line.startswith("inspect eval") and "o1-preview" in line]
    command = line.split()
    command[0] = str(Path(sys.executable).with_name("inspect"))
    # one competition, generated data, and no container: the words that are the user's stay as they are
    command += ["-T", "competitions=spooky-author-identification", "-T", "data=miniature", "-T", "hardware=lite"]
    command += ["-T", "sandbox=local", "-T", "allow_local=true", "--log-dir", str(tmp_path), "--display", "none"]
    stand_in.answer = lambda messages: (
        "```submit\n```"
        if any(m["role"] == "assistant" for m in messages)
        else "```bash\ncp data/sample_submission.csv submission/submission.csv\n```"
    )
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = list_eval_logs(str(tmp_path))
    assert not stand_in.refused
    assert value(read_eval_log(path))["valid"] == 1


def test_react_works_in_plain_text(tmp_path: Path, stand_in: StandIn) -> None:
    code = solution("data", "submission/submission.csv")

    def answer(messages: list[dict[str, Any]]) -> str:
        said = "\n".join(m["content"] for m in messages if m["role"] == "user")
        if "The submission is valid" in said:
            return "Done.\n```submit\n```"
        if "accuracy 0." in said:
            return "A check of two things at once.\n```bash\nls submission\n```\n```validate\n```"
        return f"I begin.\n```bash\n{sys.executable} - <<'END'\n{code}END\n```"

    stand_in.answer = answer
    log = run(tmp_path, react(), model=o1_preview(), allow_local=True, time_limit=600)
    assert log.status == "success"
    assert not stand_in.refused
    assert value(log)["valid"] == 1
    assert value(log)["score"] > 0.7
    (sample,) = log.samples or []
    called = [e.function for e in sample.events if e.event == "tool"]
    # the first submission is asked back, since nearly all of the time is left
    assert called == ["bash", "bash", "validate_submission", "submit", "submit"]
    assert sum(u.total_tokens for u in log.stats.model_usage.values()) == 120 * len(stand_in.requests)


def test_conversations_become_user_and_assistant_messages() -> None:
    call = ToolCall(id="1", function="bash", arguments={"command": "ls"})
    plain = as_plain_chat(
        [
            ChatMessageSystem(content="Be good."),
            ChatMessageUser(content="Go."),
            ChatMessageAssistant(content="", tool_calls=[call]),
            ChatMessageTool(content="file", function="bash", tool_call_id="1"),
        ]
    )
    assert [m.role for m in plain] == ["user", "user", "assistant", "user"]
    assert json.loads(next(b.body for b in blocks(plain[2].text)))["arguments"] == {"command": "ls"}
    assert "file" in plain[3].text
    assert not any(getattr(m, "tool_calls", None) for m in plain)


@pytest.mark.anyio
async def test_bridged_scaffolds_get_tool_calls_from_plain_text(stand_in: StandIn) -> None:
    tool = ToolInfo(name="submit_review", description="Submits a review.")
    stand_in.answer = lambda messages: '```tool_call\n{"name": "submit_review", "arguments": {"metric": 0.5}}\n```'
    messages = [ChatMessageSystem(content="Review this.")]
    model = o1_preview()
    prepare_model(model)  # as before each call in a sample
    output = await plain_chat_filter(
        model, list(messages), [tool], ToolFunction(name="submit_review"), GenerateConfig()
    )
    assert output.message.tool_calls[0].arguments == {"metric": 0.5}  # type: ignore[union-attr,index]
    assert not stand_in.refused
    assert "submit_review" in stand_in.requests[0]["messages"][0]["content"]
