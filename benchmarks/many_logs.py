"""Reading many logs: `report` beside Inspect's own data frame of the same logs.

    python benchmarks/many_logs.py
    python benchmarks/many_logs.py --logs 100 --folder /tmp/logs

The logs are copies of a few that Inspect wrote, each under another run's name: 75 competitions, some 12 snapshots and
the tokens of a model in each sample. Memory is the peak of the sum of all processes' proportional set sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from logs import write_log  # noqa: E402
from mlebench_inspect.tasks import competitions  # noqa: E402

TEMPLATES, MODELS = 5, 50
MOST_SECONDS, MOST_BYTES = 10.0, 400 * 10**6
COMMANDS = {
    "ours": [sys.executable, "-m", "mlebench_inspect.cli", "report", "LOGS", "--output", os.devnull],
    "samples_df": [sys.executable, "-c", "from inspect_ai.analysis import samples_df; samples_df('LOGS', quiet=True)"],
}


class Spent(NamedTuple):
    """What a command took."""

    seconds: float
    """By the clock."""
    processor: float
    """Seconds of all processes' processor time."""
    memory: int
    """Bytes."""


def generate(folder: Path, number: int) -> None:
    """Writes the logs."""
    with tempfile.TemporaryDirectory() as temporary:
        templates = [template(Path(temporary), i) for i in range(TEMPLATES)]
        for i in range(number):
            copy(templates[i % TEMPLATES], folder / f"2026-01-01T00-00-00+00-00_all_{i:05d}.eval", i)


def template(folder: Path, seed: int) -> Path:
    """A log as Inspect writes it."""
    draw = random.Random(seed)
    outcomes = {c.id: draw.choice("gsbbnnnnnnnnnx-c!") for c in competitions("all")}
    return Path(
        write_log(folder, outcomes, task_id=f"template{seed}", snapshots=list(snapshots(draw)), time_limit=86400)
    )


def snapshots(draw: random.Random) -> Iterator[dict[str, Any]]:
    """Rows of twelve snapshots."""
    for i in range(12):
        yield {
            "after": 1800 * (i + 1),
            "score": round(draw.random(), 5),
            "medal": draw.choice(("none", "none", "bronze", "gold")),
            "percentile": 100 * draw.random(),
            "valid_submission": True,
            "above_median": draw.random() < 0.3,
            "sha256": f"{draw.getrandbits(256):064x}",
            "artifact": f"artifacts/x/snapshots/{i}.csv.gz",
            "error": None,
        }


def copy(source: Path, target: Path, number: int) -> None:
    """The log as that of another run, by one of several models."""
    draw = random.Random(number)
    with ZipFile(source) as old, ZipFile(target, "w", ZIP_DEFLATED, compresslevel=1) as new:
        for name in dict.fromkeys(old.namelist()):
            data = old.read(name)
            if name == "header.json":
                header = json.loads(data)
                ids = {name: f"{name}{number:05d}" for name in ("eval_id", "run_id", "task_id")}
                header["eval"] |= {**ids, "model": f"mockllm/model{number % MODELS}"}
                header["eval"]["created"] = (
                    f"2026-01-01T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}+00:00"
                )
                data = json.dumps(header).encode()
            elif name == "summaries.json":
                data = json.dumps([with_usage(row, draw) for row in json.loads(data)]).encode()
            new.writestr(name, data)


def with_usage(row: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """The summary of a sample with a model's tokens, and other scores than its template."""
    read, written = draw.randrange(10**7), draw.randrange(10**5)
    usage = {"input_tokens": read, "output_tokens": written, "total_tokens": read + written, "total_cost": read / 1e6}
    return {
        **row,
        "uuid": f"{draw.getrandbits(128):032x}",
        "model_usage": {"mockllm/model": usage},
        "total_time": 86400 * draw.random(),
    }


def measure(command: list[str]) -> Spent:
    """Runs a command to its end."""
    start, before = time.perf_counter(), processor()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    while True:
        try:
            process.wait(0.3)
            break
        except subprocess.TimeoutExpired:
            peak = max(peak, sum(map(proportional, family(process.pid))))
    assert process.returncode == 0, command
    return Spent(time.perf_counter() - start, processor() - before, peak)


def processor() -> float:
    """Seconds that ended processes which this one started have taken, with those that they started."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def family(pid: int) -> Iterator[int]:
    """A process and all that it started."""
    yield pid
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = file.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from family(int(child))


def proportional(pid: int) -> int:
    """Bytes of memory, those that are shared by their share."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:  # it has ended
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def main() -> int:
    """Prints the table; returns 1 where a limit is broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--logs", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="for the logs; those that lie there are taken")
    parser.add_argument("--alone", action="store_true", help="without Inspect's data frame")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if not list(folder.glob("*.eval")):
            folder.mkdir(parents=True, exist_ok=True)
            generate(folder, options.logs)
        names = ["ours"] if options.alone else list(COMMANDS)
        found = {n: measure([a.replace("LOGS", str(folder)) for a in COMMANDS[n]]) for n in names}
        number = len(list(folder.glob("*.eval")))
    print("| logs of 75 samples | by | time | processor time | peak memory | time / ours | processor / ours |")
    print("|--:|---|--:|--:|--:|--:|--:|")
    ours = found["ours"]
    for name, spent in found.items():
        ratios = f"{spent.seconds / ours.seconds:.1f} | {spent.processor / ours.processor:.1f}"
        cells = (
            f"{number:,}",
            name,
            f"{spent.seconds:.1f} s",
            f"{spent.processor:.1f} s",
            f"{spent.memory / 1e6:.0f} MB",
        )
        print("| " + " | ".join((*cells, ratios)) + " |")
    if number <= 1000 and (ours.seconds > MOST_SECONDS or ours.memory > MOST_BYTES):
        print(f"LIMIT BROKEN: {MOST_SECONDS:.0f} s and {MOST_BYTES / 1e6:.0f} MB")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
