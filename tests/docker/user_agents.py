"""What a user may write: an agent and a solver of their own, in a file that knows nothing of the benchmark."""

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.model import execute_tools, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver, use_tools
from inspect_ai.tool import bash


@agent
def own_agent() -> Agent:
    async def execute(state: AgentState) -> AgentState:
        tools = [bash()]
        for _ in range(2):
            state.output = await get_model().generate(state.messages, tools)
            state.messages.append(state.output.message)
            messages, _ = await execute_tools(state.messages, tools)
            state.messages.extend(messages)
        return state

    return execute


@solver
def own_solver() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state = await use_tools(bash())(state, generate)
        return await generate(state, tool_calls="single")

    return solve
