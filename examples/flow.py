"""Scaffolds x models x seeds with Inspect Flow 0.14 (`pip install inspect-flow uv`).

flow check examples/flow.py                          what is to be run, and what of it is done
flow run examples/flow.py                            runs the rest
flow run examples/flow.py -A seeds=1 -A models='["openai/gpt-5"]'
mlebench-inspect compare logs/flow --by solver

`flow run` notes the versions and checksums of all packages beside the logs, for which uv asks a package index.
"""

from collections.abc import Sequence

from inspect_flow import FlowAgent, FlowSpec, FlowTask, tasks_matrix


def spec(
    task: str = "mlebench_inspect/lite",
    models: Sequence[str] = ("openai/gpt-5", "anthropic/claude-opus-4-5"),
    seeds: int = 3,
    hours: float = 24,
    steps: int = 500,
    **options: object,
) -> FlowSpec:
    """A run for each scaffold and model, with an epoch for each seed; further `-A name=value` are the task's `-T`."""
    return FlowSpec(
        log_dir="logs/flow",
        tasks=tasks_matrix(
            task=FlowTask(name=task, args=options, epochs=seeds, time_limit=int(hours * 3600)),
            model=models,
            solver=[
                FlowAgent(name="mlebench_inspect/react"),  # a bare name would be a solver's
                FlowAgent(name="mlebench_inspect/mlab"),
                FlowAgent(name="mlebench_inspect/search", args={"policy": "evolutionary", "max_steps": steps}),
            ],
        ),
    )
