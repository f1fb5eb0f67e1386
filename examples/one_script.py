"""A small agent of your own: the model writes one script, and mends it until it has run.

inspect eval mlebench_inspect/spaceship-titanic --solver examples/one_script.py@one_script --model openai/gpt-5
"""

import re

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.model import ChatMessageUser, get_model
from inspect_ai.util import OutputLimitExceededError, sandbox

TASK = """\
Write one Python script that does all of this, in one block that begins with ```python. Use the paths
above as they stand; you are shown what it prints.
"""


@agent
def one_script(attempts: int = 5, timeout: int = 3600) -> Agent:
    """Asks for a script until one has run.

    Args:
        attempts: Most scripts to ask for.
        timeout: Seconds that a script may run.
    """

    async def execute(state: AgentState) -> AgentState:
        state.messages.append(ChatMessageUser(content=TASK))
        for _ in range(attempts):
            state.output = await get_model().generate(state.messages)
            state.messages.append(state.output.message)
            code = re.search(r"```python\n(.*?)```", state.output.completion, re.DOTALL)
            ran, told = await run(code[1], timeout) if code else (False, "There is no such block in your reply.")
            if ran:
                break
            state.messages.append(ChatMessageUser(content=f"{told}\n\nGive the whole script again, mended."))
        return state

    return execute


async def run(code: str, timeout: int) -> tuple[bool, str]:
    """Whether the script ended well, and what it printed."""
    try:
        done = await sandbox().exec(["python3", "-"], input=code, timeout=timeout)
    except TimeoutError:
        return False, f"It was stopped after {timeout} seconds."
    except OutputLimitExceededError:
        return False, "It printed too much."
    return done.success, f"Exit code {done.returncode}. Its output ends so:\n{(done.stdout + done.stderr)[-5000:]}"
