"""What MLAB is told, and the format in which it replies."""

from __future__ import annotations

import re

from mlebench_inspect.agents.mlab.actions import ACTIONS
from mlebench_inspect.agents.mlab.research import MAX_TEXT

ENTRIES = {
    "Reflection": "What the last observation means; after an error, its cause and how to mend it.",
    "Research Plan and Status": "The whole plan, with what is done, what is under way, and the confirmed result of each"
    " step. Only what earlier observations have confirmed. Put **double asterisks** around what is new.",
    "Fact Check": "Each new statement in the plan and status: guessed, or confirmed by the observation just above.",
    "Thought": "What you are doing now, which action comes next, and why.",
    "Action": "The name of one tool.",
    "Action Input": "The tool's input as valid JSON.",
}

PROMPT = """\
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
