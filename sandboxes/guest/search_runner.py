"""Hands of the search scaffold in the sandbox: looks around, makes folds, runs a solution, puts a file in place.

    search_runner.py probe DATA
    search_runner.py folds DATA OUTPUT SEED FOLDS [TARGET ...]
    search_runner.py run FOLDER TIMEOUT NAME
    search_runner.py stop NAME
    search_runner.py place SOURCE TARGET [SOURCE TARGET ...]

Needs nothing but Python; `folds` uses pandas where there is a table that it can read.
"""

import contextlib
import ctypes
import filecmp
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

MARK = "MLEBENCH_SEARCH_STEP"
KEPT = 20_000
"""Characters of the beginning and of the end of a solution's output that are kept."""
LEFT = ("solution.py", "submission.csv", "validation.csv", "held_back.csv", "pid", "ablation")
TABLES = ("train.csv", "train.csv.zip", "train.csv.gz", "train.tsv", "training.csv", "train/train.csv", "labels.csv")
MAX_TABLE = 2**30
"""Bytes of a table above which it gets no folds: reading it and writing them would take minutes."""
PACKAGES = """
    numpy pandas scipy scikit-learn statsmodels lightgbm xgboost xgboost-cpu catboost torch torchvision timm
    transformers tensorflow keras nltk opencv-python-headless pillow librosa albumentations pydicom tifffile
""".split()  # noqa: SIM905


def probe(data: str) -> None:
    """Prints what the sandbox has, as JSON."""
    print(
        json.dumps(
            {
                "here": os.getcwd(),
                "cpus": cpus(),
                "memory": memory(),
                "gpus": gpus(),
                "packages": packages(),
                "preview": preview(Path(data)),
            }
        )
    )


def cpus() -> int:
    """Whole CPUs that may be used."""
    seen = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="utf-8").split()
        seen = min(seen, int(quota) // int(period))
    return max(1, seen)


def memory() -> int:
    """Bytes that may be used; 0 where that cannot be told."""
    with contextlib.suppress(OSError, ValueError):
        return int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="utf-8"))
    with contextlib.suppress(OSError, ValueError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 0


def gpus() -> list:
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        out = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return out.stdout.strip().splitlines() if out.returncode == 0 else []
    return []


def packages() -> list:
    import importlib.metadata

    found = {str(d.metadata["Name"]).lower() for d in importlib.metadata.distributions()}
    return [name for name in PACKAGES if name in found]


def preview(data: Path, most: int = 6000) -> str:
    """Files with their sizes, and the first lines of small tables."""
    lines, tables = [], []
    for path in sorted(data.iterdir())[:60]:
        if path.is_dir():
            with os.scandir(path) as entries:
                names = [e.name for _, e in zip(range(1001), entries)]  # noqa: B905
            count = "over 1000" if len(names) > 1000 else str(len(names))
            lines.append(f"{path.name}/  {count} entries, such as {', '.join(sorted(names)[:3])}")
        else:
            lines.append(f"{path.name}  {path.stat().st_size} bytes")
            if path.suffix in (".csv", ".tsv"):
                tables.append(path)
    for path in tables[:8]:
        with open(path, "rb") as file:
            head = file.read(1500).decode(errors="replace").splitlines()[:4]
        lines += ["", f"Beginning of {path.name}:", *(line[:500] for line in head)]
    return "\n".join(lines)[:most]


def folds(data: str, output: str, seed: str, count: str, *targets: str) -> None:
    """Gives every row of the obvious table of training data a fold; prints the table's name, or nothing.

    Rows are shuffled, then put in the order of their first target, then dealt out, so that folds have like targets.
    """
    sizes = {t: (Path(data) / t).stat().st_size for t in TABLES if (Path(data) / t).is_file()}
    table = next((t for t, size in sizes.items() if size <= MAX_TABLE), None)
    if table is None:
        return
    import numpy as np
    import pandas as pd

    path, separator = Path(data) / table, "\t" if ".tsv" in table else ","
    try:
        columns = list(pd.read_csv(path, nrows=5, sep=separator).columns)
        target = next((t for t in targets if t in columns), columns[0])
        read = pd.read_csv(path, usecols=[target], sep=separator)[target]
    except Exception as ex:  # whatever is no such table
        print(f"no folds: {type(ex).__name__}", file=sys.stderr)
        return
    order = np.random.RandomState(int(seed)).permutation(len(read))
    if target in targets:
        codes = pd.factorize(read.astype(str) if read.dtype == object else read, sort=True)[0]
        order = order[np.argsort(codes[order], kind="stable")]
    fold = np.empty(len(read), dtype=int)
    fold[order] = np.arange(len(read)) % int(count)
    aside = f"{output}.part"
    pd.DataFrame({"row": np.arange(len(read)), "fold": fold}).to_csv(aside, index=False)
    os.replace(aside, output)
    print(table)


class Ends:
    """The beginning and the end of what comes through a pipe; all is read, so that nobody waits."""

    def __init__(self, pipe) -> None:
        self.head, self.tail, self.left_out = b"", b"", 0
        self._pipe = pipe
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while block := self._pipe.read1(65536):
            room = KEPT - len(self.head)
            self.head, rest = self.head + block[:room], block[room:]
            self.tail += rest
            self.left_out += max(0, len(self.tail) - KEPT)
            self.tail = self.tail[-KEPT:]

    def text(self) -> str:
        """What there is, once the pipe is closed or two seconds are over."""
        self._thread.join(2)
        middle = f"\n[... {self.left_out} bytes left out ...]\n".encode() if self.left_out else b""
        return (self.head + middle + self.tail).decode(errors="replace")


def run(folder: str, timeout: str, name: str) -> None:
    """Runs `solution.py` in its folder, then ends all that it started; writes `result.json`.

    Args:
        folder: Where it lies and works.
        timeout: Seconds that it may run.
        name: The run's, by which its processes are known.
    """
    os.setsid()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans become this process's children
    start, late = time.monotonic(), False
    process = subprocess.Popen(
        [sys.executable, "-u", "solution.py"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, MARK: name},
    )
    output = Ends(process.stdout)
    try:
        process.wait(float(timeout))
    except subprocess.TimeoutExpired:
        late = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    end_all(process.pid, name)
    result = {
        "code": process.returncode,
        "late": late,
        "seconds": time.monotonic() - start,
        "output": output.text(),
    }
    tidy(Path(folder))
    aside = Path(folder, "result.json.part")
    aside.write_text(json.dumps(result), encoding="utf-8")
    os.replace(aside, Path(folder, "result.json"))


def tidy(folder: Path) -> None:
    """Removes what a solution left but needs no more, such as models and caches."""
    for path in folder.iterdir():
        if path.name in LEFT:
            continue
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def end_all(group: int, mark: str) -> None:
    """Kills a process group, and whatever carries the mark or descends from this process, until none is left."""
    for _ in range(10):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
        found = marked(mark) | descendants({os.getpid()})
        if not found:
            return
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:  # also what was orphaned; Popen copes with that
                pass
        time.sleep(0.05)


def marked(mark: str) -> set:
    """Processes whose environment began with the mark, whatever session they are in."""
    wanted, found = f"{MARK}={mark}".encode(), set()
    for pid in processes():
        with contextlib.suppress(OSError):
            if wanted in Path(f"/proc/{pid}/environ").read_bytes():
                found.add(pid)
    return found - {os.getpid()}


def descendants(roots: set) -> set:
    """Processes below those that have not ended."""
    parents = {}
    for pid in processes():
        with contextlib.suppress(OSError, ValueError, IndexError):
            state, parent = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[pid] = int(parent)
    found, level = set(), roots
    while level:
        level = {pid for pid, parent in parents.items() if parent in level} - found
        found |= level
    return found


def processes() -> list:
    with contextlib.suppress(OSError):
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return []


def stop(name: str) -> None:
    """Ends all whose mark begins with that name."""
    for _ in range(5):
        found = marked(name)
        for pid in found | descendants(found):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return
        time.sleep(0.05)


def place(*paths: str) -> None:
    """Puts each source where its target is; the first that is missing ends this."""
    for source, target in zip(paths[::2], paths[1::2]):  # noqa: B905
        put(source, target)


def put(source: str, target: str) -> None:
    """Copies a file aside and renames it, unless the same lies there already."""
    same = os.path.isfile(target) and not os.path.islink(target) and filecmp.cmp(source, target, shallow=False)
    if same:
        return
    aside = Path(target).with_name(f".{Path(target).name}.part")
    shutil.copyfile(source, aside)
    if os.path.isdir(target) and not os.path.islink(target):
        shutil.rmtree(target)
    os.replace(aside, target)


if __name__ == "__main__":
    {"probe": probe, "folds": folds, "run": run, "stop": stop, "place": place}[sys.argv[1]](*sys.argv[2:])
