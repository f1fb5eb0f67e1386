"""AIDE: tree search over whole solutions, run by the real aideml package inside the sandbox."""

from __future__ import annotations

from typing import Annotated, Literal

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.model import get_model
from pydantic import Field

from mlebench_inspect.agents.bridged import MODEL, run_in_sandbox
from mlebench_inspect.options import AtLeast0, Form, agent_options
from mlebench_inspect.sandboxes.compose import CODE, DATA, LOGS, SUBMISSION

STEPS = {"paper": 2000, "reference": 500}
"""The published numbers of steps: of the paper's table, and of the reference's configuration."""
_Steps = Annotated[
    Annotated[int, Field(ge=1)] | Literal["paper", "reference"],
    Form("a whole number, paper or reference"),
]

_NOTE = """\
# How your code is run

Your code runs in a folder of its own: `./input` holds what the competition calls `{data}`, and you write the submission
to `./working/submission.csv`. The submission of the solution with the best validation score is put into `{submission}`
for you.
"""


@agent
@agent_options
def aide(
    steps: _Steps = "paper",
    max_debug_depth: int = 20,
    debug_prob: float = 1.0,
    num_drafts: int = 5,
    k_fold_validation: int = 5,
    exec_timeout: int = 32400,
    data_preview: bool = True,
    temperature: float | None = 0.5,
    idle_turns: AtLeast0 = 20,
) -> Agent:
    """AIDE (aideml) in the image `mlebench-inspect-aide`; the defaults are the published settings.

    The feedback on each step comes from the model role `feedback` (`--model-role feedback=...`), else from the run's
    model.

    Args:
        steps: Solutions to try, `paper` (2000) or `reference` (500); the run ends earlier at its time limit.
        max_debug_depth: How often in a row a broken solution may be mended.
        debug_prob: Probability that a broken solution is mended rather than another one improved.
        num_drafts: Solutions to draft before one is improved.
        k_fold_validation: Folds of the validation that the model is asked for; 1 to leave this to the model.
        exec_timeout: Seconds that the code of one step may run; fewer where less time is left.
        data_preview: Whether the prompts show the beginning of the data.
        temperature: Of all its calls, in place of the run's; None for the run's or the model's own.
        idle_turns: Answers in a row without code or a review after which the run ends; 0 for never.
    """

    async def execute(state: AgentState) -> AgentState:
        settings = {
            "model": MODEL,
            "feedback_model": "feedback",
            "steps": STEPS[steps] if isinstance(steps, str) else steps,
            "max_debug_depth": max_debug_depth,
            "debug_prob": debug_prob,
            "num_drafts": num_drafts,
            "k_fold_validation": k_fold_validation,
            "exec_timeout": exec_timeout,
            "data_preview": data_preview,
            "temperature": temperature,
            "data": DATA,
            "submission": f"{SUBMISSION}/submission.csv",
            "code": CODE,
            "logs": LOGS,
        }
        note = _NOTE.format(data=DATA, submission=settings["submission"])
        return await run_in_sandbox(
            "aide",
            state,
            settings,
            note=note,
            model_aliases={  # feedback comes from AIDE's own model, unless a role names another
                "feedback": get_model(role="feedback")  # inspect-evals-lint: ignore[IEBP002] -- as AIDE has it
            },
            forward_generation_config=temperature is not None,
            single_questions=True,
            idle_turns=idle_turns,
        )

    return execute
