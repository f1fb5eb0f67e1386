"""MLAB: the research agent of MLAgentBench, with its published actions, reply format and memory."""

from __future__ import annotations

import difflib
import json
import posixpath
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.model import ChatMessageUser, GenerateConfig, ModelOutput
from inspect_ai.util import OutputLimitExceededError, sandbox, store_as

from mlebench_inspect.agents.commands import seconds_for, time_left
from mlebench_inspect.agents.ending import note_end
from mlebench_inspect.agents.pace import pause
from mlebench_inspect.agents.sending import Questions
from mlebench_inspect.agents.submitting import Ending
from mlebench_inspect.agents.windows import shortened
from mlebench_inspect.options import AtLeast0, agent_options
from mlebench_inspect.run.instructions import duration
from mlebench_inspect.run.validation import Validation, check_submission
from mlebench_inspect.sandboxes.providers import provider

ENTRIES = {
    "Reflection": "What the last observation means; after an error, its cause and how to mend it.",
    "Research Plan and Status": "The whole plan, with what is done, what is under way, and the confirmed result of each"
    " step. Only what earlier observations have confirmed. Put **double asterisks** around what is new.",
    "Fact Check": "Each new statement in the plan and status: guessed, or confirmed by the observation just above.",
    "Thought": "What you are doing now, which action comes next, and why.",
    "Action": "The name of one tool.",
    "Action Input": "The tool's input as valid JSON.",
}

_PROMPT = """\
You are a research assistant. You have these tools:

{tools}

Research problem: {task}

You know nothing of this problem yet. Keep to these rules:
- First make a high-level plan and write it down in the Research Plan and Status. You can revise it later.
- Keep the Research Plan and Status short and in order: the plan, the steps done and under way, the result of each.
- Put only confirmed progress there. Figures are confirmed by running code and seeing its output, and by nothing else.
- Design experiments that fit the problem, and measure a baseline before you improve on it.
- Follow the plan in the most direct way, and name the results that a conclusion rests on.
- Files and scripts are named as seen from `{folder}`, where you work; what lies there at the end is kept.
- Do not install packages.
- When the problem is solved, use Final Answer. It ends your work, so make sure of the submission first.

Always reply in exactly this format:
{format}
Observation:
```
the result of the action
```
"""

MAX_OBSERVATION, MAX_ENTRY, SEGMENT, MAX_TEXT = 5_000, 10_000, 10_000, 200_000
MAX_DIFF = 5_000  # lines of a script; the difference between longer ones takes too long to tell


class ActionError(Exception):
    """An action that cannot be done; the message is the observation."""


class InputError(Exception):
    """What is no action; the message tells why."""


@dataclass
class _Step:
    reply: str
    observation: str

    @property
    def acted(self) -> bool:
        """Whether it was an action at all."""
        return not self.observation.startswith(_BAD_INPUT)


@dataclass
class _Research:
    """The state of one run: its steps, its research log, and what edits can be undone."""

    task: str
    config: GenerateConfig
    exec_timeout: int
    folder: str
    """Where it works: the code folder, so that its code is kept."""
    steps: list[_Step] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    undo: dict[str, list[str]] = field(default_factory=dict)
    ending: Ending = field(default_factory=lambda: Ending(early=True, by="take Final Answer with a final_answer"))
    ended: bool = False
    questions: Questions = field(default_factory=Questions)

    async def ask(self, prompt: str) -> ModelOutput:
        return await self.questions.ask([ChatMessageUser(content=prompt)], config=self.config)

    async def digest(self, text: str, what: str, wanted: str) -> str:
        """What the model finds in a long text, segment by segment, put together in the end."""
        if len(text) > MAX_TEXT:
            text = f"{text[: MAX_TEXT // 2]}\n[... {len(text) - MAX_TEXT} characters ...]\n{text[-MAX_TEXT // 2 :]}"
        found = []
        for start in range(0, max(len(text), 1), SEGMENT):
            part = text[start : start + SEGMENT]
            prompt = (
                f"Given this part of {what} from character {start} to {start + len(part)}:\n```\n{part}\n```\n{wanted}"
            )
            found.append((await self.ask(f"{prompt} State only what stands there, and guess nothing.")).completion)
        if len(found) == 1:
            return found[0]
        parts = "\n\n".join(f"Segment {i}:\n{part}" for i, part in enumerate(found))
        return (
            await self.ask(f"Put these findings on the segments of {what} together. {wanted}\n\n{parts}")
        ).completion

    # the actions

    async def list_files(self, dir_path: str) -> str:
        result = await sandbox().exec(["ls", "-F", "--", dir_path or "."], cwd=self.folder, timeout=60)
        if not result.success:
            raise ActionError(f"Cannot list files in the directory {dir_path}: {result.stderr[:300]}")
        return result.stdout

    async def understand_file(self, file_name: str, things_to_look_for: str) -> str:
        wanted = f"Describe shortly, with the lines that matter: {things_to_look_for}"
        return await self.digest(await self._read(file_name), f"the file {file_name}", wanted)

    async def inspect_script_lines(self, script_name: str, start_line_number: str, end_line_number: str) -> str:
        first, last = _line_numbers(start_line_number, end_line_number)
        if not first <= last <= first + 100:
            raise ActionError("No more than 100 lines are shown at once, and the first number comes first.")
        lines = (await self._read(script_name)).split("\n")
        return f"Here are the lines (the file ends at line {len(lines)}):\n\n" + "\n".join(lines[first - 1 : last])

    async def edit_script(self, script_name: str, edit_instruction: str, save_name: str) -> str:
        return await self._edit(script_name, edit_instruction, save_name, None)

    async def edit_script_segment(
        self, script_name: str, start_line_number: str, end_line_number: str, edit_instruction: str, save_name: str
    ) -> str:
        lines = _line_numbers(start_line_number, end_line_number)
        return await self._edit(script_name, edit_instruction, save_name, lines)

    async def _edit(self, script: str, instruction: str, save_name: str, part: tuple[int, int] | None) -> str:
        old = await self._read(script, missing="")
        lines = old.split("\n")
        first, last = part or (1, len(lines))
        before, segment, after = lines[: first - 1], "\n".join(lines[first - 1 : last]), lines[last:]
        prompt = (
            f"Given this Python script{' segment' if part else ''}:\n```python\n{segment}\n```\n"
            f"Edit it by this instruction:\n{instruction}\n"
            "Give the whole code after the edit and change nothing else. Start the code with ```python."
        )
        answer = (await self.ask(prompt)).completion
        code = re.search(r"```python[^\n]*\n(.*?)^```", answer + "\n```", re.DOTALL | re.MULTILINE)
        if code is None:
            raise ActionError("The edit failed: the model gave no code. Try again with a clearer instruction.")
        new = "\n".join([*before, code[1].rstrip("\n"), *after]).rstrip("\n") + "\n"
        self.undo.setdefault(save_name, []).append(await self._read(save_name, missing=""))
        await self._write(save_name, new)
        told = f"The edited file is saved to {save_name}. Here is the diff; check that the edit is right:"
        return f"{told}\n\n{_diff(old, new)}"

    async def undo_edit_script(self, script_name: str) -> str:
        if not self.undo.get(script_name):
            raise ActionError("There is no change to undo.")
        content = self.undo[script_name].pop()
        await self._write(script_name, content)
        return f"Content of {script_name} after undoing the last edit:\n{content}"

    async def execute_script(self, script_name: str) -> str:
        await self._read(script_name)
        command, seconds = ["python3", "-u", script_name], seconds_for(self.exec_timeout)
        try:
            result = await sandbox().exec(command, cwd=self.folder, timeout=seconds, timeout_retry=False)
        except TimeoutError:
            raise ActionError(f"The script was stopped after {seconds} seconds.") from None
        except OutputLimitExceededError:
            raise ActionError("The script wrote too much. Let it print less, or write to a file.") from None
        output = (result.stdout or result.stderr) if result.success else result.stderr
        return f"The script has been executed. Here is the output:\n{output}"

    async def reflection(self, things_to_reflect_on: str) -> str:
        prompt = (
            f"We are trying to solve this research problem: {self.task}\n\n"
            f"The research log:\n```\n{self.log_text()}\n```\n"
            f"Reflect on this: {things_to_reflect_on}\nAnswer in plain paragraphs, as truthfully as you can."
        )
        return f"Reflection: {(await self.ask(prompt)).completion}"

    async def validate_submission(self) -> str:
        return await check_submission(store_as(Validation))

    async def final_answer(self, final_answer: str) -> str:
        refused = await self.ending.refused(final_answer)
        if refused is not None:
            raise InputError(refused)
        self.ended = True
        return ""

    async def _read(self, path: str, missing: str | None = None) -> str:
        try:
            return await sandbox().read_file(posixpath.join(self.folder, path))
        except FileNotFoundError:
            if missing is not None:
                return missing
            raise ActionError(f"The file {path} does not exist.") from None
        except (OSError, ValueError, OutputLimitExceededError) as ex:
            raise ActionError(f"Cannot read file {path}: {ex}") from None

    async def _write(self, path: str, content: str) -> None:
        try:
            await sandbox().write_file(posixpath.join(self.folder, path), content)
        except (OSError, RuntimeError, ValueError) as ex:
            raise ActionError(f"Cannot write file {path}: {ex}") from None

    # memory

    def log_text(self) -> str:
        return "\n\n".join(self.log)[-MAX_TEXT:]

    async def note(self, step: _Step) -> None:
        """Adds a summary of the step to the research log."""
        prompt = (
            f"Given your action and what was observed:\n{step.reply}\n"
            f"[Observation]:\n```\n{step.observation}\n```\nSummarise it as\n"
            "[Reasoning]: why the action was taken\n[Action]: what was done\n[Observation]: what was seen\n"
            "State only what is confirmed there, and suggest nothing."
        )
        self.log.append(f"Step {len(self.steps)}:\n{(await self.ask(prompt)).completion}")

    async def recall(self) -> str:
        """What of the research log matters for the next step."""
        prompt = (
            f"We are trying to solve this research problem: {self.task}\n\n"
            f"The research log:\n```\n{self.log_text()}\n```\n"
            "List concisely all that will help in the next steps."
        )
        return (await self.ask(prompt)).completion


@dataclass(frozen=True)
class _Action:
    run: Callable[..., Awaitable[str]]
    use: str
    inputs: dict[str, str]


_DIRECTORY = "a directory, such as ."
_FILE, _SCRIPT, _LINE = "a file's name", "a Python script's name", "a line number"
_SAVE = "name of the file to save to"
ACTIONS = {
    "List Files": _Action(_Research.list_files, "See what lies in a directory.", {"dir_path": _DIRECTORY}),
    "Understand File": _Action(
        _Research.understand_file,
        "Have a whole file read for you and described.",
        {"file_name": _FILE, "things_to_look_for": "in detail, what to look for and what to tell"},
    ),
    "Inspect Script Lines": _Action(
        _Research.inspect_script_lines,
        "See lines of a script as they are, 100 at most.",
        {"script_name": _SCRIPT, "start_line_number": _LINE, "end_line_number": _LINE},
    ),
    "Edit Script (AI)": _Action(
        _Research.edit_script,
        "Have another AI edit a script, or write it when it does not exist. Check the diff that you get.",
        {"script_name": _SCRIPT, "edit_instruction": "step by step, how to edit it", "save_name": _SAVE},
    ),
    "Edit Script Segment (AI)": _Action(
        _Research.edit_script_segment,
        "The same for some lines of a script.",
        {
            "script_name": _SCRIPT,
            "start_line_number": _LINE,
            "end_line_number": _LINE,
            "edit_instruction": "step by step, how to edit them",
            "save_name": _SAVE,
        },
    ),
    "Undo Edit Script": _Action(_Research.undo_edit_script, "Undo a script's last edit.", {"script_name": _SCRIPT}),
    "Execute Script": _Action(_Research.execute_script, "Run a Python script.", {"script_name": _SCRIPT}),
    "Reflection": _Action(
        _Research.reflection, "Look back over all steps.", {"things_to_reflect_on": "in detail, what to reflect on"}
    ),
    "Validate Submission": _Action(
        _Research.validate_submission, "Learn whether the submission that lies in place has the right format.", {}
    ),
    "Final Answer": _Action(
        _Research.final_answer,
        "End your work. Nothing can be done after it.",
        {"final_answer": "what you have achieved"},
    ),
}


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
        research = _Research(task, GenerateConfig(max_tokens=max_tokens or None), exec_timeout, folder)
        beginning = _PROMPT.format(
            tools="\n\n".join(_usage(name) for name in ACTIONS),
            task=task,
            folder=folder,
            format="\n".join(f"{name}: {what}" for name, what in ENTRIES.items()),
        )
        steps = _Pace(idle_turns)
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
            step = _Step(told.replace("**", ""), "")
            step.observation = await _act(research, name, entries["Action Input"])
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


_BAD_INPUT = "ActionInputParsingError"


class _Pace:
    """Slows down what leads nowhere, and ends a run that does nothing any more."""

    def __init__(self, most: int) -> None:
        self._most, self._idle, self._same = most, 0, 0
        self._last: object = None

    async def go_on(self, name: str, step: _Step) -> bool:
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


async def _reply(state: AgentState, research: _Research, prompt: str, max_retries: int) -> dict[str, str] | None:
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


def parse_entries(text: str) -> dict[str, str] | None:
    """The entries of a reply; None unless all are there and the action is known. What follows them is left out."""
    names = "|".join(re.escape(name) for name in [*ENTRIES, "Observation"])
    parts = re.split(rf"^[*#> \t]*({names})\**:\**", text[:MAX_TEXT], flags=re.MULTILINE)
    found: dict[str, str] = {}
    for name, content in zip(parts[1::2], parts[2::2], strict=True):
        if name == "Observation":
            break
        found.setdefault(name, content.strip())
    return found if found.keys() == ENTRIES.keys() and found["Action"].strip() in ACTIONS else None


async def _act(research: _Research, name: str, text: str) -> str:
    action = ACTIONS[name]
    try:
        inputs = _inputs(text)
        if not isinstance(inputs, dict) or inputs.keys() != action.inputs.keys():
            raise ValueError(f"the entries must be {', '.join(action.inputs)}")
    except (ValueError, RecursionError) as ex:
        return f"{_BAD_INPUT}: {ex}. The input of {name} must be valid JSON with the right entries:\n{_usage(name)}"
    try:
        return await action.run(research, **{k: str(v) for k, v in inputs.items()})
    except InputError as ex:
        return f"{_BAD_INPUT}: {ex}"
    except ActionError as ex:
        return f"EnvError: {ex}"
    except UnicodeDecodeError:
        return "EnvError: what came back is no UTF-8 text; print text."
    except (OSError, ValueError, OutputLimitExceededError) as ex:  # what no command can be given, or has no end
        return f"EnvError: {name} cannot be done: {ex}"


def _inputs(text: str) -> Any:
    """The JSON in an entry; a fence around it and what a model's template leaves behind it are passed over."""
    start = text.find("{")
    return json.JSONDecoder(strict=False).raw_decode(text, max(start, 0))[0]


def _diff(old: str, new: str) -> str:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    if len(before) + len(after) > MAX_DIFF:
        return f"(too long to be shown: {len(before)} lines became {len(after)})"
    return "".join(difflib.unified_diff(before, after))


def _usage(name: str) -> str:
    if not ACTIONS[name].inputs:
        return f"- {name}: {ACTIONS[name].use}\n  {{}}"
    inputs = ",\n    ".join(f'"{k}": [{v}]' for k, v in ACTIONS[name].inputs.items())
    return f"- {name}: {ACTIONS[name].use}\n  {{\n    {inputs}\n  }}"


def _line_numbers(first: str, last: str) -> tuple[int, int]:
    try:
        return max(1, int(first)), int(last)
    except ValueError:
        raise ActionError("start_line_number and end_line_number must be whole numbers.") from None
