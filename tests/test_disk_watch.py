"""When a sandbox's disk is looked at again, and what a look adds up."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fake_docker import put_on_path
from mlebench_inspect.run.watching import SHORTEST, USUAL, DiskWatch
from mlebench_inspect.sandboxes import disk
from mlebench_inspect.sandboxes.disk import Meter, Use
from mlebench_inspect.sandboxes.host import HostError

GIB = 2**30
REAL = disk._LOOK


@pytest.mark.parametrize("speed", [0.2 * GIB, GIB, 3 * GIB])
@pytest.mark.parametrize("limit", [GIB // 4, 10 * GIB, 100 * GIB])
@pytest.mark.parametrize("took", [0.1, 2.0])
def test_a_steady_writer_is_cut_within_some_seconds_of_the_limit(speed: float, limit: int, took: float) -> None:
    watch, now = DiskWatch(limit), 0.0
    while (written := now * speed) <= limit:
        watch.note(Use(int(written)), took)
        watch._since -= watch.pause()  # no time passes here
        now += watch.pause() + took
    first = max(0.0, USUAL * (speed - GIB))  # a speed that nobody had seen before
    assert written - limit <= first + speed * (SHORTEST + 2 * took)


def test_nothing_that_fails_makes_the_watch_blind_or_slow() -> None:
    watch = DiskWatch(10 * GIB)
    watch.note(Use(9 * GIB), 0.1)
    near = watch.pause()
    watch.note(None, 0.1)
    assert watch.pause() == near < USUAL
    watch.note(Use(GIB, torn=True), 0.1)
    assert watch.used == 9 * GIB
    assert not watch.is_evaded
    watch.note(Use(GIB, torn=True), 0.1)
    watch.note(Use(GIB, torn=True), 0.1)
    assert watch.is_evaded
    watch.note(Use(GIB), 0.1)
    assert not watch.is_evaded
    assert watch.used == GIB


def test_millions_of_files_are_counted_less_often_only_where_there_is_room() -> None:
    watch = DiskWatch(100 * GIB)
    watch.note(Use(GIB), 4.0)
    assert watch.pause() == 80.0
    watch.note(Use(99 * GIB), 4.0)
    assert watch.pause() == 4.0


@pytest.fixture
def count(tmp_path: Path) -> Callable[..., Use]:
    """Counts a folder as a container's layer is counted."""
    import anyio

    async def look(limit: int) -> Use:
        return await disk._count(["sh"], "no such container", [str(tmp_path)], limit)

    return lambda limit=2**60: anyio.run(look, limit)


def blocks(folder: Path) -> int:
    found = subprocess.run(["du", "-s", "-B1", folder], check=True, capture_output=True, text=True, timeout=60)
    return int(found.stdout.split()[0])


def share(folder: Path) -> int:
    figures = os.statvfs(folder)
    return min(max(figures.f_blocks * figures.f_frsize // max(1, figures.f_files), 4096), 65536)


def test_large_files_count_their_blocks_and_names_of_one_file_once(tmp_path: Path, count: Callable[..., Use]) -> None:
    (tmp_path / "a").write_bytes(os.urandom(3 << 20))
    for name in "bcd":
        os.link(tmp_path / "a", tmp_path / name)
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(1 << 40)
    assert count() == Use(blocks(tmp_path), 3)


def test_empty_files_folders_links_and_pipes_count_their_share_of_the_inodes(
    tmp_path: Path, count: Callable[..., Use]
) -> None:
    for i in range(500):
        (tmp_path / f"f{i}").touch()
        (tmp_path / f"d{i}").mkdir()
        (tmp_path / f"l{i}").symlink_to("x" * 50)
        os.mkfifo(tmp_path / f"p{i}")
    assert count() == Use(max(2001 * share(tmp_path), blocks(tmp_path)), 2001)


def test_names_cannot_pass_for_figures(tmp_path: Path, count: Callable[..., Use]) -> None:
    before = count()
    (tmp_path / "x\nfs 1 1 1\nwf 0 -9999 1\nend").mkdir()
    (tmp_path / "x\nfs 1 1 1\nwf 0 -9999 1\nend/\xff\nh 1 1 1").touch()
    assert count().files == before.files + 2
    assert count().size >= before.size


def test_a_tree_of_any_depth_is_counted(tmp_path: Path, count: Callable[..., Use]) -> None:
    script = "import os, sys\nos.chdir(sys.argv[1])\nfor i in range(1500): os.mkdir('d' * 200); os.chdir('d' * 200)"
    subprocess.run(["python3", "-c", script, str(tmp_path)], check=True, timeout=120)
    try:
        assert count().files == 1501
    finally:
        subprocess.run(["rm", "-rf", tmp_path / ("d" * 200)], check=True, timeout=120)


def test_counting_ends_at_the_limit(tmp_path: Path, count: Callable[..., Use]) -> None:
    (tmp_path / "a").write_bytes(bytes(2 << 20))
    assert count(1 << 20).size > 1 << 20
    assert not count(1 << 20).torn


def test_a_count_that_breaks_off_says_so_and_keeps_what_it_saw(
    tmp_path: Path, count: Callable[..., Use], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").touch()
    assert not count().torn
    for seen in ("echo 'wf 1 2048 1'", "true"):  # as `find` ends where a folder is moved away under it
        monkeypatch.setattr(
            disk, "_LOOK", f'find() {{ case $* in *-xdev*) {seen};; *) command find "$@";; esac; }}' + REAL
        )
        assert count().torn
        assert count().size == ("echo" in seen) << 20
    monkeypatch.setattr(disk, "_LOOK", "exit 1")
    with pytest.raises(HostError):
        count()


@pytest.mark.anyio
async def test_an_engine_that_cannot_count_has_told_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = put_on_path(tmp_path, monkeypatch)
    docker.runs("""case "$1 $2" in "inspect --size") echo $(cat figure);; inspect*) echo '[{"Id": "x"}]';; esac""")
    monkeypatch.chdir(tmp_path)
    meter = Meter("x")
    docker_says = (tmp_path / "bin/docker").read_text()
    docker.runs("echo rubbish")
    with pytest.raises(HostError, match="no facts"):
        await meter.look(100)
    (tmp_path / "bin/docker").write_text(docker_says)
    for figure in ("-1", "", "nonsense"):
        Path("figure").write_text(figure, encoding="utf-8")
        with pytest.raises(HostError, match="cannot be measured"):
            await meter.look(100)
    Path("figure").write_text("1234", encoding="utf-8")
    assert await meter.look(100) == Use(1234)
    assert meter.how == "the engine's own figure"
