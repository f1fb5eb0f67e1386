"""Two samples side by side: one takes all that users of one kernel share, and its own sandbox apart; neither suffers.

The attacker holds what it took until the honest sample, whose figures must be those it would have had alone, is done.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.agent import AgentState, sandbox_agent_bridge
from inspect_ai.dataset import MemoryDataset
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.sandboxes.apart import TERMINALS

pytestmark = pytest.mark.docker

SUBMIT = "cp /home/data/sample_submission.csv /home/submission/submission.csv"

TAKE_ALL = r"""
import ctypes, fcntl, json, os, time
libc, took = ctypes.CDLL(None, use_errno=True), {}

def until_refused(name, take):
    took[name] = 0
    try:
        while took[name] < 20_000:
            take()
            took[name] += 1
    except OSError as ex:
        took[name + "_error"] = ex.errno

def watch():
    if libc.inotify_init1(0) < 0:
        raise OSError(ctypes.get_errno(), "")

def pipe():
    fcntl.fcntl(os.pipe()[0], 1031, 1 << 20)  # F_SETPIPE_SZ

until_refused("terminals", os.openpty)
until_refused("watches", watch)
until_refused("pipes", pipe)
with open("/home/agent/took.part", "w") as file:
    json.dump(took, file)
os.rename("/home/agent/took.part", "/home/agent/took")
time.sleep(300)
"""

LIVE_ON = r"""
import ctypes, fcntl, json, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
got = {"user": os.getuid(), "watch": libc.inotify_init1(0) >= 0, "pipe": fcntl.fcntl(os.pipe()[0], 1032)}
try:
    got["terminal"] = os.ttyname(os.openpty()[1])
except OSError as ex:
    got["terminal"] = repr(ex)
done = subprocess.run(["script", "-qec", "tty", "/dev/null"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
got["script"] = done.stdout.strip()
tmux = "tmux new-session -d -s x 'sleep 60' && tmux list-sessions"
done = subprocess.run(tmux, shell=True, capture_output=True, text=True)
got["tmux"] = done.stdout + done.stderr
print(json.dumps(got))
"""

END_THE_FIRST = r"""
import ctypes, json, os, resource, signal, subprocess, sys, time
libc, did = ctypes.CDLL(None, use_errno=True), {}

def attempt(name, act):
    try:
        did[name] = str(act())
    except (OSError, ValueError) as ex:
        did[name] = type(ex).__name__

def ptrace(request):
    if libc.ptrace(request, 1, None, None) < 0:
        raise OSError(ctypes.get_errno(), "")
    return "attached"

for name in ("CPU", "AS", "DATA", "STACK", "NOFILE", "NPROC", "FSIZE", "RSS", "SIGPENDING", "MEMLOCK"):
    attempt("limit " + name, lambda: resource.prlimit(1, getattr(resource, "RLIMIT_" + name, 11), (1, 1)))
attempt("attach", lambda: ptrace(16))
attempt("seize", lambda: ptrace(0x4206))
attempt("memory", lambda: os.open("/proc/1/mem", os.O_RDWR))
attempt("output", lambda: os.write(os.open("/proc/1/fd/1", os.O_WRONLY), b"flood\n"))
attempt("oom", lambda: open("/proc/1/oom_score_adj", "w").write("1000"))
attempt("affinity", lambda: os.sched_setaffinity(1, {0}))
before = open("/proc/1/stat").read().split()[13:15]
for number in range(1, 65):
    attempt("signal", lambda: os.kill(1, number))
subprocess.run(["bash", "-c", "for i in $(seq 1500); do (sleep 0.01 &); done"])  # orphans for the first to bury
until = time.monotonic() + 2
while time.monotonic() < until:
    for number in (1, 2, 10, 12, 15, 17, 18, 19, 20, 34):
        attempt("signal", lambda: os.kill(1, number))
did["ticks"] = [before, open("/proc/1/stat").read().split()[13:15]]
did["state"] = open("/proc/1/stat").read().split()[2]
did["dead"] = [p for p in os.listdir("/proc") if p.isdigit() and os.path.exists(f"/proc/{p}/stat")
               and open(f"/proc/{p}/stat").read().split()[2] == "Z"]
print(json.dumps(did))
"""


@dataclass
class Stage:
    """Who waits for whom."""

    taken: anyio.Event = field(default_factory=anyio.Event)
    lived: anyio.Event = field(default_factory=anyio.Event)


async def python(script: str) -> Any:
    """What a script that the agent runs prints, as JSON."""
    result = await sandbox().exec(["python3", "-I", "-c", script], timeout=120)
    assert result.success, result.stderr
    return json.loads(result.stdout)


async def _takes_all(stage: Stage) -> Any:
    script = (
        'python3 -I -c "$1" >/dev/null 2>&1 & for i in $(seq 300); do [ -e took ] && exec cat took; sleep 0.2; done'
    )
    result = await sandbox().exec(["bash", "-c", script, "bash", TAKE_ALL], timeout=120)
    stage.taken.set()
    await stage.lived.wait()
    return json.loads(result.stdout)


async def _lives_on(stage: Stage) -> Any:
    await stage.taken.wait()
    try:
        return await python(LIVE_ON)
    finally:
        stage.lived.set()


async def _ends_the_first(stage: Stage) -> Any:
    return await python(END_THE_FIRST)


ROLES: dict[str, Callable[[Stage], Awaitable[Any]]] = {
    "attacker": _takes_all,
    "honest": _lives_on,
    "regicide": _ends_the_first,
}


@solver
def plays() -> Solver:
    """Each sample plays the role of its id, and submits."""
    stages: list[Stage] = []

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if not stages:
            stages.append(Stage())
        with anyio.fail_after(240):
            seen = await ROLES[state.sample_id](stages[0])  # type: ignore[index]
            result = await sandbox().exec(["sh", "-c", SUBMIT], timeout=60)
        assert result.success, result.stderr
        state.output.completion = json.dumps(seen)
        return state

    return solve


def play(folder: Path, *roles: str, **options: Any) -> EvalLog:
    """One evaluation with a sample for each role, all at the same time."""
    task = TASKS["spaceship-titanic"](data="miniature", hardware="lite", **options)
    (sample,) = task.dataset
    samples = [sample.model_copy(deep=True, update={"id": role}) for role in roles]
    task.dataset = MemoryDataset(samples)
    (log,) = inspect_eval(
        task,
        model=None,
        solver=plays(),
        log_dir=str(folder),
        display="none",
        max_samples=len(roles),
        max_sandboxes=len(roles),
        max_subprocesses=8 * len(roles),
    )
    return log


def _sample(log: EvalLog, role: str) -> EvalSample:
    (found,) = [s for s in log.samples or [] if s.id == role]
    assert found.error is None, found.error.message
    return found


def seen(log: EvalLog, role: str) -> dict[str, Any]:
    return json.loads(_sample(log, role).output.completion)  # type: ignore[no-any-return]


def is_scored(log: EvalLog, role: str) -> bool:
    score = (_sample(log, role).scores or {})["mlebench"].value
    return isinstance(score, dict) and score["valid"] == 1


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
    return play(tmp_path_factory.mktemp("peers"), "attacker", "honest", "regicide")


def test_one_sample_cannot_take_the_terminals_of_another(side_by_side: EvalLog) -> None:
    """Tried: every pseudo-terminal of the kernel. Holds: each sandbox has a few of its own; tmux and script work."""
    took, got = seen(side_by_side, "attacker"), seen(side_by_side, "honest")
    assert took["terminals"] <= TERMINALS
    assert took["terminals_error"]
    assert got["terminal"].startswith("/dev/pts/")
    assert got["script"].startswith("/dev/pts/")
    assert "x: 1 windows" in got["tmux"]


def test_one_sample_cannot_use_up_what_a_user_may_have(side_by_side: EvalLog) -> None:
    """Tried: every inotify instance and all pages for pipes. Holds: they count by user, and each sample is another."""
    took, got = seen(side_by_side, "attacker"), seen(side_by_side, "honest")
    assert took["watches_error"]
    assert took["pipes_error"]
    assert got["watch"]
    assert got["pipe"] == 65536


def test_every_sample_is_a_user_of_its_own(side_by_side: EvalLog) -> None:
    users = [_sample(side_by_side, role).store["Environment:seen"]["user"] for role in ("attacker", "honest")]
    assert len({*users, 0, 1000}) == 4
    assert seen(side_by_side, "honest")["user"] == users[1]


@pytest.mark.parametrize("role", ["attacker", "honest", "regicide"])
def test_all_are_scored(side_by_side: EvalLog, role: str) -> None:
    assert is_scored(side_by_side, role)


def test_the_first_process_is_out_of_reach(side_by_side: EvalLog) -> None:
    """Tried: limits, tracing, memory, output, signals. Holds: it is another user's, and not dumpable."""
    did = seen(side_by_side, "regicide")
    assert {v for k, v in did.items() if k.startswith("limit")} == {"PermissionError"}
    assert {did[k] for k in ("attach", "seize", "memory", "output", "oom")} == {"PermissionError"}
    assert did["affinity"] == "PermissionError"


def test_the_first_process_outlives_its_own_user(tmp_path: Path) -> None:
    """Tried: the same where the user is a number that was asked for. Holds: it does nothing that a limit could end."""
    log = play(tmp_path, "regicide", user="1000")
    assert is_scored(log, "regicide")
    did = seen(log, "regicide")
    assert did["limit CPU"].startswith("(")
    assert {did[k] for k in ("attach", "seize", "memory", "output", "oom")} == {"PermissionError"}
    assert did["ticks"][0] == did["ticks"][1]
    assert did["state"] == "S"
    assert did["dead"] == []
    assert _sample(log, "regicide").store["Environment:seen"]["user"] == 1000


SQUATS = {
    "file": "touch P",
    "link": "ln -s /tmp P",
    "full": "mkdir -m 755 P && mkdir P/x && touch P/x/y && chmod 500 P",
    "in order": "mkdir -m 700 P",
}


@solver
def bridges(squats: dict[str, str]) -> Solver:
    """Puts something in the bridge's place and starts one, for each way."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        services = "/var/tmp/sandbox-services"
        place = f"{services}/bridge_model_service"
        done: list[str] = []
        taken = await sandbox().exec(["sh", "-c", f"mv {services} {services}-away; mkdir {services}"], timeout=60)
        assert not taken.success, "the folder of all services was not there before the agent"
        for name, script in squats.items():
            away = f"mv {place} /var/tmp/was-{len(done)}; mv {place} {place}-{len(done)};"
            result = await sandbox().exec(["sh", "-c", f"{away} {script.replace('P', place)}"], timeout=60)
            assert result.success, result.stderr
            async with sandbox_agent_bridge(AgentState(messages=state.messages)) as bridge:
                assert bridge.port
                done.append(name)
        await sandbox().exec(["sh", "-c", SUBMIT], timeout=60)
        state.output.completion = json.dumps(done)
        return state

    return solve


def test_squatted_folders_stop_no_bridge(tmp_path: Path) -> None:
    """Tried: a file, a link, folders of wrong modes where a bridge starts. Holds: root moves them aside."""
    task = TASKS["spaceship-titanic"](data="miniature", hardware="lite")
    (log,) = inspect_eval(task, model="mockllm/model", solver=bridges(SQUATS), log_dir=str(tmp_path), display="none")
    (sample,) = log.samples or []
    assert sample.error is None, sample.error.message
    assert json.loads(sample.output.completion) == list(SQUATS)
