"""MLAB: the research agent of MLAgentBench, with its published actions, reply format and memory."""

from __future__ import annotations

from dataclasses import replace

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.model import ChatMessageUser, GenerateConfig
from inspect_ai.util import store_as

from mlebench_inspect.agents.commands import time_left
from mlebench_inspect.agents.ending import note_end
from mlebench_inspect.agents.mlab.actions import ACTIONS, act, usage
from mlebench_inspect.agents.mlab.prompt import ENTRIES, PROMPT, parse_entries
from mlebench_inspect.agents.mlab.research import Research
from mlebench_inspect.agents.mlab.steps import Step
from mlebench_inspect.agents.pace import pause
from mlebench_inspect.agents.windows import shortened
from mlebench_inspect.options import AtLeast0, agent_options
from mlebench_inspect.run.instructions import duration
from mlebench_inspect.run.validation import Validation
from mlebench_inspect.sandboxes.providers import provider

MAX_OBSERVATION, MAX_ENTRY = 5_000, 10_000


@agent
@agent_options
def mlab(
    max_steps: int = 2000,
    max_retries: int = 10,
    max_tokens: int = 16_384,
    exec_timeout: int = 86_400,
    steps_in_context: int = 3,
    research_log: bool = True,
    idle_turns: AtLeast0 = 20,
) -> Agent:
    """The research agent of MLAgentBench; the defaults are the published settings.

    Args:
        max_steps: Actions that the agent may take.
        max_retries: How often in a row a reply may miss the format before the run ends.
        max_tokens: Longest reply; 0 for the model's own.
        exec_timeout: Seconds that a script may run.
        steps_in_context: Latest steps that the prompt shows in full.
        research_log: Whether each step is summarised for later steps, which costs two more model calls a step.
        idle_turns: Steps in a row that are no action (faulty inputs, a final answer without a submission) after which
            the run ends; 0 for never.
    """

    async def execute(state: AgentState) -> AgentState:
        task = "\n\n".join(m.text for m in state.messages)
        folder = provider(store_as(Validation).provider).paths.code
        research = Research(task, GenerateConfig(max_tokens=max_tokens or None), exec_timeout, folder)
        beginning = PROMPT.format(
            tools="\n\n".join(usage(name) for name in ACTIONS),
            task=task,
            folder=folder,
            format="\n".join(f"{name}: {what}" for name, what in ENTRIES.items()),
        )
        steps = Pace(idle_turns)
        for number in range(max_steps):
            prompt = beginning
            if number == 0:
                prompt += "\nNow let's start!\n"
            elif number > steps_in_context and research_log:
                prompt += (
                    f"\nA summary of what you have done:\n```\n{await research.recall()}\n```\n\nYour latest steps:\n"
                )
            for step in research.steps[-steps_in_context:]:
                prompt += f"\n{step.reply}\nObservation:\n```\n{step.observation}\n```\n"
            entries = await _reply(state, research, prompt + _what_is_left(max_steps - number), max_retries)
            if entries is None:
                return state
            name = entries["Action"].strip()
            told = "\n".join(f"{k}: {shortened(entries[k], MAX_ENTRY)}" for k in ENTRIES)
            step = Step(told.replace("**", ""), "")
            step.observation = await act(research, name, entries["Action Input"])
            if not await steps.go_on(name, step) or research.ended:
                return state
            if len(step.observation) > MAX_OBSERVATION:
                wanted = "Summarise all that matters in it, concisely and objectively."
                found = await research.digest(step.observation, f"the observation of your action {name}", wanted)
                step.observation = shortened(found, MAX_OBSERVATION)
            if step.acted:  # faulty inputs are forgotten once a good one follows
                research.steps = [s for s in research.steps if s.acted]
            research.steps.append(step)
            state.messages.append(ChatMessageUser(content=f"Observation:\n```\n{step.observation}\n```"))
            if research_log:
                await research.note(step)
        note_end("steps_used", f"all {max_steps} steps are used")
        return state

    return execute


class Pace:
    """Slows down what leads nowhere, and ends a run that does nothing any more."""

    def __init__(self, most: int) -> None:
        self._most, self._idle, self._same = most, 0, 0
        self._last: object = None

    async def go_on(self, name: str, step: Step) -> bool:
        """Whether there is a next step."""
        self._idle = 0 if step.acted else self._idle + 1
        self._same = self._same + 1 if step == self._last else 0
        self._last = replace(step)
        if self._most and self._idle >= self._most:
            told = f"{self._idle} steps in a row without an action; the last: {name}, {step.observation}"
            note_end("no_action", told)
            return False
        await pause(max(self._idle, self._same))
        return True


def _what_is_left(steps: int) -> str:
    """What is told at each step."""
    left = time_left()
    time = f"{duration(left)} and " if left is not None else ""
    return f"\nYou have {time}{steps} step{'s' * (steps != 1)} left, this one included.\n"


async def _reply(state: AgentState, research: Research, prompt: str, max_retries: int) -> dict[str, str] | None:
    """The model's next step; None if it does not keep to the format."""
    for missed in range(max_retries):
        await pause(missed)
        state.output = await research.ask(prompt)
        state.messages.append(state.output.message)
        if state.output.stop_reason == "model_length":
            return None
        entries = parse_entries(state.output.completion)
        if entries is not None:
            return entries
        prompt += f"\nYour reply had the wrong format. Give a valid reply with all entries: {', '.join(ENTRIES)}\n"
    last = " ".join(state.output.completion.split()[:60]) or "(nothing)"
    note_end("no_action", f"{max_retries} replies in a row in the wrong format; the last: {last}")
    return None
