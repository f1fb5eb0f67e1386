"""Asking the models for scripts and reviews. What cannot be used is asked for again, ever more slowly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import anyio
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage, ChatMessageUser, ModelOutput, get_model

from mlebench_inspect.agents.pace import pause
from mlebench_inspect.agents.resuming import kept_with_checkpoints
from mlebench_inspect.agents.search import prompts
from mlebench_inspect.agents.search.parsing import Reply, Review, read_reply, read_review
from mlebench_inspect.agents.sending import Counted, Questions
from mlebench_inspect.agents.windows import cut

Role = Literal["draft", "debug", "review"]
TRIES = 3
PAUSES = (1.0, 3.0, 10.0, 30.0, 60.0)
"""Seconds before the next question, by how many answers in a row could not be used."""
_QUOTED = 8_000  # characters of an answer that could not be used, which it is shown again


class Engineer:
    """The models of one search."""

    def __init__(self) -> None:
        self.failures = 0
        """Questions in a row that got no script, whatever was tried."""
        self._useless = self._same = 0
        self._scripts: set[int] = set()
        self._questions: dict[Role, Questions] = {}
        self._counted = Counted()

    def go_on(self, scripts: Iterable[str]) -> None:
        """Takes up where an earlier attempt at the sample was cut off.

        Args:
            scripts: That were written by then.
        """
        self._scripts = {hash(s) for s in scripts}
        self.failures = kept_with_checkpoints("failures", lambda: self.failures, 0)

    async def write(self, role: Role, prompt: str) -> Reply:
        """A plan and a script; without one, the reply's `fault` says why.

        Args:
            role: `debug` for work on a solution that failed, else `draft`.
            prompt: What is wanted.
        """
        messages: list[ChatMessage] = [ChatMessageUser(content=prompt)]
        reply = Reply("", "", "the model was not asked")
        for _ in range(TRIES):
            output = await self._ask(role, messages)
            reply = _read(output)
            if reply.code:
                self.failures = self._useless = 0
                await self._slow_down(reply.code)
                return reply
            self._useless += 1
            transcript().info(f"The model's answer cannot be used: {reply.fault}", source="mlebench")
            await anyio.sleep(PAUSES[min(self._useless, len(PAUSES)) - 1])
            if output.completion.strip() and not _refused(output):
                again = ChatMessageUser(content=prompts.again(reply.fault))
                messages = [messages[0], cut(output.message.model_copy(update={"tool_calls": None}), _QUOTED), again]
        self.failures += 1
        return reply

    async def review(self, prompt: str) -> Review:
        """What is to be learnt from a solution; nothing where the model says nothing."""
        output = await self._ask("review", [ChatMessageUser(content=prompt)])
        return Review("") if _refused(output) else read_review(output.completion)

    async def _ask(self, role: Role, messages: list[ChatMessage]) -> ModelOutput:
        self._counted.exchange()
        questions = self._questions.setdefault(role, Questions())
        return await questions.ask(messages, model=get_model(role=role, default=get_model()))

    async def _slow_down(self, code: str) -> None:
        """Ever longer pauses for a model that writes again and again what it wrote before."""
        self._same = self._same + 1 if hash(code) in self._scripts else 0
        self._scripts.add(hash(code))
        await pause(self._same)


def _read(output: ModelOutput) -> Reply:
    if _refused(output):
        return Reply("", "", "it is a refusal, by the model or its provider")
    if output.stop_reason == "model_length":
        return Reply("", "", "the question does not fit into the model's window")
    reply = read_reply(output.completion)
    if not reply.code and output.stop_reason == "max_tokens":
        return reply._replace(fault="it is cut off at the longest length that answers may have; write a shorter script")
    return reply


def _refused(output: ModelOutput) -> bool:
    return output.stop_reason == "content_filter"
