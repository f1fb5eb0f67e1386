"""What a grading may take: its share of this host, and whose fault it is when that does not do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.run import grading, limits
from mlebench_inspect.run.grading import Exhausted
from mlebench_inspect.run.limits import GIB, Limits
from mlebench_inspect.sandboxes import host
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.tasks import competition

FOUND = competition("spaceship-titanic")
MIB = 1 << 20


@pytest.fixture
def store(prepared: Callable[..., Path], tmp_path: Path) -> Store:
    (tmp_path / FOUND.id).symlink_to(prepared(FOUND.id))
    return Store.open(str(tmp_path), "real", "v1")


def grade(file: Path, store: Store, within: Limits) -> GradingReport:
    return anyio.run(partial(grading.grade_file, FOUND, file, store, max_bytes=1 << 30, within=within))


def long_text(path: Path, rows: int) -> Path:
    """A submission of short texts, each another, which cost some fifteen times their size."""
    path.write_text("PassengerId,Transported\n" + "".join(f"x{k},y{k}\n" for k in range(rows)), encoding="utf-8")
    return path


def test_all_processes_together_fit_into_the_host() -> None:
    grade, check = limits.of_grading(2 << 30, 8 << 30), limits.of_check(120)
    taken = grade.memory * limits.GRADING_SLOTS + check.memory * limits.CHECK_SLOTS
    assert taken < 0.8 * limits.host_memory()
    assert check.memory < grade.memory


def test_limits_follow_the_files_up_to_the_hosts_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_USABLE", 100.0 * GIB)
    monkeypatch.setattr(limits, "GRADING_SLOTS", 2)
    small, large = limits.of_grading(1000, 1000), limits.of_grading(2 << 30, 1 << 30)
    assert small.memory < large.memory
    assert small.seconds < large.seconds
    assert not large.cut
    assert limits.of_grading(2 << 30, 0).memory <= 3 * (2 << 30)
    monkeypatch.setattr(limits, "GRADING_SLOTS", 20)
    assert limits.of_grading(2 << 30, 1 << 30) == Limits(4 * GIB, large.seconds, cut=True)


@pytest.mark.parametrize(
    ("lines", "files", "expected"),
    [
        ("0::/a/b\n", {"a/b/memory.max": "max\n", "a/memory.max": "4096\n"}, [4096]),
        ("0::/gone\n", {"memory.max": "8192\n"}, [8192]),
        ("4:cpu,memory:/a\n0::/\n", {"memory/a/memory.limit_in_bytes": "1024\n"}, [1024]),
        ("2:cpu:/a\n", {"cpu/a/memory.limit_in_bytes": "1\n"}, []),
        ("0::/../../x\n", {}, []),
        (None, {}, []),
    ],
)
def test_control_groups(lines: str | None, files: dict[str, str], expected: list[int], tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / "cgroup" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cgroup" / name).write_text(text)
    if lines is not None:
        (tmp_path / "self").write_text(lines)
    assert limits._group_limits(tmp_path / "cgroup", tmp_path / "self") == expected


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds what a process may allocate")
def test_wherever_memory_ends_it_is_called_so(store: Store, tmp_path: Path) -> None:
    file, told = long_text(tmp_path / "submission.csv", 900_000), []
    for memory in (260, 300, 340, 400, 600):
        try:
            report = anyio.run(grading._run, FOUND, file, store, 1 << 30, Limits(memory * MIB, 600))
        except Exhausted as ex:
            told.append(ex.what)
        else:
            told.append((report.error or "").partition(";")[0])
    complete = told.index("900,000 rows")
    assert set(told[:complete]) == {"memory"}
    assert set(told[complete:]) == {"900,000 rows"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds what a process may allocate")
def test_too_small_a_host_is_no_invalid_submission(store: Store, tmp_path: Path) -> None:
    file = long_text(tmp_path / "submission.csv", 900_000)
    report = grade(file, store, Limits(320 * MIB, 600))
    assert report.error == "grading this submission needs more than 0.3 GiB of memory; the sample submission does not"
    with pytest.raises(HostError, match=r"needs more than 0\.3 GiB of memory, and this host has no more"):
        grade(file, store, Limits(320 * MIB, 600, cut=True))


def behaving(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Lets grading processes do that with all submissions but the sample."""
    code = (
        "import sys, time\nfrom mlebench_inspect.run import worker\nfrom mlebench_inspect.tasks import Competition\n"
        f"def waits(real):\n def call(self, submission, *a, **k):\n  while 'sample' not in submission: {how}\n"
        "  return real(self, submission, *a, **k)\n return call\n"
        "Competition.grade, Competition.check = waits(Competition.grade), waits(Competition.check)\n"
        "sys.exit(worker.main())"
    )

    async def call(request: bytes, timeout: float) -> Any:
        return await host.call([sys.executable, "-c", code], timeout=timeout, input=request)

    monkeypatch.setattr(grading.workers, "call", call)


def test_a_submission_that_takes_too_long_is_invalid(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    behaving(monkeypatch, "pass")
    report = grade(long_text(tmp_path / "submission.csv", 1), store, Limits(GIB, 4))
    assert report.error == (
        "grading this submission takes more than 4 seconds of processor time; the sample submission does not"
    )


def test_a_busy_host_is_no_invalid_submission(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    behaving(monkeypatch, "time.sleep(1)")
    monkeypatch.setattr(limits, "PATIENCE", 0.1)
    with pytest.raises(HostError, match="this host is too busy"):
        grade(long_text(tmp_path / "submission.csv", 1), store, Limits(GIB, 30))


def test_a_check_ends_at_its_deadline(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    behaving(monkeypatch, "time.sleep(1)")
    check = partial(grading.check_file, FOUND, tmp_path / "submission.csv", store, max_bytes=1 << 30, timeout=3)
    with pytest.raises(Exhausted):
        anyio.run(check)
