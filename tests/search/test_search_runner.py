"""The script that works for a search in the sandbox, run by this host's Python."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

RUNNER = Path(__file__).parents[2] / "sandboxes/guest/search_runner.py"


def guest(*arguments: object) -> str:
    command = [sys.executable, str(RUNNER), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def ran(folder: Path, code: str, timeout: float = 60) -> dict[str, Any]:
    (folder / "solution.py").write_text(code)
    guest("run", folder, timeout, f"test-{os.getpid()}/1/")
    found: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return found


def ended(pid: int) -> bool:
    """Whether a process is gone; a moment may pass until whoever inherited it has looked."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("then", ["", "time.sleep(600)"])
@pytest.mark.parametrize("env", ["None", "{}"])
def test_whatever_a_solution_started_ends_with_it(tmp_path: Path, then: str, env: str) -> None:
    code = f"""
import os, subprocess, time
child = subprocess.Popen(["sleep", "600"], start_new_session=True, env={env})
print(child.pid, flush=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:  # an orphan of an orphan
        print(os.getpid(), flush=True)
        time.sleep(600)
    os._exit(0)
os.wait()
time.sleep(1)
{then}
"""
    result = ran(tmp_path, code, timeout=5)
    assert result["late"] is bool(then)
    assert (result["code"] == 0) is not bool(then)
    pids = [int(line) for line in result["output"].split()]
    assert len(pids) == 2
    assert all(ended(pid) for pid in pids)


def test_other_searches_go_on(tmp_path: Path) -> None:
    other = subprocess.Popen(["sleep", "60"], env={"MLEBENCH_SEARCH_STEP": "other/1/", "PATH": os.environ["PATH"]})
    mine = subprocess.Popen(
        ["sh", "-c", "env -i sleep 60 & echo $!; wait"],
        stdout=subprocess.PIPE,
        text=True,
        env={"MLEBENCH_SEARCH_STEP": "mine/1/", "PATH": os.environ["PATH"]},
    )
    try:
        assert mine.stdout
        below = int(mine.stdout.readline())
        guest("stop", "mine")
        assert mine.wait(timeout=30) == -9
        assert ended(below)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait(timeout=30)


def test_the_end_of_a_long_output_is_kept(tmp_path: Path) -> None:
    result = ran(tmp_path, "print('begin')\nfor i in range(200_000): print('x' * 20)\nprint('end \\xff')")
    assert result["output"].startswith("begin")
    assert result["output"].endswith("end ÿ\n")
    assert len(result["output"]) < 50_000


def test_a_solution_keeps_what_others_may_use_and_nothing_else(tmp_path: Path) -> None:
    ran(
        tmp_path,
        "import os\nfor n in ('submission.csv', 'validation.csv', 'model.bin'): open(n, 'w')\nos.mkdir('cache')",
    )
    assert {p.name for p in tmp_path.iterdir()} == {"solution.py", "submission.csv", "validation.csv", "result.json"}


def test_folds_are_equal_and_have_like_targets(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "folds.csv"
    data.mkdir()
    (data / "train.csv").write_text(
        "id,label\n" + "".join(f"{i},{'rare' if i % 10 == 0 else 'usual'}\n" for i in range(500))
    )
    assert guest("folds", data, file, 3, 5, "label").strip() == "train.csv"
    first = file.read_bytes()
    folds = [int(row["fold"]) for row in csv.DictReader(first.decode().splitlines())]
    assert Counter(folds) == dict.fromkeys(range(5), 100)
    assert Counter(folds[::10]) == dict.fromkeys(range(5), 10)
    guest("folds", data, file, 3, 5, "label")
    assert file.read_bytes() == first
    guest("folds", data, file, 4, 5, "label")
    assert file.read_bytes() != first


def test_there_are_no_folds_without_a_table_that_can_be_read(tmp_path: Path) -> None:
    assert guest("folds", tmp_path, tmp_path / "folds.csv", 0, 5) == ""
    (tmp_path / "train.csv").write_bytes(b"\xff\xfe\x00")
    assert guest("folds", tmp_path, tmp_path / "folds.csv", 0, 5) == ""
    assert not (tmp_path / "folds.csv").exists()


@pytest.mark.parametrize("there", ["nothing", "file", "link", "folder"])
def test_a_submission_takes_the_place_of_whatever_is_there(tmp_path: Path, there: str) -> None:
    source, target, other = (tmp_path / name for name in ("a", "b", "c"))
    source.write_text("new")
    other.write_text("other")
    if there == "file":
        target.write_text("old")
    elif there == "link":
        target.symlink_to(other)
    elif there == "folder":
        (target / "sub").mkdir(parents=True)
    guest("place", source, target)
    assert not target.is_symlink()
    assert target.read_text() == "new"
    assert other.read_text() == "other"
    assert {p.name for p in tmp_path.iterdir()} == {"a", "b", "c"}


def test_the_data_is_shown_within_bounds(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number}.csv").write_text("a,b\n" + "1" * 10_000 + "\n")
    (tmp_path / "images").mkdir()
    found = json.loads(guest("probe", tmp_path))
    assert found["cpus"] >= 1
    assert 100 < len(found["preview"]) <= 6000
    assert "numpy" in found["packages"]
