"""Runs OpenHands on the task beside this file; runs inside the sandbox, with OpenHands' own Python.

A reply in prose is no end: the agent is told to go on, until it says that it is done or its steps are used. What equal
polls of a long training look like is not taken for being stuck. How the run ended, if not by the agent's word, is
written to `end.txt`.
"""

import json
import os
import time
import traceback
from pathlib import Path

# before the imports: litellm would fetch a price list, and its start can fail where there is no network
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ.setdefault("OPENHANDS_SUPPRESS_BANNER", "1")

from openhands.sdk import LLM, Agent, Conversation, LLMSummarizingCondenser, Tool
from openhands.tools.file_editor import FileEditorTool
from openhands.tools.task_tracker import TaskTrackerTool
from openhands.tools.terminal import TerminalTool
from pydantic import SecretStr

START = time.monotonic()
MOST_FAILED = 10  # steps in a row that came to nothing by an exception, after which the run ends with it
GO_ON = """\
{left}Go on with the task in the way that you think best, by calling a tool. There is no person to ask. When nothing
more is to be gained, end your work with the tool `finish`.
"""


class Steps:
    """Counts the steps of all runs of a conversation."""

    def __init__(self) -> None:
        self.done, step = 0, Agent.step

        def counted(agent, *args, **kwargs):
            self.done += 1
            return step(agent, *args, **kwargs)

        Agent.step = counted


def go_on(seconds_left: float | None) -> str:
    """What a reply in prose is answered with."""
    if seconds_left is None:
        return GO_ON.format(left="")
    minutes = max(0, seconds_left - (time.monotonic() - START)) / 60
    return GO_ON.format(left=f"You have {minutes:.0f} minutes left. ")


def has_finished(conversation) -> bool:
    """Whether the agent's last word was the tool that ends its work."""
    said = [event for event in conversation.state.events if event.source == "agent"]
    return any(getattr(event, "tool_name", "") == "finish" for event in said[-2:])


def work(conversation, settings: dict) -> str:
    """Lets the agent work until it is done; otherwise returns what ended it."""
    steps, most, failed = Steps(), settings["max_iterations"], 0
    while steps.done < most:
        conversation.max_iteration_per_run = most - steps.done
        before = steps.done
        try:
            conversation.run()
        except Exception:  # a request that is rejected, or an answer that the SDK cannot take: another may fare better
            failed = failed + 1 if steps.done <= before + 1 else 1
            if failed == MOST_FAILED:
                raise
            traceback.print_exc()
            continue
        failed = 0
        if has_finished(conversation):
            return ""
        status = conversation.state.execution_status.value
        if status != "finished" and steps.done < most:
            return status
        if steps.done == before:
            return "no step was taken"
        conversation.send_message(go_on(settings["seconds_left"]))
    return f"all {most} steps are used"


def main() -> None:
    folder = Path(__file__).parent
    settings = json.loads((folder / "settings.json").read_text())
    llm = LLM(
        usage_id="agent",
        model=settings["model"],
        base_url=os.environ["OPENAI_BASE_URL"],
        api_key=SecretStr(os.environ["OPENAI_API_KEY"]),
        api_mode="chat",
        max_input_tokens=settings["max_input_tokens"],
        num_retries=3,
        timeout=3600,
    )
    agent = Agent(
        llm=llm,
        # a terminal as a plain subprocess: a tmux server would outlive the run
        tools=[
            Tool(name=TerminalTool.name, params={"terminal_type": "subprocess"}),
            Tool(name=FileEditorTool.name),
            Tool(name=TaskTrackerTool.name),
        ],
        system_prompt_kwargs={"cli_mode": True},
        condenser=LLMSummarizingCondenser(
            llm=llm.model_copy(update={"usage_id": "condenser"}), max_size=settings["condenser_size"], keep_first=2
        ),
    )
    conversation = Conversation(
        agent=agent,
        workspace=settings["workspace"],
        max_iteration_per_run=settings["max_iterations"],
        stuck_detection=False,
        persistence_dir=None,
        visualizer=None,
    )
    conversation.send_message((folder / "task.md").read_text())
    end = work(conversation, settings)
    print("OpenHands ended:", end or "finished")
    (folder / "end.txt").write_text(end)
    conversation.close()


if __name__ == "__main__":
    main()
