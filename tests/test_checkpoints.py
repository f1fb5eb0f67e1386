"""Checkpoints: what is refused and said before a run, whose fault a failing one is, and carrying an agent's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.event import ErrorEvent
from inspect_ai.log import EvalError
from inspect_ai.solver import Generate, Solver, TaskState, chain, solver
from inspect_ai.util import CheckpointConfig, TurnInterval, sandbox

from fake_docker import FakeDocker, put_on_path
from mlebench_inspect import _inspect
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.run import checkpoints
from mlebench_inspect.run.artifacts import Archive
from mlebench_inspect.run.outcome import ending_of
from mlebench_inspect.run.resume import OURS
from mlebench_inspect.run.snapshots import Bounds, Shelf
from mlebench_inspect.sandboxes import carrying
from mlebench_inspect.sandboxes.carrying import carry_in, carry_out
from mlebench_inspect.sandboxes.providers import provider
from restic_stand_in import put_restic
from runs import run, shell, value
from test_preflight import refusal, typed

REACT = {"solver": "mlebench_inspect/react", "model": "mockllm/model"}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and no network."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def fails() -> None:
        raise RuntimeError("Failed to download https://example.org: no route to host")

    monkeypatch.setattr(checkpoints, "fetch_restic", fails)
    return tmp_path / "cache"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    monkeypatch.setenv("MLEBENCH_DATA_DIR", str(tmp_path / "data"))
    return put_on_path(tmp_path, monkeypatch)


def test_without_restic_one_line_says_what_to_do_before_anything_is_made(
    cache: Path, docker: FakeDocker, tmp_path: Path
) -> None:
    said = refusal({**REACT, "checkpoint": "time:30m"})
    assert "--checkpoint needs the program restic" in said
    assert "inspect download restic" in said
    assert str(cache / "inspect_ai" / "bin") in said
    assert not (tmp_path / "data").exists()


def test_restic_is_asked_for_only_with_checkpoints(cache: Path) -> None:
    with typed(**REACT):
        checkpoints.check_resuming()


def test_restic_that_is_there_is_enough(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_restic(cache)
    with typed(**REACT, checkpoint="turn:1"):
        checkpoints.check_resuming()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("paths", "refused"),
    [("", True), ("sandbox_paths: {default: [/home/code]}", True), ("sandbox_paths: {default: []}", False)],
)
def test_settings_in_a_file_must_leave_the_sandbox_to_this_package(
    cache: Path, docker: FakeDocker, tmp_path: Path, paths: str, refused: bool
) -> None:
    put_restic(cache)
    file = tmp_path / "checkpoint.yaml"
    file.write_text(f"trigger: {{type: turn, every: 1}}\n{paths}\n")
    if refused:
        assert "sandbox_paths: {default: []}" in refusal({**REACT, "checkpoint": str(file)})
    else:
        with typed(**REACT, checkpoint=str(file)):
            checkpoints.check_resuming()


@pytest.mark.parametrize("solver", ["aide", "openhands", "mlab", "claude_code", "baseline"])
def test_an_agent_that_makes_no_checkpoints_is_named(
    cache: Path, solver: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put_restic(cache)
    with typed(solver=f"mlebench_inspect/{solver}", checkpoint="turn:1"):
        checkpoints.check_resuming()
    assert f"--checkpoint does nothing for {solver}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("there", "checkpoint", "words"),
    [
        (True, None, "this run has checkpoints, but without --checkpoint samples that were cut off begin anew"),
        (False, "turn:1", "there are no checkpoints beside"),
        (True, "turn:1", ""),
        (False, None, ""),
    ],
)
def test_what_a_retry_goes_on_from_is_said(
    tmp_path: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    there: bool,
    checkpoint: str | None,
    words: str,
) -> None:
    put_restic(cache)
    log = str(tmp_path / "logs/a.eval")
    folder = Path(checkpoints.checkpoints_folder(log))
    if there:
        folder.mkdir(parents=True)
        (folder / "sample").touch()
    retry = _inspect.CommandLine(command="eval-retry", log=log, checkpoint=checkpoint)
    monkeypatch.setattr(checkpoints, "command_line", lambda: retry)
    checkpoints.check_resuming()
    said = capsys.readouterr().err
    assert words in said
    assert bool(words) == bool(said)


def test_no_checkpoints_are_made_unless_they_are_asked_for() -> None:
    task = TASKS["spaceship-titanic"](data="miniature", sandbox="local")
    assert task.checkpoint is None
    assert [sample.checkpoint for sample in task.dataset] == [OURS]


def test_checkpoints_that_copy_the_sandbox_are_refused_from_python_too(tmp_path: Path) -> None:
    task = TASKS["spaceship-titanic"](data="miniature", sandbox="local", hardware="lite")
    settings = CheckpointConfig(trigger=TurnInterval(every=1), sandbox_paths={"default": ["/home/code"]})
    (log,) = inspect_eval(
        task, model=None, solver=shell("true"), log_dir=str(tmp_path), display="none", checkpoint=settings
    )
    (sample,) = log.samples or []
    assert sample.error is not None
    assert "sandbox_paths: {default: []}" in sample.error.message


def test_a_solver_without_checkpoints_runs_as_ever(tmp_path: Path, cache: Path) -> None:
    put_restic(cache)
    log = run(tmp_path, shell("cp data/sample_submission.csv submission/submission.csv"))
    assert value(log)["valid"] == 1


FRAME = '  File "/venv/inspect_ai/util/_checkpoint/{file}", line 1, in {function}\n    x\n'


@pytest.mark.parametrize(
    ("file", "function", "fault"),
    [
        ("hydrate.py", "_hydrate_host", "host"),
        ("checkpointer_impl.py", "__aenter__", "host"),
        ("checkpointer_impl.py", "_fire", "host"),
        ("checkpointer.py", "checkpointer", "agent"),
        ("checkpointer_impl.py", "span_session", "agent"),
    ],
)
def test_a_checkpoint_that_fails_is_no_fault_of_the_agents(file: str, function: str, fault: str) -> None:
    told = f"Traceback (most recent call last):\n{FRAME.format(file=file, function=function)}ValueError: x\n"
    event = ErrorEvent(error=EvalError(message="ValueError('x')", traceback=told, traceback_ansi=""))
    assert ending_of([event]).fault == fault


def test_snapshots_of_before_are_counted_and_found_again(tmp_path: Path) -> None:
    first = Shelf(Archive(str(tmp_path)), "first", Bounds(number=3))
    (tmp_path / "x").write_text("a")
    rows = [{"after": 5, "sha256": "aa", "artifact": first.put(tmp_path / "x", "aa", 5), "kept": first.bytes_of("aa")}]
    again = Shelf(Archive(str(tmp_path)), "second", Bounds(number=3), rows)
    (tmp_path / "x").write_text("a")
    assert again.put(tmp_path / "x", "aa", 50) == rows[0]["artifact"]
    for after in (60, 70, 80):
        again.note(after, {"sha256": f"{after}", "artifact": f"second/{after}"})
    assert again.thinned == 1
    assert [row["after"] for row in again.rows] == [5, 70, 80]


def test_where_the_running_samples_checkpoints_lie(tmp_path: Path) -> None:
    seen: list[Any] = []

    @solver
    def looks() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            seen.append(_inspect.checkpoints())
            return state

        return solve

    task = Task(dataset=[Sample(id="a", input="x", checkpoint=OURS)], solver=looks())
    options: dict[str, Any] = {"model": None, "log_dir": str(tmp_path), "display": "none"}
    inspect_eval(task, **options)
    (log,) = inspect_eval(task, **options, checkpoint=CheckpointConfig(max_sandbox_snapshot_bytes=5))
    inspect_eval(task, **options, checkpoint=CheckpointConfig(sandbox_paths={}))
    none, found, captured = seen
    assert none is None
    base = Path(log.location.removeprefix("file://")).with_suffix(".checkpoints")
    assert found == (base / "a__1" / "context", 5, False, False)
    assert captured.captures


@solver
def carries(archive: Path, most: int) -> Solver:
    """Packs the sandbox's folders, empties them, and brings them back."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        box, handle = provider("local"), (await sandbox().exec(["pwd", "-P"])).stdout.strip()
        folders = ["submission", "code", "logs"]
        size = await carry_out(box, handle, folders, archive, most)
        assert size == archive.stat().st_size
        await sandbox().exec(["rm", "-rf", *folders])
        await sandbox().exec(["mkdir", *folders])
        await carry_in(box, handle, folders, archive)
        state.store.set("code", (await sandbox().exec(["find", "code", "-printf", "%p %m %l\n"])).stdout.split("\n"))
        return state

    return solve


MAKES = "mkdir -p code/.cache code/a && echo x >code/.cache/y && ln -s ../b code/a/link && mkfifo code/f && rm -r logs"


def test_an_agents_files_are_carried_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "_new_file", lambda: str(tmp_path / "packed.tar"))
    log = run(tmp_path, chain(shell(MAKES), carries(tmp_path / "out.tar", 1 << 20)))
    (sample,) = log.samples or []
    assert sample.error is None, sample.error.traceback
    assert any(line.startswith("code/a/link") and line.endswith("../b") for line in sample.store["code"])
    assert not any(".cache" in line for line in sample.store["code"])
    assert not (tmp_path / "packed.tar").exists()


def test_more_than_a_checkpoint_may_have_is_said(tmp_path: Path) -> None:
    log = run(tmp_path, chain(shell("head -c 100000 /dev/zero >code/big"), carries(tmp_path / "out.tar", 50_000)))
    (sample,) = log.samples or []
    assert sample.error is not None
    assert "more than 50,000 bytes" in sample.error.message
