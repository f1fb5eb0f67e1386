"""Models that misbehave: whatever they do, the run ends with a name, within few calls, and the submission is graded."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import GenerateConfig

from agents.chat_api import ChatApi, Reply, Request, call, calls, error, says, text_of
from agents.misbehaviour import KINDS, WINDOW, Kind, acts, by_tools, tokens_of
from mlebench_inspect.agents import pace, react
from runs import run, score, value

MODES = ("tools", "text")
IDLE_TURNS = 5
MOST_CALLS = {"error": 20, "no_action": 40, "submitted": 40}
"""By how the run ends; a model that acts may use all of its time, but is seldom sent what does not fit."""
MOST_TOO_LONG = 10
COPY = "cp data/sample_submission.csv submission/submission.csv; echo 'copied it'"

FEW = [
    ("a small window without a code", "tools", "always"),
    ("bad JSON in a call", "text", "once"),
    ("stopped by a content filter", "tools", "always"),
    ("cut off in a call", "text", "once"),
    ("lone surrogates", "tools", "once"),
    ("calls of one id", "tools", "once"),
]
ALL = [
    (kind, mode, often)
    for kind, found in KINDS.items()
    for mode in MODES
    for often in ("once", "always")
    if found.wants in ("", mode)
]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LONGEST_PAUSE", 0.5)


def well_behaved(request: Request) -> Reply:
    """Puts the sample submission in place, then submits it."""
    if "copied it\n[exit" not in text_of(request):
        return acts(request, COPY)
    return calls(call("submit", {"answer": "done"})) if by_tools(request) else says("```submit\n```")


class Misbehaving:
    """Does its work, and misbehaves: in its first and its third turn, or in all after its work."""

    def __init__(self, kind: Kind, often: str) -> None:
        self._kind, self._often, self._turns = kind, often, 0

    def __call__(self, request: Request) -> Reply:
        self._turns += 1
        if self._often == "once":
            bad = self._kind.reply(request) if self._turns in (1, 3) else None
            return bad or well_behaved(request)
        if self._turns == 1 and not self._kind.from_the_start:
            return well_behaved(request)
        # where only the window is small, there is much to be said
        return self._kind.reply(request) or acts(request, f"seq {self._turns} 3000")


def misbehave(tmp_path: Path, api: ChatApi, kind: str, mode: str, often: str) -> EvalLog:
    found = KINDS[kind]
    api.script = Misbehaving(found, often)
    config = GenerateConfig(max_retries=1, attempt_timeout=2 if kind == "time-out" else None)
    log: EvalLog = run(
        tmp_path,
        react(actions=mode, idle_turns=IDLE_TURNS),
        model=api.model(config=config),
        allow_local=True,
        time_limit=25 if often == "always" and found.end == "time" else 240,
    )
    return log


def end_of(log: EvalLog) -> str:
    """The name of how the agent's part ended."""
    (sample,) = log.samples or []
    if sample.error:
        return "error"
    return sample.limit.type if sample.limit else str(noted(sample, "how"))


def noted(sample: EvalSample, name: str) -> object:
    """What the agent noted of its end."""
    return sample.store.get(f"AgentEnd:{name}", "")


def check(log: EvalLog, api: ChatApi, kind: str, often: str) -> None:
    expected = KINDS[kind].end if often == "always" else "submitted"
    assert end_of(log) == expected, (log.samples or [])[0].error
    if expected == "time":
        too_long = [r for r in api.requests if tokens_of(r) > WINDOW] if "window" in kind else []
        assert len(too_long) <= MOST_TOO_LONG
    else:
        assert len(api.requests) <= MOST_CALLS[expected]
    if expected == "error":
        assert score(log).reason == "model_unavailable"
    else:
        assert value(log)["valid"] == (often == "once" or not KINDS[kind].from_the_start)


@pytest.mark.parametrize(("kind", "mode", "often"), FEW)
def test_a_run_ends_well(tmp_path: Path, api: ChatApi, kind: str, mode: str, often: str) -> None:
    check(misbehave(tmp_path, api, kind, mode, often), api, kind, often)


@pytest.mark.nightly
@pytest.mark.parametrize(("kind", "mode", "often"), [case for case in ALL if case not in FEW])
def test_every_run_ends_well(tmp_path: Path, api: ChatApi, kind: str, mode: str, often: str) -> None:
    check(misbehave(tmp_path, api, kind, mode, often), api, kind, often)


def test_a_rejected_conversation_is_not_taken_for_a_long_one(tmp_path: Path, api: ChatApi) -> None:
    rejected = error(400, "Invalid value for 'messages'")
    talk = "echo 'the maximum context length is 100 tokens'"
    api.script = lambda request: rejected if len(api.requests) > 1 else acts(request, talk)
    log = run(tmp_path, react(), model=api.model(), allow_local=True, time_limit=240)
    assert score(log).reason == "model_unavailable"
    assert len(api.requests) == 2
