"""What taking a submission out of a container costs, and how long Inspect's event loop waits for it.

    python benchmarks/extraction.py copy --megabytes 600     peak memory of the host process, against reading it whole
    python benchmarks/extraction.py many --samples 30        the longest wait of the event loop in a whole run

Needs Docker and the light image.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType


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

    waits: list[tuple[float, str]] = []
    gross: list[float] = []
    beat, held_by = time.perf_counter(), "nothing seen"

    async def watch() -> None:
        nonlocal beat, held_by
        while True:
            beat, held_by, queued = time.perf_counter(), "nothing seen", time_in_run_queue()
            await asyncio.sleep(0.02)
            late = time.perf_counter() - beat - 0.02
            gross.append(late)
            waits.append((late - (time_in_run_queue() - queued), held_by))

    def look() -> None:
        nonlocal held_by
        while True:
            time.sleep(0.02)
            if time.perf_counter() - beat > 0.1 and held_by == "nothing seen":
                held_by = whose(sys._current_frames()[threading.main_thread().ident or 0])

    watching: list[asyncio.Task[None]] = []

    @solver
    def submit() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            if not watching:
                watching.append(asyncio.get_running_loop().create_task(watch()))
                threading.Thread(target=look, daemon=True).start()
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
    longest = sorted(waits, reverse=True)
    print(
        json.dumps(
            {
                "samples": samples,
                "seconds": round(took, 1),
                "longest waits of the loop (ms)": [round(1000 * w) for w in sorted(gross)[:-6:-1]],
                "without those for a processor": [f"{1000 * w:.0f}: {who}" for w, who in longest[:5]],
                "above 200 ms": sum(w > 0.2 for w, _ in longest),
                "longest with our code (ms)": round(1000 * max((w for w, who in waits if "ours" in who), default=0)),
            },
            indent=2,
        )
    )


def time_in_run_queue() -> float:
    """Seconds that this thread was ready to run but had no processor, which other processes held; 0 if unknown."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


def whose(frame: FrameType | None) -> str:
    """Whose code the event loop is in: the innermost place outside the standard library."""
    root, library = Path(__file__).parents[1], Path(os.__file__).parent
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if not path.is_relative_to(library) or "site-packages" in path.parts:
            ours = path.is_relative_to(root) and "site-packages" not in path.parts and path != Path(__file__)
            return f"{'ours, ' if ours else ''}{path.parent.name}/{path.name}:{frame.f_code.co_name}"
        frame = frame.f_back
    return "the event loop itself"


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
