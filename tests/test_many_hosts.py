"""Several hosts that write into one folder of logs, each its shard: a process is a host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import list_eval_logs, read_eval_log

from mlebench_inspect.data import Store, ensure_miniature
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.tasks import competition

SLURM = Path(__file__).parents[1] / "examples/slurm.sh"
IDS = ("leaf-classification", "nomad2018-predict-transparent-conductors", "random-acts-of-pizza")


@pytest.fixture
def cluster(tmp_path: Path, s3: str) -> dict[str, Any]:
    """What a job needs: a program `srun`, data, a split of three competitions, and a folder of logs that all share."""
    srun = tmp_path / "bin/srun"
    srun.parent.mkdir()
    srun.write_text('#!/bin/sh\necho srun "$@" >> "$0.log"\nexec "$@"\n')
    srun.chmod(0o755)
    ensure_miniature(Store.open(tmp_path / "data"), [competition(i) for i in IDS], workers=1)
    split = tmp_path / "mine.txt"
    split.write_text("\n".join(IDS))
    path = os.pathsep.join([str(srun.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "MLEBENCH_DATA_DIR": str(tmp_path / "data")}
    return {"folder": tmp_path, "split": str(split), "logs": f"{s3}/logs", "environment": environment}


def job(cluster: dict[str, Any], number: int, hosts: int = 2) -> subprocess.Popen[str]:
    options = "-T data=miniature -T sandbox=local -T hardware=lite --model none --solver mlebench_inspect/dummy"
    return subprocess.Popen(
        [SLURM, str(hosts), cluster["split"], cluster["logs"], *options.split(), "--epochs", "2", "--display", "none"],
        cwd=cluster["folder"],
        env=cluster["environment"] | {"SLURM_ARRAY_TASK_ID": str(number)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> str:
    try:
        said, _ = process.communicate(timeout=400)
    finally:
        process.kill()
    assert process.returncode == 0, said
    return said


def ids_of(log: str) -> list[str]:
    return sorted({str(s.id) for s in read_eval_log(log).samples or []})


def test_the_script_is_sound() -> None:
    subprocess.run(["bash", "-n", SLURM], check=True, timeout=60)


def test_two_jobs_at_once_write_into_one_bucket(cluster: dict[str, Any]) -> None:
    for process in [job(cluster, 1), job(cluster, 2)]:
        ended(process)
    logs = [i.name for i in list_eval_logs(cluster["logs"])]
    assert sorted(i for log in logs for i in ids_of(log)) == sorted(IDS)
    (found,) = report(read_results([cluster["logs"]]))
    assert (found.competitions, found.seeds, found.without_score) == (3, 2, 0)
    assert found.outcomes["valid"].mean == 100
    assert "Merged from 2 runs" in "\n".join(found.pooling)
    ended(job(cluster, 1))  # as after a host died: what is done is not done again
    assert [i.name for i in list_eval_logs(cluster["logs"])] == logs
    started = (cluster["folder"] / "bin/srun.log").read_text().splitlines()
    assert len(started) == 3
    assert all(line.startswith("srun inspect eval-set mlebench_inspect/all -T split_file=") for line in started)


def test_a_job_that_never_came_is_missed_in_the_report(cluster: dict[str, Any]) -> None:
    ended(job(cluster, 2))
    (found,) = report(read_results([cluster["logs"]]))
    assert (found.competitions, found.seeds) == (3, 2)
    assert found.without_score == len(found.not_run) > 0
    assert "never started" in "\n".join(found.pooling)


def test_a_job_beyond_the_last_shard_ends_before_anything_runs(cluster: dict[str, Any]) -> None:
    process = job(cluster, 4, hosts=3)
    said, _ = process.communicate(timeout=200)
    assert process.returncode == 2
    assert said.splitlines()[-1].startswith("mlebench-inspect shards: Invalid value for --only: there are 3 shards")
    assert not (cluster["folder"] / "bin/srun.log").exists()


def test_a_shard_without_its_competitions_is_refused(cluster: dict[str, Any]) -> None:
    command = ["inspect", "eval", "mlebench_inspect/lite", "-T", "shard=1/2", "--model", "none"]
    done = subprocess.run(command, env=cluster["environment"], capture_output=True, text=True, timeout=200)
    assert done.returncode != 0
    assert "-T shard=1/2 needs --sample-id" in done.stderr
    assert "mlebench-inspect shards --split SPLIT --hosts 2 --only 1" in done.stderr
