"""Gradings of large submissions, honest and hostile: time and memory beside the size of the file.

    python benchmarks/large_submissions.py [--case NAME ...] [--quick] [--folder DIR]

Each is graded as in a run, in a process with the limits that `run/limits.py` gives it; times are of the processor.
*pandas alone* reads the same file with Python's own texts and without limits, for as long as four minutes by the clock
and 8 GiB. Fails where a grading ends without a verdict, or takes more than three times the file's size (for files below
2 GiB: more than the limit).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mlebench_inspect.run import limits, worker
from mlebench_inspect.tasks import Competition, competition

MIB, GIB = 1 << 20, 1 << 30
Chunks = Iterator[bytes]


def numbers(rows: int = 200_000) -> Chunks:
    """Rows "event_id,azimuth,zenith" without end."""
    rng, first = np.random.default_rng(0), 0
    while True:
        values = rng.random((rows, 2))
        lines = [f"{k},{a!r},{z!r}\n" for k, (a, z) in enumerate(values.tolist(), start=first)]
        first += rows
        yield "".join(lines).encode()


def texts(length: int, rows: int = 100_000) -> Chunks:
    """Rows of two different texts of that length without end."""
    rng = np.random.default_rng(0)
    while True:
        letters = rng.integers(97, 123, size=(rows, 2 * length + 2), dtype=np.uint8)
        letters[:, length], letters[:, -1] = 44, 10
        yield letters.tobytes()


def always(row: bytes) -> Chunks:
    while True:
        yield row * (MIB // len(row) + 1)


class Case(NamedTuple):
    """A file of so many bytes for one competition."""

    competition_id: str
    header: bytes
    chunks: Callable[[], Chunks]
    size: int
    honest: bool = False
    """Whether the answers have the same rows."""


ICECUBE, BMS = "icecube-neutrinos-in-deep-ice", "bms-molecular-translation"
WIDE = ",".join(["image_id", "InChI", *(f"x{k}" for k in range(9990))]).encode() + b"\n"
CASES = {
    "numbers, 600 MB, the real test set": Case(
        ICECUBE, b"event_id,azimuth,zenith\n", numbers, 600_000_000, honest=True
    ),
    "numbers, 2 GiB": Case(ICECUBE, b"event_id,azimuth,zenith\n", numbers, 2 * GIB),
    "long texts, 500 MB": Case(BMS, b"image_id,InChI\n", lambda: texts(120), 500_000_000, honest=True),
    "long texts, 2 GiB": Case(BMS, b"image_id,InChI\n", lambda: texts(120), 2 * GIB),
    "short texts, 395 MiB": Case(BMS, b"image_id,InChI\n", lambda: texts(8), 395 * MIB),
    "short texts, 2 GiB": Case(BMS, b"image_id,InChI\n", lambda: texts(8), 2 * GIB),
    "10,000 columns, 2 GiB": Case(BMS, WIDE, lambda: always(b"1" + b",2" * 9991 + b"\n"), 2 * GIB),
    "800,000 columns behind a blank line": Case(
        BMS, b"\nimage_id,InChI" + b",x" * 800_000 + b"\n", lambda: always(b"1\n"), 10 * MIB
    ),
    "a row of commas, 2 GiB": Case(BMS, b"image_id,InChI\n1,2\n", lambda: always(b","), 2 * GIB),
    "an unclosed quote, 2 GiB": Case(BMS, b'image_id,InChI\n1,"', lambda: always(b"x\n"), 2 * GIB),
    "quotes, 2 GiB": Case(BMS, b'image_id,InChI\n1,"', lambda: always(b'""'), 2 * GIB),
    "blank lines, 2 GiB": Case(BMS, b"image_id,InChI\n", lambda: always(b"\n"), 2 * GIB),
}


class Spent(NamedTuple):
    """What a process took."""

    verdict: str
    seconds: float
    """Of processor time."""
    memory: int


def write(path: Path, case: Case, size: int) -> None:
    with open(path, "wb") as file:
        written = file.write(case.header)
        for chunk in case.chunks():
            rest = size - written
            if rest <= 0:
                break
            cut = chunk if len(chunk) <= rest else chunk[: chunk.rfind(b"\n", 0, rest) + 1] or chunk[:rest]
            written += file.write(cut)
            if len(cut) < len(chunk):
                break


def columns(found: Competition) -> list[str]:
    return [*found.submission.id_columns, *found.submission.target_columns]


def run(command: list[str], request: str, environment: dict[str, str], timeout: float) -> tuple[int, str, Spent]:
    """A process, and what it took; killed at the time-out."""
    begin = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as given,
        tempfile.TemporaryFile("w+", encoding="utf-8") as output,
    ):
        given.write(request)
        given.seek(0)
        process = subprocess.Popen(command, stdin=given, stdout=output, stderr=subprocess.DEVNULL, env=environment)
        while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
            if time.perf_counter() - begin > timeout:
                process.kill()
            time.sleep(0.05)
        code = process.returncode = os.waitstatus_to_exitcode(ended[1])
        output.seek(0)
        text = output.read()
    return code, text, Spent("", ended[2].ru_utime + ended[2].ru_stime, ended[2].ru_maxrss * 1024)


def graded(case: Case, file: Path, root: Path) -> tuple[Spent, limits.Limits]:
    """Grades it as a run does."""
    found = competition(case.competition_id)
    within = limits.of_grading(file.stat().st_size, (root / found.answers).stat().st_size)
    request = {
        "competition": found.id,
        "submission": str(file),
        "private": str(root / "private"),
        "revision": "v1",
        "data": "real",
        "max_bytes": 2 * GIB,
        "memory": within.memory,
        "seconds": within.seconds,
    }
    command = [sys.executable, "-m", "mlebench_inspect.run.worker"]
    code, text, spent = run(command, json.dumps(request), {**os.environ, **worker.ENVIRONMENT}, 4 * within.seconds)
    if code == 0:
        report = json.loads(text)
        verdict = f"score {report['score']}" if report["valid_submission"] else f"refused: {report['error'][:70]}"
    else:
        out = code in (worker.NO_MEMORY, -6, -11)
        verdict = "refused: more memory than its limit" if out else f"FAULT: code {code} {text[:200]}"
    return spent._replace(verdict=verdict), within


_ALONE = """
import sys, pandas as pd
table = pd.read_csv(sys.argv[1])
table.astype({c: object for c, d in zip(table.columns, table.dtypes) if isinstance(d, pd.StringDtype)})
"""


def alone(file: Path) -> Spent:
    """Reads it without limits but those that keep this machine alive."""
    resource.setrlimit(resource.RLIMIT_AS, (8 * GIB, resource.RLIM_INFINITY))
    code, _, spent = run([sys.executable, "-c", _ALONE, str(file)], "", dict(os.environ), 240)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return spent._replace(verdict="" if code == 0 else "gave up at ")


def main() -> int:
    """Prints the table; returns 1 where a limit is broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--quick", action="store_true", help="a twentieth of each size")
    parser.add_argument("--no-alone", action="store_true", help="without pandas alone")
    parser.add_argument("--folder", type=Path, help="for the generated files")
    options = parser.parse_args()
    print("| submission | verdict | time | memory | memory / size | limit | pandas alone |")
    print("|---|---|--:|--:|--:|--:|--:|")
    broken = []
    for name in options.case:
        case = CASES[name]
        found = competition(case.competition_id)
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            root, file = Path(folder), Path(folder) / "submission.csv"
            (root / found.answers).parent.mkdir(parents=True, exist_ok=True)
            write(file, case, case.size // (20 if options.quick else 1))
            if case.honest:
                os.link(file, root / found.answers)
            else:
                (root / found.answers).write_text(",".join(columns(found)) + "\n")
            spent, within = graded(case, file, root)
            size = file.stat().st_size
            plain = None if options.no_alone else alone(file)
        most = 3 * size if size >= 2 * GIB - MIB else within.memory
        if spent.memory > most or "FAULT" in spent.verdict:
            broken.append(f"{name}: {spent.memory / GIB:.2f} GiB, {spent.verdict}")
        beside = f"{plain.verdict}{plain.seconds:.1f} s, {plain.memory / GIB:.2f} GiB" if plain else ""
        figures = f"{spent.seconds:.1f} s | {spent.memory / GIB:.2f} GiB | {spent.memory / size:.1f}"
        print(f"| {name} | {spent.verdict} | {figures} | {within.memory / GIB:.1f} GiB | {beside} |", flush=True)
    for line in broken:
        print(f"LIMIT BROKEN: {line}")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
