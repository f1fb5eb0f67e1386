"""Faults of ours: none becomes a score, none loses a submission, and each leaves its true cause behind."""

from __future__ import annotations

import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai import eval_set, task_with
from inspect_ai import score as score_again
from inspect_ai.event import ErrorEvent
from inspect_ai.log import EvalError, EvalLog, list_eval_logs, read_eval_log
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver

from mlebench_inspect.agents import dummy
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.data.store import Store
from mlebench_inspect.run import grading, outcome, setup
from mlebench_inspect.run.outcome import SubmissionRecord, ending_of
from mlebench_inspect.run.scoring import mlebench_scorer
from mlebench_inspect.sandboxes import host
from mlebench_inspect.sandboxes.extraction import Missing, Unreadable
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.local import Local
from mlebench_inspect.tasks import competition
from runs import run, score, shell, value

COPY = "cp data/sample_submission.csv submission/submission.csv"
THREE = "spaceship-titanic,random-acts-of-pizza,spooky-author-identification"
INSPECT = str(Path(sys.executable).with_name("inspect"))


@pytest.fixture(autouse=True)
def _quick(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLEBENCH_DATA_DIR", str(tmp_path_factory.getbasetemp() / "data"))
    monkeypatch.setattr(outcome, "PAUSES", (0.01, 0.01, 0.01))


def figures(log: EvalLog) -> dict[str, float]:
    assert log.results
    return {k: m.value for k, m in log.results.scores[0].metrics.items()}


def regraded(log: EvalLog, **options: Any) -> EvalLog:
    return score_again(log, mlebench_scorer(**options), action="overwrite", display="none")


def error(log: EvalLog, number: int = 0) -> str:
    assert log.samples
    found = log.samples[number].error
    assert found
    return found.message


def is_without_score(log: EvalLog, reason: str, number: int = 0) -> bool:
    found = score(log, number)
    assert isinstance(found.value, dict)
    assert all(isinstance(v, str) or math.isnan(v) for v in found.value.values())  # type: ignore[arg-type]
    return found.reason == reason and found.value["medal"] == "unscored"


@solver
def copies_then(action: Callable[[TaskState], Any]) -> Solver:
    """Puts a valid submission in place, then does something to the host."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state = await shell(COPY)(state, generate)
        action(state)
        return state

    return solve


def test_answers_that_are_away_leave_the_submission_kept_and_are_graded_when_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    run(tmp_path, dummy(), data_dir=str(data))
    prepared = data / "miniature/spaceship-titanic/prepared"
    log = run(
        tmp_path,
        copies_then(lambda state: shutil.move(prepared / "private", prepared / "away")),
        data_dir=str(data),
    )
    assert log.status == "error"
    assert is_without_score(log, "answers_missing")
    assert "mlebench-inspect miniature spaceship-titanic" in error(log)
    assert figures(log)["without_score"] == 1
    shutil.move(prepared / "away", prepared / "private")
    assert value(regraded(log, data_dir=str(data)))["score"] == 0.625


def test_other_answers_than_the_runs_are_refused_unless_accepted(tmp_path: Path) -> None:
    data = tmp_path / "data"
    run(tmp_path, dummy(), data_dir=str(data))
    (answers,) = (data / "miniature/spaceship-titanic/prepared/private").iterdir()
    before = answers.read_bytes()

    def tamper(state: TaskState) -> None:
        answers.write_bytes(before.replace(b"True", b"False"))

    log = run(tmp_path, copies_then(tamper), data_dir=str(data))
    assert is_without_score(log, "answers_changed")
    assert "accept_answers=true" in error(log)
    assert value(regraded(log, data_dir=str(data), accept_answers=True))["valid"] == 1
    answers.write_bytes(before)
    assert value(regraded(log, data_dir=str(data)))["score"] == 0.625


class Broken(Local):
    """A provider whose copies fail some times, in the ways in which hosts fail."""

    fault: Callable[[], Exception] = lambda: HostError("no space left on device")
    times = 0
    here = True

    async def take_out(self, *args: Any, **options: Any) -> int:
        if Broken.times:
            Broken.times -= 1
            raise Broken.fault()
        return await super().take_out(*args, **options)

    async def responds(self, handle: str) -> bool:
        return Broken.here


FAULTS: dict[str, Callable[[], Exception]] = {
    "disk full": lambda: OSError(28, "No space left on device"),
    "read-only": lambda: OSError(30, "Read-only file system"),
    "engine": lambda: Unreadable("docker cp: Cannot connect to the Docker daemon"),
    "time-out": lambda: HostError("docker gave no answer within 600 seconds"),
}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> type[Broken]:
    from mlebench_inspect.sandboxes.providers import PROVIDERS

    monkeypatch.setitem(PROVIDERS, "local", Broken())
    monkeypatch.setattr(Broken, "here", False)
    return Broken


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("times", [1, 3, 99])
def test_no_fault_of_the_host_is_an_invalid_submission(
    tmp_path: Path, broken: type[Broken], monkeypatch: pytest.MonkeyPatch, kind: str, times: int
) -> None:
    monkeypatch.setattr(Broken, "fault", staticmethod(FAULTS[kind]))
    monkeypatch.setattr(Broken, "times", times)
    log = run(tmp_path, shell(COPY))
    if times < 4:
        assert value(log)["score"] == 0.625
        assert log.status == "success"
    else:
        assert is_without_score(log, "unreachable")
        assert str(FAULTS[kind]()).split(": ")[-1].split("] ")[-1] in error(log)
        assert log.status == "error"


@pytest.mark.anyio
async def test_a_sandbox_that_is_gone_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlebench_inspect.sandboxes.providers import PROVIDERS

    order: list[str] = []

    class Box(Local):
        async def take_out(self, handle: str, *args: Any, **options: Any) -> int:
            if handle == "gone" and "there" not in order:
                raise HostError("no such container")
            order.append(handle)
            raise Missing("there is no such file")

    async def take(handle: str) -> None:
        meta = {"provider": "local"}
        state = TaskState("mockllm/model", "random-acts-of-pizza", 1, "", [], metadata=meta)  # type: ignore[arg-type]
        record = state.store_as(SubmissionRecord)
        record.handle, record.started = handle, 1.0
        await outcome.take_out(state, max_bytes=1000, max_folder=0, pauses=[0.01] * 500)
        assert record.outcome == "missing"

    monkeypatch.setitem(PROVIDERS, "local", Box())
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(take, "gone")
            await anyio.sleep(0)
            group.start_soon(take, "there")
    assert order == ["there", "gone"]


def test_what_cannot_be_read_beside_a_sandbox_that_answers_is_refused(
    tmp_path: Path, broken: type[Broken], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Broken, "fault", staticmethod(lambda: Unreadable("too many levels of symbolic links")))
    monkeypatch.setattr(Broken, "times", 99)
    monkeypatch.setattr(Broken, "here", True)
    log = run(tmp_path, shell(COPY))
    assert log.status == "success"
    assert value(log)["made"] == 1
    assert "symbolic links" in (score(log).explanation or "")


def test_a_failed_setup_is_an_error_that_names_its_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*args: Any) -> None:
        raise HostError("the first cause, with its mend")

    monkeypatch.setattr(setup, "look_around", fails)
    log = run(tmp_path, shell(COPY))
    assert "the first cause, with its mend" in error(log)
    assert is_without_score(log, "setup_failed")
    assert "the first cause" in (score(log).explanation or "")
    assert figures(log)["any_medal"] == 0
    assert figures(log)["without_score"] == 1


def test_a_model_that_is_away_is_an_error_without_score(tmp_path: Path) -> None:
    def answer(*arguments: Any) -> ModelOutput:
        raise ConnectionError("the provider is away")

    task = TASKS["spaceship-titanic"](data="miniature", sandbox="local", hardware="lite")
    model = get_model("mockllm/model", custom_outputs=answer)
    (log,) = inspect_eval(task, model=model, solver=generate(), log_dir=str(tmp_path), display="none")
    assert is_without_score(log, "model_unavailable")
    assert "the provider is away" in error(log)


@solver
def crashing() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        raise RuntimeError("the agent crashed")

    return solve


def test_a_crash_of_the_agent_is_a_result(tmp_path: Path) -> None:
    from inspect_ai.solver import chain

    log = run(tmp_path, chain(shell(COPY), crashing()))
    assert value(log)["score"] == 0.625
    assert score(log).reason == "agent_crashed"


def test_eval_set_runs_faults_of_the_host_again(
    tmp_path: Path, broken: type[Broken], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Broken, "fault", staticmethod(FAULTS["engine"]))
    monkeypatch.setattr(Broken, "times", 4)  # as often as one attempt tries
    task = TASKS["all"](data="miniature", sandbox="local", hardware="lite", competitions=THREE)
    options: dict[str, Any] = {"display": "none", "retry_attempts": 2, "retry_wait": 0, "max_samples": 1}
    success, logs = eval_set(task, model=None, solver=dummy(), log_dir=str(tmp_path / "logs"), **options)
    assert success
    log = read_eval_log(logs[0].location)
    assert log.status == "success"
    assert figures(log)["valid"] == 100
    assert figures(log)["without_score"] == 0


def inspect(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [INSPECT, *map(str, arguments), "--display", "plain"]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


def newest(folder: Path) -> str:
    return max(i.name for i in list_eval_logs(str(folder)))


RUN = ["mlebench_inspect/all", "-T", "data=miniature", "-T", "sandbox=local", "--max-samples", "1"]
RUN += [
    "-T",
    "competitions=leaf-classification,random-acts-of-pizza,spooky-author-identification",
    "--model",
    "none",
    "--log-buffer",
    "1",
]
SCORE = ["--scorer", "mlebench_inspect/mlebench", "--action", "overwrite", "--overwrite"]


def test_a_run_without_scoring_is_graded_afterwards(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    result = inspect("eval", *RUN, "--solver", "mlebench_inspect/dummy", "--no-score", "--log-dir", logs)
    log = read_eval_log(newest(logs))
    assert not log.results or not log.results.scores, result.stderr
    assert len(list(logs.rglob("submission.csv.gz"))) == 3
    result = inspect("score", newest(logs), *SCORE)
    found = figures(read_eval_log(newest(logs)))
    assert (found["competitions"], found["valid"], found["without_score"]) == (3, 100, 0), result.stderr


WAITING = """
from pathlib import Path
import anyio
from inspect_ai.solver import solver
from inspect_ai.util import sandbox

@solver
def waits():
    async def solve(state, generate):
        if not Path("{nothing}").exists():
            await sandbox().exec(["sh", "-c", "cp data/sample*ubmission.csv submission/submission.csv"])
        if state.sample_id == "random-acts-of-pizza":
            Path("{mark}").touch()
            await anyio.sleep_forever()
        return state
    return solve
"""


@pytest.mark.parametrize("in_place", [True, False])
def test_what_was_in_place_at_an_interrupt_is_taken_and_graded_afterwards(tmp_path: Path, in_place: bool) -> None:
    logs, mark, nothing = tmp_path / "logs", tmp_path / "mark", tmp_path / "nothing"
    if not in_place:
        nothing.touch()
    (tmp_path / "waiting.py").write_text(WAITING.format(mark=mark, nothing=nothing))
    command = [INSPECT, "eval", *RUN, "--solver", "waiting.py@waits", "--log-dir", str(logs), "--display", "plain"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with anyio.from_thread.start_blocking_portal() as portal:
        portal.call(_wait_for, mark)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    log = read_eval_log(newest(logs))
    assert log.status == "cancelled", out
    told = "mlebench_inspect: interrupted: 1 of 3 samples have a score; to go on, run: inspect eval-retry "
    assert f"{told}logs/{Path(newest(logs)).name}" in out
    # leaf was done, pizza was at work, spooky never began
    inspect("score", newest(logs), *SCORE)
    found = figures(read_eval_log(newest(logs)))
    assert (found["competitions"], found["without_score"]) == ((3, 1) if in_place else (3, 2))
    assert found["valid"] == pytest.approx(200 / 3 if in_place else 0)


async def _wait_for(path: Path) -> None:
    with anyio.fail_after(120):
        while not path.exists():
            await anyio.sleep(0.05)


def test_a_full_temporary_disk_is_no_invalid_submission(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("needs root to make a small file system")
    logs, small = tmp_path / "logs", tmp_path / "small"
    small.mkdir()
    code = (
        "import sys; from mlebench_inspect.run import outcome; outcome.PAUSES = (0.1,); "
        "from inspect_ai._cli.main import main; main()"
    )
    # big enough for Inspect itself, and then filled by the agent's stand-in
    script = 'mount -t tmpfs -o size=1m tmpfs "$0" && export TMPDIR="$0" && exec "$@"'
    (tmp_path / "filling.py").write_text(
        "from inspect_ai.solver import solver\nfrom inspect_ai.util import sandbox\n"
        "@solver\ndef fills():\n async def solve(state, generate):\n"
        "  await sandbox().exec(['sh', '-c', 'cp data/sample_submission.csv submission/submission.csv;"
        f" head -c 2M /dev/zero > {small}/filling'])\n  return state\n return solve\n"
    )
    command = ["eval", "mlebench_inspect/spaceship-titanic", *RUN[1:5], "--model", "none", "--log-dir", str(logs)]
    command += ["--solver", "filling.py@fills", "--display", "plain"]
    result = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, str(small), sys.executable, "-c", code, *command],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    log = read_eval_log(newest(logs))
    assert is_without_score(log, "unreachable"), result.stdout + result.stderr
    assert "No space left" in error(log)


def test_scorings_own_limit_loses_no_submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*args: Any, **options: Any) -> Any:
        await anyio.sleep_forever()

    with monkeypatch.context() as patch:
        patch.setattr(grading, "grade_file", slow)
        log = run(tmp_path, shell(COPY), time_limit=20)
    assert "limit" in error(log).lower()
    assert log.samples
    assert log.samples[0].store["SubmissionRecord:outcome"] == "taken"
    assert value(regraded(log))["score"] == 0.625


def test_a_lost_or_changed_artefact_is_without_score_and_named(tmp_path: Path) -> None:
    log = run(tmp_path, shell(COPY))
    (kept,) = (tmp_path / "logs").rglob("submission.csv.gz")
    import gzip

    kept.write_bytes(gzip.compress(b"PassengerId,Transported\n"))
    again = regraded(log)
    assert is_without_score(again, "artifact_missing")
    assert "SHA-256" in (score(again).explanation or "")
    kept.unlink()
    again = regraded(log)
    assert is_without_score(again, "artifact_missing")
    assert "INSPECT_LOG_DIR" in (score(again).explanation or "")
    assert figures(again)["without_score"] == 1


def test_artefacts_of_two_attempts_do_not_mix(tmp_path: Path) -> None:
    calls: list[str] = []

    @solver
    def fails_once() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            calls.append(state.store_as(SubmissionRecord).attempt)
            state = await shell(COPY if len(calls) > 1 else "echo a,b > submission/submission.csv")(state, generate)
            if len(calls) == 1:
                raise RuntimeError("once")
            return state

        return solve

    task = TASKS["spaceship-titanic"](data="miniature", sandbox="local", hardware="lite")
    (log,) = inspect_eval(
        task, model=None, solver=fails_once(), retry_on_error=1, log_dir=str(tmp_path / "logs"), display="none"
    )
    assert value(log)["score"] == 0.625
    kept = {p.parent.name for p in (tmp_path / "logs").rglob("submission.csv.gz")}
    assert kept == set(calls)
    assert len(kept) == 2


def processes(word: str) -> list[str]:
    found = subprocess.run(["pgrep", "-f", word], capture_output=True, text=True, timeout=30).stdout.split()
    return [p for p in found if p != str(os.getpid())]


def test_cancelled_gradings_leave_no_process_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = competition("spaceship-titanic")
    TASKS[found.id](data="miniature", sandbox="local", hardware="lite")
    store = Store.open(None, "miniature")
    sample = store.prepared(found) / found.sample_submission
    word = f"mlebench_inspect.run.worker #{tmp_path.name}"
    slow = [sys.executable, "-c", "import time; time.sleep(1000)", word]

    async def call(request: bytes, timeout: float) -> Any:
        return await host.call(slow, timeout=timeout, input=request)

    monkeypatch.setattr(grading.workers, "call", call)

    async def one() -> None:
        await grading.grade_file(found, sample, store, max_bytes=1 << 20)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(one)
            with anyio.fail_after(30):
                while len(processes(word)) < 5:
                    await anyio.sleep(0.05)
            group.cancel_scope.cancel()
        assert processes(word) == []

    anyio.run(main)


def test_temporary_files_are_bounded_however_many_are_graded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    real = grading.grade_file

    async def counting(*args: Any, **options: Any) -> Any:
        nonlocal most
        most = max(most, len(list(tmp_path.glob("mlebench-*"))))
        return await real(*args, **options)

    monkeypatch.setattr(grading, "grade_file", counting)
    task = TASKS["spaceship-titanic"](data="miniature", sandbox="local", hardware="lite")
    (log,) = inspect_eval(
        task, model=None, solver=dummy(), epochs=6, max_samples=6, log_dir=str(tmp_path / "logs"), display="none"
    )
    assert figures(log)["valid"] == 100
    assert 1 <= most <= grading.SLOTS + 1  # one more may be taken out meanwhile


def test_the_users_own_early_stopping_is_free(tmp_path: Path) -> None:
    task = TASKS["spaceship-titanic"](data="miniature", sandbox="local", hardware="lite")
    assert task.early_stopping is None

    class Stops:
        async def start_task(self, task: Any, samples: Any, epochs: int) -> str:
            return "mine"

        async def schedule_sample(self, id: Any, epoch: int) -> Any:
            return None

        async def complete_sample(self, id: Any, epoch: int, scores: Any) -> None:
            pass

        async def complete_task(self) -> dict[str, Any]:
            return {"mine": 1}

    (log,) = inspect_eval(
        task_with(task, early_stopping=Stops()), model=None, solver=dummy(), log_dir=str(tmp_path), display="none"
    )
    assert log.results
    assert log.results.early_stopping
    assert log.results.early_stopping.metadata == {"mine": 1}
    assert figures(log)["competitions"] == 1


def test_only_the_data_of_what_runs_is_asked_for(tmp_path: Path) -> None:
    data = tmp_path / "data"
    TASKS["spaceship-titanic"](data="miniature", sandbox="local", hardware="lite", data_dir=str(data))
    shutil.move(data / "miniature/spaceship-titanic", data / "spaceship-titanic")
    options = ["-T", "sandbox=local", "-T", f"data_dir={data}", "-T", f"competitions={THREE}", "--model", "none"]
    options += ["--solver", "mlebench_inspect/dummy", "--log-dir", str(tmp_path / "logs")]
    result = inspect("eval", "mlebench_inspect/all", *options)
    assert result.returncode == 2
    assert "mlebench-inspect prepare random-acts-of-pizza spooky-author-identification" in result.stderr
    assert not (tmp_path / "logs").exists()
    for choice in (["--sample-id", "spaceship-*"], ["--limit", "2-2"]):
        result = inspect("eval", "mlebench_inspect/all", *options, *choice)
        log = read_eval_log(newest(tmp_path / "logs"))
        assert [s.id for s in log.samples or []] == ["spaceship-titanic"], result.stdout
        assert figures(log)["competitions"] == 1
    inspect("eval-retry", newest(tmp_path / "logs"), "--log-dir", tmp_path / "again")
    assert figures(read_eval_log(newest(tmp_path / "again")))["competitions"] == 1


def test_a_sandbox_on_the_command_line_is_refused_with_the_right_option(tmp_path: Path) -> None:
    result = inspect(
        "eval", "mlebench_inspect/spaceship-titanic", "-T", "data=miniature", "--sandbox", "local", "--model", "none",
        "--log-dir", tmp_path,
    )  # fmt: skip
    assert result.returncode == 2
    assert "-T sandbox=local" in result.stderr
    assert not list(tmp_path.glob("*.eval"))


def test_a_sandbox_given_from_python_is_refused_before_the_agent_acts(tmp_path: Path) -> None:
    task = TASKS["spaceship-titanic"](data="miniature", hardware="lite")
    (log,) = inspect_eval(
        task, model=None, solver=shell("touch acted"), sandbox="local", log_dir=str(tmp_path), display="none"
    )
    assert "-T sandbox=local" in error(log)
    assert is_without_score(log, "setup_failed")


@pytest.mark.parametrize("place", ["memory://faults/logs", "file://{tmp}/logs"])
def test_wherever_the_log_lies_all_lies_there(tmp_path: Path, place: str) -> None:
    from mlebench_inspect.run.artifacts import Archive

    folder = place.format(tmp=tmp_path)
    task = TASKS["spaceship-titanic"](data="miniature", sandbox="local", hardware="lite")
    (log,) = inspect_eval(task, model=None, solver=dummy(), log_dir=folder, display="none")
    about = score(log).metadata or {}
    assert Archive.of_log(log.location).has(about["submission_path"])
    assert about["submission_path"].startswith("artifacts/")
    assert value(regraded(read_eval_log(log.location)))["score"] == 0.625


FORGED = [
    'File "/x/inspect_ai/model/_model.py", line 1, in generate',
    'Traceback (most recent call last):\n  File "/x/inspect_ai/model/_providers/openai.py", line 1, in generate\nE: x',
    'x\n\nDuring handling of it:\n\n  |   File "C:\\\\inspect_ai\\\\model\\\\_model.py", line 1, in generate',
    "mlebench_inspect.run.programs.NotInstalled: no",
]


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("kind", [RuntimeError, KeyError, OSError])
@pytest.mark.parametrize("text", FORGED)
def test_what_an_exception_says_does_not_decide_whose_fault_it_is(
    text: str, kind: type[Exception], grouped: bool
) -> None:
    raised: Exception = kind(text)
    try:
        raise ExceptionGroup("of tasks", [raised]) if grouped else raised
    except Exception as ex:
        told = "".join(traceback.format_exception(ex))
    event = ErrorEvent(error=EvalError(message=repr(raised), traceback=told, traceback_ansi=""))
    assert ending_of([event]).fault == "agent"


def test_a_failed_model_call_is_told_by_its_frames() -> None:
    frame = '  File "/venv/inspect_ai/model/_model.py", line 1, in generate\n    await api()\n'
    told = f"Traceback (most recent call last):\n{frame}OSError: no route\n"
    event = ErrorEvent(error=EvalError(message="OSError('no route')", traceback=told, traceback_ansi=""))
    assert ending_of([event]).fault == "model"
