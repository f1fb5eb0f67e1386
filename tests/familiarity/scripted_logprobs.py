"""A model that gives log-probabilities of a fixed kind, and answers questions."""

from __future__ import annotations

import re
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    Logprob,
    Logprobs,
    Model,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    get_model,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

TEMPLATE = ("<user>", "\n", "</user>")


class Scripted(ModelAPI):
    """`prompt`: of given text, a token a word; `output`: of its own; `refuses`: raises on either; `none`.

    The log-probability of a token is minus the number of its letters; those of a chat's template have -1000.
    """

    gives, reply, template = "none", "ANSWER: A", True
    only = ""
    """Log-probabilities are of texts alone that hold this."""

    def __init__(self, model_name: str, **options: Any) -> None:
        super().__init__(model_name)
        self.asked: list[tuple[str, GenerateConfig]] = []

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        self.asked.append((input[0].text, config))
        if self.gives == "refuses" and (config.prompt_logprobs or config.logprobs):
            raise ValueError("Unknown parameter: prompt_logprobs\nmore")
        choice = ChatCompletionChoice(message=ChatMessageAssistant(content=self.reply))
        if self.gives == "prompt" and config.prompt_logprobs and self.only in input[0].text:
            choice.prompt_logprobs = Logprobs(content=self._of(input[0].text, around=self.template))
        if self.gives == "output" and config.logprobs:
            choice.logprobs = Logprobs(content=self._of("one three seven", around=False))
        return ModelOutput(model=self.model_name, choices=[choice], usage=ModelUsage())

    def _of(self, text: str, *, around: bool) -> list[Logprob]:
        inner = [Logprob(token=w, logprob=-float(len(w.strip()))) for w in re.findall(r"\S+\s*|\s+", text)]
        outer = [Logprob(token=t, logprob=-1000.0) for t in TEMPLATE]
        return [*outer[:2], *inner, outer[2]] if around else inner


@modelapi(name="scripted")
def scripted_api() -> type[ModelAPI]:
    """`scripted/NAME`."""
    return Scripted


def scripted(gives: str = "none", reply: str = "ANSWER: A", *, template: bool = True, name: str = "test") -> Model:
    """A new model; its `api` is the `Scripted`."""
    model = get_model(f"scripted/{name}", memoize=False)
    model.api.gives, model.api.reply, model.api.template = gives, reply, template  # type: ignore[attr-defined]
    return model
