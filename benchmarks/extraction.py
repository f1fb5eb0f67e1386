"""What taking a submission out of a container costs, and how long Inspect's event loop waits for it.

    python benchmarks/extraction.py copy --megabytes 600     peak memory of the host process, against reading it whole
    python benchmarks/extraction.py many --samples 30        the longest wait of the event loop in a whole run

Needs Docker and the light image.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from event_loop import LoopWatch


def peak() -> float:
    """Largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def copy(megabytes: int) -> None:
    """Each way in a process of its own."""
    from mlebench_inspect.sandboxes.compose import LIGHT_IMAGE

    command = ["docker", "run", "-d", "--rm", "--network", "none", LIGHT_IMAGE, "sleep", "600"]
    container = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    try:
        script = f"yes 0123456789,0.123456789 | head -c {megabytes}M > /home/submission/submission.csv"
        subprocess.run(["docker", "exec", container, "bash", "-c", script], check=True)
        for way in ("take_out", "read_into_memory"):
            call = [sys.executable, __file__, "one", "--container", container, "--way", way]
            print(subprocess.run(call, capture_output=True, text=True, check=True).stdout, end="")
    finally:
        subprocess.run(["docker", "kill", container], capture_output=True)


def one(container: str, way: str) -> None:
    """Copies once and prints time and memory."""
    from mlebench_inspect.sandboxes.docker import Docker

    before, start = peak(), time.perf_counter()
    path = "/home/submission/submission.csv"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "submission.csv"
        if way == "take_out":
            size = asyncio.run(Docker().take_out(container, path, file, 4 << 30))
        else:  # what reading by a command comes to: all of it, and then as text
            raw = subprocess.run(["docker", "exec", container, "cat", path], capture_output=True, check=True).stdout
            size = file.write_text(raw.decode())
    took = time.perf_counter() - start
    print(json.dumps({"way": way, "MB": size >> 20, "seconds": round(took, 2), "extra MB": round(peak() - before)}))


def many(samples: int) -> None:
    """Submits in many containers at once, and watches the event loop; says whose code held it up."""
    import inspect_ai
    from inspect_ai.solver import Generate, Solver, TaskState, solver
    from inspect_ai.util import sandbox

    from mlebench_inspect.benchmark import TASKS

    watch = LoopWatch()

    @solver
    def submit() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            watch.begin()
            script = (
                "cp /home/data/sample_submission.csv /home/submission/submission.csv; "
                "/home/validate_submission.sh /home/submission/submission.csv"
            )
            await sandbox().exec(["bash", "-c", script])
            return state

        return solve

    task = TASKS["spaceship-titanic"](data="miniature", hardware="lite", memory="512m", shm_size="64m")
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        inspect_ai.eval(
            task,
            model=None,
            solver=submit(),
            epochs=samples,
            max_samples=samples,
            max_sandboxes=samples,
            max_subprocesses=2 * samples,
            log_dir=folder,
            display="none",
        )
        took = time.perf_counter() - start
    print(json.dumps({"samples": samples, "seconds": round(took, 1), **watch.figures()}, indent=2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["copy", "many", "one"])
    parser.add_argument("--megabytes", type=int, default=600)
    parser.add_argument("--samples", type=int, default=30)
    parser.add_argument("--container", default="")
    parser.add_argument("--way", default="")
    options = parser.parse_args()
    if options.what == "copy":
        copy(options.megabytes)
    elif options.what == "one":
        one(options.container, options.way)
    else:
        many(options.samples)
