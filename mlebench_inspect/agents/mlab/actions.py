"""The actions of MLAB by their published names."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from inspect_ai.util import OutputLimitExceededError

from mlebench_inspect.agents.mlab.research import Research
from mlebench_inspect.agents.mlab.steps import BAD_INPUT, ActionError, InputError


@dataclass(frozen=True)
class Action:
    run: Callable[..., Awaitable[str]]
    use: str
    inputs: dict[str, str]


_DIRECTORY = "a directory, such as ."
_FILE, _SCRIPT, _LINE = "a file's name", "a Python script's name", "a line number"
_SAVE = "name of the file to save to"
ACTIONS = {
    "List Files": Action(Research.list_files, "See what lies in a directory.", {"dir_path": _DIRECTORY}),
    "Understand File": Action(
        Research.understand_file,
        "Have a whole file read for you and described.",
        {"file_name": _FILE, "things_to_look_for": "in detail, what to look for and what to tell"},
    ),
    "Inspect Script Lines": Action(
        Research.inspect_script_lines,
        "See lines of a script as they are, 100 at most.",
        {"script_name": _SCRIPT, "start_line_number": _LINE, "end_line_number": _LINE},
    ),
    "Edit Script (AI)": Action(
        Research.edit_script,
        "Have another AI edit a script, or write it when it does not exist. Check the diff that you get.",
        {"script_name": _SCRIPT, "edit_instruction": "step by step, how to edit it", "save_name": _SAVE},
    ),
    "Edit Script Segment (AI)": Action(
        Research.edit_script_segment,
        "The same for some lines of a script.",
        {
            "script_name": _SCRIPT,
            "start_line_number": _LINE,
            "end_line_number": _LINE,
            "edit_instruction": "step by step, how to edit them",
            "save_name": _SAVE,
        },
    ),
    "Undo Edit Script": Action(Research.undo_edit_script, "Undo a script's last edit.", {"script_name": _SCRIPT}),
    "Execute Script": Action(Research.execute_script, "Run a Python script.", {"script_name": _SCRIPT}),
    "Reflection": Action(
        Research.reflection, "Look back over all steps.", {"things_to_reflect_on": "in detail, what to reflect on"}
    ),
    "Validate Submission": Action(
        Research.validate_submission, "Learn whether the submission that lies in place has the right format.", {}
    ),
    "Final Answer": Action(
        Research.final_answer,
        "End your work. Nothing can be done after it.",
        {"final_answer": "what you have achieved"},
    ),
}


async def act(research: Research, name: str, text: str) -> str:
    action = ACTIONS[name]
    try:
        inputs = _inputs(text)
        if not isinstance(inputs, dict) or inputs.keys() != action.inputs.keys():
            raise ValueError(f"the entries must be {', '.join(action.inputs)}")
    except (ValueError, RecursionError) as ex:
        return f"{BAD_INPUT}: {ex}. The input of {name} must be valid JSON with the right entries:\n{usage(name)}"
    try:
        return await action.run(research, **{k: str(v) for k, v in inputs.items()})
    except InputError as ex:
        return f"{BAD_INPUT}: {ex}"
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


def usage(name: str) -> str:
    if not ACTIONS[name].inputs:
        return f"- {name}: {ACTIONS[name].use}\n  {{}}"
    inputs = ",\n    ".join(f'"{k}": [{v}]' for k, v in ACTIONS[name].inputs.items())
    return f"- {name}: {ACTIONS[name].use}\n  {{\n    {inputs}\n  }}"
