"""Coding agents as `inspect_swe` runs them: out of an image layer, without a network, until there is a submission."""

from __future__ import annotations

from collections.abc import Callable

from inspect_ai.agent import Agent, AgentState
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageSystem, ChatMessageUser, GenerateFilter

from mlebench_inspect.agents.commands import time_left
from mlebench_inspect.agents.ending import note_end
from mlebench_inspect.agents.gateway import Gateway
from mlebench_inspect.agents.submitting import reason_to_give_up
from mlebench_inspect.run.instructions import duration
from mlebench_inspect.run.validation import what_is_wrong


async def work_to_the_end(make: Callable[[GenerateFilter], Agent], state: AgentState, idle_turns: int) -> AgentState:
    """Lets a coding agent work, and asks it back where it ends without a valid submission.

    These programs end as soon as their model answers in words, be it a refusal, an empty message or a plan.

    Args:
        make: Makes inspect_swe's agent, given the filter of its bridge.
        state: The conversation, which holds the task.
        idle_turns: Turns in a row without an action after which the run ends; 0 for never.
    """
    gateway = Gateway(idle_turns)
    inner = make(gateway.generate)

    async def work() -> AgentState:
        asked, spoken = state, 0
        while True:
            done: AgentState = await inner(asked)
            wrong = await what_is_wrong()
            if wrong is None:
                note_end("submitted", _last_words(done))
                return done
            given_up = reason_to_give_up(_last_words(done))
            if given_up:
                note_end("given_up", given_up)
            if given_up or _turns(done) <= spoken:  # the program itself does not go on
                return done
            spoken = _turns(done)
            asked = AgentState(messages=[*_without_its_own_prompt(done), ChatMessageUser(content=_go_on(wrong))])

    return await gateway.run(work) or state


def _go_on(wrong: str) -> str:
    left = time_left()
    hint = f" You have {duration(left)} left." if left is not None else ""
    return (
        f"There is no valid submission yet: {wrong.rstrip('.')}.{hint} Go on with the task by your tools: the run does "
        "not end without a valid submission. If that cannot be had, say so and why: answer with a message that begins "
        "with `give_up:`, followed by the reason."
    )


def _without_its_own_prompt(state: AgentState) -> list[ChatMessage]:
    """The conversation without the system messages, which some programs would be told again as if by the user."""
    return [m for m in state.messages if not isinstance(m, ChatMessageSystem)]


def _turns(state: AgentState) -> int:
    return sum(isinstance(m, ChatMessageAssistant) for m in state.messages)


def _last_words(state: AgentState) -> str:
    last = state.messages[-1] if state.messages else None
    return last.text if isinstance(last, ChatMessageAssistant) else ""
