"""One run of MLAB: its research log, and what its actions do."""

from __future__ import annotations

import difflib
import posixpath
import re
from dataclasses import dataclass, field

from inspect_ai.model import ChatMessageUser, GenerateConfig, ModelOutput
from inspect_ai.util import OutputLimitExceededError, sandbox, store_as

from mlebench_inspect.agents.commands import seconds_for
from mlebench_inspect.agents.mlab.steps import ActionError, InputError, Step
from mlebench_inspect.agents.sending import Questions
from mlebench_inspect.agents.submitting import Ending
from mlebench_inspect.run.validation import Validation, check_submission

SEGMENT, MAX_TEXT = 10_000, 200_000
MAX_DIFF = 5_000  # lines of a script; the difference between longer ones takes too long to tell


@dataclass
class Research:
    """The state of one run: its steps, its research log, and what edits can be undone."""

    task: str
    config: GenerateConfig
    exec_timeout: int
    folder: str
    """Where it works: the code folder, so that its code is kept."""
    steps: list[Step] = field(default_factory=list)
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

    async def note(self, step: Step) -> None:
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


def _diff(old: str, new: str) -> str:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    if len(before) + len(after) > MAX_DIFF:
        return f"(too long to be shown: {len(before)} lines became {len(after)})"
    return "".join(difflib.unified_diff(before, after))


def _line_numbers(first: str, last: str) -> tuple[int, int]:
    try:
        return max(1, int(first)), int(last)
    except ValueError:
        raise ActionError("start_line_number and end_line_number must be whole numbers.") from None
