"""Runs OpenHands on the task beside this file; runs inside the sandbox, with OpenHands' own Python."""

import json
import os
from pathlib import Path

# before the imports: litellm would fetch a price list, and its start can fail where there is no network
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ.setdefault("OPENHANDS_SUPPRESS_BANNER", "1")

from openhands.sdk import LLM, Agent, Conversation, LLMSummarizingCondenser, Tool
from openhands.tools.file_editor import FileEditorTool
from openhands.tools.task_tracker import TaskTrackerTool
from openhands.tools.terminal import TerminalTool
from pydantic import SecretStr


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
        persistence_dir=None,
        visualizer=None,
    )
    conversation.send_message((folder / "task.md").read_text())
    conversation.run()
    print("OpenHands ended:", conversation.state.execution_status)
    conversation.close()


if __name__ == "__main__":
    main()
