"""What a sample costs the host: ours against a bare Inspect task with the same container.

    python benchmarks/sample_cost.py --samples 20 --at-once 4

Each sample copies the sample submission into place. The bare task reads the file and is done; ours prepares its
sandbox, checks, takes the file out, grades it and keeps it. Time is the processors', of Inspect with all its
processes (the engine's own work is not in it), each in a run of its own; of `--rounds` the lowest counts. The script
fails where ours costs more than one and a half times the bare task. Needs Docker and the light image.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import sys
import tempfile
import time

SCRIPT = "cp /home/data/sample_submission.csv /home/submission/submission.csv"
_BE_SUBREAPER = 36


def bare(samples: int, at_once: int) -> None:
    """A task as anybody writes one."""
    from inspect_ai import Task
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
    from inspect_ai.solver import TaskState
    from inspect_ai.util import SandboxEnvironmentSpec, sandbox

    from mlebench_inspect.benchmark import TASKS

    @scorer(metrics=[mean()])
    def reads() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            return Score(value=len(await sandbox().read_file("/home/submission/submission.csv")))

        return score

    options = {"data": "miniature", "hardware": "lite", "memory": "512m", "shm_size": "64m", "at_once": at_once}
    (sample,) = TASKS["spaceship-titanic"](**options).dataset
    assert isinstance(sample.sandbox, SandboxEnvironmentSpec)
    run(Task([Sample(input="Submit.")], scorer=reads(), sandbox=sample.sandbox), samples, at_once)


def ours(samples: int, at_once: int) -> None:
    """The task of this package."""
    from mlebench_inspect.benchmark import TASKS

    options = {"data": "miniature", "hardware": "lite", "memory": "512m", "shm_size": "64m", "at_once": at_once}
    run(TASKS["spaceship-titanic"](**options), samples, at_once)


def run(task: object, samples: int, at_once: int) -> None:
    """All samples of a task."""
    import inspect_ai
    from inspect_ai.solver import Generate, Solver, TaskState, solver
    from inspect_ai.util import sandbox

    @solver
    def submit() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            assert (await sandbox().exec(["sh", "-c", SCRIPT])).success
            return state

        return solve

    with tempfile.TemporaryDirectory() as folder:
        (log,) = inspect_ai.eval(
            task,  # type: ignore[arg-type]
            model=None,
            solver=submit(),
            epochs=samples,
            max_samples=at_once,
            max_sandboxes=at_once,
            log_dir=folder,
            display="none",
        )
        assert log.status == "success", log.error


def cost(way: str, samples: int, at_once: int) -> tuple[float, float]:
    """Seconds of the processors, of all that a run starts, and of the clock."""
    command = [sys.executable, __file__, "--way", way, "--samples", str(samples), "--at-once", str(at_once)]
    start, before = time.perf_counter(), os.times()
    subprocess.run(command, check=True, timeout=3600)
    while True:  # processes that outlive it come to this one
        try:
            os.wait()
        except ChildProcessError:
            break
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return used, time.perf_counter() - start


def main() -> int:
    """The table; 1 where ours costs too much."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--way", choices=["bare", "ours"])
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if given.way:
        {"bare": bare, "ours": ours}[given.way](given.samples, given.at_once)
        return 0
    ctypes.CDLL(None).prctl(_BE_SUBREAPER, 1)
    found: dict[str, list[tuple[float, float]]] = {"bare": [], "ours": []}
    for _ in range(given.rounds):
        for way, costs in found.items():
            costs.append(cost(way, given.samples, given.at_once))
    best = {way: (min(c for c, _ in costs), min(t for _, t in costs)) for way, costs in found.items()}
    print("| task | processor time | a sample | time |\n|---|--:|--:|--:|")
    for way, (used, took) in best.items():
        print(f"| {way} | {used:.1f} s | {used / given.samples:.2f} s | {took:.1f} s |")
    ratio = best["ours"][0] / best["bare"][0]
    print(f"ours / bare: {ratio:.2f}")
    return int(ratio > 1.5)


if __name__ == "__main__":
    sys.exit(main())
