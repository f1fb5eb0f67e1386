"""One call of a model: what comes back can be acted on, and a window that is too small is an answer, not an error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from inspect_ai.agent import AgentState
from inspect_ai.log import transcript
from inspect_ai.model import (
    ChatMessage,
    ChatMessageUser,
    GenerateConfig,
    GenerateInput,
    Model,
    ModelOutput,
    get_model,
)
from inspect_ai.tool import Tool, ToolChoice, ToolInfo

from mlebench_inspect.agents.ending import note_end
from mlebench_inspect.agents.replies import answer
from mlebench_inspect.agents.windows import CHARACTERS, fitting, size, told

Filter = Callable[
    [Model, list[ChatMessage], list[ToolInfo], ToolChoice | None, GenerateConfig],
    Awaitable[ModelOutput | GenerateInput | None],
]
"""Of a bridge."""
LEAST = 300
"""Tokens; no window is so small that less than this is tried."""
_COUNTED = ChatMessageUser(content="")
_SPARE = 0.9  # of what an error says that the window takes, since it is reckoned in characters here


async def sent(
    messages: Sequence[ChatMessage],
    tools: Sequence[Tool] = (),
    *,
    model: Model | None = None,
    config: GenerateConfig | None = None,
) -> ModelOutput:
    """The model's answer, without what would break the run (`replies.answer`).

    Args:
        messages: What it is sent.
        tools: That it may call.
        model: Another than the run's.
        config: Of this call.

    Returns:
        The answer; of stop reason `model_length`, with what the API said as its text, where that found it too long.
    """
    asked = model or get_model()
    request = asked.generate(list(messages), list(tools), config=config or GenerateConfig())
    return await answer(request, str(asked), tools)


class Counted:
    """Counts the messages of questions that stand in no conversation, which a limit of messages would not see."""

    def __init__(self) -> None:
        self._all = AgentState(messages=[])

    def exchange(self) -> None:
        """A question is asked, and will be answered.

        Raises:
            LimitExceededError: These are more messages than there may be.
        """
        for _ in range(2):
            self._all.messages.append(_COUNTED)


def counting(inner: Filter) -> Filter:
    """For a bridge whose scaffold asks single questions: counts their messages as `Counted` does."""
    counted = Counted()

    async def count(
        model: Model,
        messages: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice | None,
        config: GenerateConfig,
    ) -> ModelOutput | GenerateInput | None:
        counted.exchange()
        return await inner(model, messages, tools, tool_choice, config)

    return count


class Questions:
    """Questions to one model, without a conversation: each is cut to what its window was found to take."""

    def __init__(self) -> None:
        self._most: int | None = None  # characters

    async def ask(
        self, messages: Sequence[ChatMessage], *, model: Model | None = None, config: GenerateConfig | None = None
    ) -> ModelOutput:
        """The model's answer (as of `sent`); of stop reason `model_length` only where next to nothing fits."""
        while True:
            view = list(messages) if self._most is None else fitting(messages, self._most)
            output = await sent(view, model=model, config=config)
            if output.stop_reason != "model_length":
                return output
            if not self._shrink(size(view), output.completion):
                note_end("window_too_small", f"Not even a short question fits: {output.completion}")
                return output

    def _shrink(self, before: int, error: str) -> bool:
        """Learns from the error how much fits, or halves it; whether anything worth asking is left."""
        window, tokens = told(error)
        part = _SPARE * window / tokens if window and tokens and window < tokens else 0.5
        most = int(before * part)
        if most < LEAST * CHARACTERS:
            return False
        self._most = most
        why = f"The API takes no {before} characters: {error[:300]}"
        transcript().info({"shortened": why, "characters now": most}, source="mlebench")
        return True
