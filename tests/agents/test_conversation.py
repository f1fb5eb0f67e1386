"""What is sent of a long conversation, with providers that compact it themselves and with others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    ModelOutput,
    ModelUsage,
)

from mlebench_inspect.agents import conversation as module
from mlebench_inspect.agents import sending
from mlebench_inspect.agents.conversation import Conversation
from mlebench_inspect.agents.windows import size

SUMMARY = "I have a baseline of 0.8."


class Provider:
    """A model that counts four characters a token, and may compact by itself."""

    def __init__(self, window: int, *, native: bool = False) -> None:
        self.window, self.native = window, native
        self.sent: list[list[ChatMessage]] = []

    async def generate(self, messages: Sequence[ChatMessage], tools: Sequence[Any], config: Any) -> ModelOutput:
        tokens = size(messages) // 4
        self.sent.append(list(messages))
        if tokens > self.window:
            text = f"prompt is too long: {tokens} tokens > {self.window} maximum"
            return ModelOutput.from_content("m", text, stop_reason="model_length")
        output = ModelOutput.from_content("m", SUMMARY if "becomes too long" in messages[-1].text else "Next.")
        output.usage = ModelUsage(input_tokens=tokens, output_tokens=1, total_tokens=tokens + 1)
        return output

    async def compact(self, messages: Sequence[ChatMessage], tools: Sequence[Any]) -> tuple[list[ChatMessage], None]:
        if not self.native:
            raise NotImplementedError
        return [ChatMessageUser(content="compacted")], None


async def talk(
    monkeypatch: pytest.MonkeyPatch, model: Provider, window: int, turns: int, compaction: float = 0.8
) -> list[ChatMessage]:
    """A conversation of so many turns of 1,000 characters; what was sent last."""

    async def notes() -> str:
        return "fold 3 is best"

    for asks in (module, sending):
        monkeypatch.setattr(asks, "get_model", lambda: model)
    talks = Conversation(window, compaction, notes)
    messages: list[ChatMessage] = [ChatMessageSystem(content="Work."), ChatMessageUser(content="The task.")]
    for number in range(turns):
        output = await talks.ask(messages)
        messages += [output.message, ChatMessageUser(content=f"{number}" + "x" * 1000)]
    return model.sent[-1]


def texts(messages: Sequence[ChatMessage]) -> str:
    return "\n".join(m.text for m in messages)


@pytest.mark.anyio
async def test_a_provider_may_compact(monkeypatch: pytest.MonkeyPatch) -> None:
    last = await talk(monkeypatch, Provider(10_000, native=True), 2_000, 8)
    assert [m.text for m in last[:3]] == ["Work.", "compacted", "Your notes file:\nfold 3 is best"]


@pytest.mark.anyio
async def test_else_the_model_sums_up(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Provider(10_000)
    last = await talk(monkeypatch, model, 2_000, 30)
    assert [m.text for m in last[:2]] == ["Work.", "The task."]
    assert SUMMARY in texts(last)
    assert texts(last).count("fold 3 is best") == 1
    assert max(size(m) // 4 for m in model.sent) < 2_000


@pytest.mark.anyio
@pytest.mark.parametrize("compaction", [0.8, 0, 50_000])
async def test_a_window_is_learned(monkeypatch: pytest.MonkeyPatch, compaction: float) -> None:
    model = Provider(2_000)
    last = await talk(monkeypatch, model, 100_000, 60, compaction)
    too_long = [m for m in model.sent if size(m) // 4 > 2_000]
    assert len(too_long) <= (1 if compaction else 20)
    assert "The task." in texts(last)
    assert isinstance(last[-1], ChatMessageUser)
    assert any(isinstance(m, ChatMessageAssistant) for m in last)


@pytest.mark.anyio
async def test_a_window_that_holds_nothing_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[str] = []
    monkeypatch.setattr(module, "note_end", lambda how, why: ends.append(how))
    model = Provider(10)
    await talk(monkeypatch, model, 100_000, 1)
    assert ends == ["window_too_small"]
    assert len(model.sent) <= 2
