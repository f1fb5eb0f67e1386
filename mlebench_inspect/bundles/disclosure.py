"""What no log knows: questions for whoever publishes a result, and their answers."""

from __future__ import annotations

from collections.abc import Mapping

from mlebench_inspect.bundles.errors import BrokenBundle
from mlebench_inspect.bundles.plain_data import from_yaml

QUESTIONS = {
    "outside_knowledge": "What could the agent use beyond the competition's files: the internet, other people's "
    "solutions, papers, pre-trained weights, notes of its makers?",
    "test_time_search": "What was searched at test time: several attempts, of which one was chosen? How many, by what?",
    "human_help": "Did people help, choose or correct anything while the agent worked?",
    "prior_runs": "Were there earlier runs on these competitions, by which agent, prompts or settings were tuned?",
    "left_out": "Were runs, seeds or competitions left out or repeated, and why?",
    "training": "Was a model trained or tuned on these competitions, their data, discussions or solutions?",
    "knowledge_cutoff": "Until when does each model's knowledge reach?",
    "agent_source": "Where can the agent's own code be had, and in which version?",
    "hardware": "On what machines did the runs take place, and what else ran there?",
    "contact": "Who answers questions about this result?",
    "remarks": "What else must a reader know? (may stay empty)",
}
"""By name. All but the last want an answer."""
_OPTIONAL = "remarks"
_HEAD = """\
# What no log knows. Write an answer behind each name (several lines: begin with "|"), then put it into the bundle with
#   mlebench-inspect bundle LOGS --disclosure disclosure.yaml --output result.zip
# What stays empty is named as unanswered by: mlebench-inspect verify
"""


def template() -> str:
    """The questions, each with an empty answer."""
    return _HEAD + "".join(f"\n# {question}\n{name}:\n" for name, question in QUESTIONS.items())


def answers(text: bytes, name: str) -> dict[str, str]:
    """The answers in a filled template, by the question's name.

    Raises:
        BrokenBundle: It is something else, or answers a question that is not asked.
    """
    found = from_yaml(text, name)
    unknown = sorted(set(found) - set(QUESTIONS))
    if unknown:
        raise BrokenBundle(f"{name} answers {unknown[0][:60]!r}, which is not asked; there are {', '.join(QUESTIONS)}")
    return found


def unanswered(given: Mapping[str, str]) -> list[str]:
    """Names of the questions that want an answer and have none."""
    return [name for name in QUESTIONS if name != _OPTIONAL and not given.get(name)]
