"""A scripted model: writes working code for the miniature spaceship-titanic, in the words that each scaffold wants."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.tool import ToolChoice, ToolInfo

USAGE = {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120}

# one thread and few features: OpenMP spins for minutes where other tests use the same cores
SOLUTION = """\
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

train, test = pd.read_csv("{data}/train.csv"), pd.read_csv("{data}/test.csv")
columns = [c for c in test if pd.api.types.is_numeric_dtype(train[c])]
half, model = len(train) // 2, DecisionTreeClassifier(max_depth=5, random_state=0)
learned = model.fit(train[columns][:half], train.Transported[:half])
print("accuracy", learned.score(train[columns][half:], train.Transported[half:]))
model.fit(train[columns], train.Transported)
out = pd.DataFrame({{"PassengerId": test.PassengerId, "Transported": model.predict(test[columns]).astype(bool)}})
out.to_csv("{submission}", index=False)
"""

Script = Callable[[list[ChatMessage], list[ToolInfo]], ModelOutput]


def solution(data: str = "/home/data", submission: str = "/home/submission/submission.csv") -> str:
    return SOLUTION.format(data=data, submission=submission)


def shell_solution() -> str:
    return f"python3 - <<'END'\n{solution()}END"


def says(text: str) -> ModelOutput:
    return with_usage(ModelOutput.from_content("mockllm", text))


def calls(tool: str, arguments: dict[str, Any]) -> ModelOutput:
    return with_usage(ModelOutput.for_tool_call("mockllm", tool, arguments))


def with_usage(output: ModelOutput) -> ModelOutput:
    output.usage = ModelUsage(**USAGE)
    return output


def turn(messages: list[ChatMessage]) -> int:
    """How often the model has spoken in this conversation."""
    return sum(isinstance(m, ChatMessageAssistant) for m in messages)


def scripted(script: Script) -> Model:
    """A model that answers by a function of the conversation alone, so that samples can run side by side."""

    def answer(
        input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        return script(input, tools)

    return get_model("mockllm/model", custom_outputs=answer, memoize=False)


def any_scaffold(messages: list[ChatMessage], tools: list[ToolInfo]) -> ModelOutput:
    """One script for all scaffolds: tells them apart by their tools and their prompts."""
    names = {t.name for t in tools}
    text = "\n".join(m.text for m in messages)
    worked = re.search(r"accuracy 0\.\d", text) is not None
    if "submit_review" in names:  # AIDE's feedback
        found = re.findall(r"accuracy (0\.\d+)", text)
        review = {"is_bug": not found, "metric": float(found[-1]) if found else 0.0, "lower_is_better": False}
        return calls("submit_review", {**review, "summary": "It ran." if found else "It failed."})
    if "Kaggle grandmaster" in text:  # AIDE's drafts and improvements
        code = solution("./input", "./working/submission.csv")
        return says(f"Gradient boosting on the numbers.\n\n```python\n{code}```")
    if "You write one whole solution" in text:  # search
        code = solution(submission="submission.csv") + "print('{\"validation_score\": 0.75}')\n"
        return says(f"A tree.\n\n```python\n{code}```")
    if "Given this Python script" in text:  # MLAB's edits
        return says(f"```python\n{solution()}```")
    if "Given your action and what was observed" in text:  # and its log
        return says("[Reasoning]: none\n[Action]: none\n[Observation]: none")
    if "Research Plan and Status" in text:
        return mlab_step(text)
    if "exec_command" in names:
        return codex_step(messages, worked)
    if "Bash" in names:  # Claude Code
        work, end = calls("Bash", {"command": shell_solution(), "description": "Train and predict"}), says("done")
    elif "run_shell_command" in names:  # Gemini CLI
        work, end = calls("run_shell_command", {"command": shell_solution()}), says("done")
    elif {"bash", "todowrite"} <= names:  # opencode
        work, end = calls("bash", {"command": shell_solution(), "description": "Train and predict"}), says("done")
    elif "terminal" in names:
        work, end = calls("terminal", {"command": shell_solution()}), calls("finish", {"message": "done"})
    elif "submit" in names:
        work, end = calls("bash", {"command": shell_solution()}), calls("submit", {"answer": "done"})
    elif "bash" in names:
        work = calls("bash", {"command": shell_solution()})
        end = calls("bash", {"command": "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"})
    else:
        work, end = says(f"```bash\n{shell_solution()}\n```"), says("```submit\n```")
    return end if worked else work


def codex_step(messages: list[ChatMessage], worked: bool) -> ModelOutput:
    """Codex answers after some seconds, whether or not a command has ended."""
    goes_on = re.search(r"running with session ID (\d+)", messages[-1].text)
    if goes_on:
        return calls("write_stdin", {"session_id": int(goes_on[1]), "chars": ""})
    return says("done") if worked else calls("exec_command", {"cmd": shell_solution()})


def mlab_step(text: str) -> ModelOutput:
    """The research agent has no conversation: its prompt shows the latest steps."""
    if "Observation:\n```\nThe script has been executed" in text:
        action, inputs = "Final Answer", {"final_answer": "done"}
    elif "The edited file is saved" in text:
        action, inputs = "Execute Script", {"script_name": "train.py"}
    else:
        edit = {"script_name": "train.py", "edit_instruction": "write a model", "save_name": "train.py"}
        action, inputs = "Edit Script (AI)", edit
    return says(mlab_reply(action, inputs))


def mlab_reply(action: str, inputs: dict[str, str]) -> str:
    """An action in the research agent's format."""
    entries = ["Reflection", "Research Plan and Status", "Fact Check", "Thought"]
    return "\n".join([*(f"{e}: none" for e in entries), f"Action: {action}", f"Action Input: {json.dumps(inputs)}"])


def last_user_text(messages: list[ChatMessage]) -> str:
    return next((m.text for m in reversed(messages) if isinstance(m, ChatMessageUser)), "")
