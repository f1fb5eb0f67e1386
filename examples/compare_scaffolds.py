"""Three scaffolds on the same competitions from Python, in one set, then their figures.

python examples/compare_scaffolds.py openai/gpt-5
"""

import sys

from inspect_ai import eval_set, task_with
from inspect_ai.model import Model
from one_script import one_script

from mlebench_inspect.agents import mlab, react
from mlebench_inspect.analysis import runs
from mlebench_inspect.benchmark import TASKS

SCAFFOLDS = {"react": react, "mlab": mlab, "one_script": one_script}


def main(model: str | Model, logs: str, competitions: str = "lite", epochs: int = 3, **options: object) -> None:
    """Runs all of it, goes on where an earlier run was interrupted, and prints the figures.

    Args:
        model: Its name for Inspect.
        logs: Folder for the logs.
        competitions: A split or a competition.
        epochs: Seeds.
        options: Of the task, as `-T` takes them.
    """
    tasks = [
        task_with(TASKS[competitions](**options), name=f"{competitions}-{name}", solver=scaffold())
        for name, scaffold in SCAFFOLDS.items()
    ]
    eval_set(tasks, log_dir=logs, model=model, epochs=epochs, max_tasks=1)
    print(runs(logs)[["solver", "any_medal", "any_medal_sem", "valid"]].to_string(index=False))


if __name__ == "__main__":
    main(sys.argv[1], "logs/three-scaffolds")
