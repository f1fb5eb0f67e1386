"""Whole runs in the pod that the chart makes of our values, through the provider's own code."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from agents.scripted import any_scaffold, scripted
from mlebench_inspect.agents import baseline, react
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.run.outcome import SubmissionRecord
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.kubernetes import Kubernetes
from mlebench_inspect.sandboxes.pod import PodHandle
from pods.cluster import Node, podman
from runs import run, score, value

pytestmark = pytest.mark.podman

IMAGE = "docker.io/library/mlebench-inspect-light"
TARGET = "/home/submission/submission.csv"
SUBMIT = f"cp /home/data/sample_submission.csv {TARGET}; "
PYTHON = "python3 -I -c "
LOOP = "(setsid bash -c '{}' >/dev/null 2>&1 </dev/null &); "
Work = Callable[[PodHandle, Kubernetes], Awaitable[object]]

in_pod = partial(run, sandbox="k8s", image=IMAGE, memory="1g")


@solver
def working(work: Work) -> Solver:
    """Does something with the pod that the sample has by then."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        handle = state.store_as(SubmissionRecord).handle
        state.output.completion = str(await work(PodHandle.of(handle), Kubernetes()))
        return state

    return solve


async def bash(script: str) -> str:
    """What the agent sees of a command."""
    result = await sandbox().exec(["bash", "-c", script], timeout=120)
    return f"{result.stdout}\n{result.stderr}"


def sample_of(log: EvalLog) -> EvalSample:
    assert log.samples
    (sample,) = log.samples
    return sample


def record(sample: EvalSample) -> SimpleNamespace:
    """What was noted of the sample's submission."""
    begin = "SubmissionRecord:"
    return SimpleNamespace(**{k.removeprefix(begin): v for k, v in sample.store.items() if k.startswith(begin)})


def test_a_scripted_react_agent_is_graded(tmp_path: Path, k8s: Node) -> None:
    log = in_pod(tmp_path, react(), model=scripted(any_scaffold), time_limit=900)
    assert log.status == "success", sample_of(log).error
    assert value(log)["score"] > 0.8
    kept = record(sample_of(log))
    assert (kept.outcome, kept.frozen, kept.lost) == ("taken", True, False)
    assert sample_of(log).store["Environment:apart"] == {"tokens": 0, "api": "unreachable"}
    given = sample_of(log).store["Environment:given"]
    assert {k: given[k] for k in ("user", "cpus", "memory", "network", "gpus")} == {
        "user": "agent",
        "cpus": 2.0,
        "memory": 1 << 30,
        "network": "none",
        "gpus": 0,
    }
    assert k8s.names() == [], "the release is gone"


@pytest.mark.nightly
def test_baseline_learns(tmp_path: Path, k8s: Node) -> None:
    log = in_pod(tmp_path, baseline())
    assert log.status == "success", sample_of(log).error
    assert value(log)["score"] > 0.7
    assert record(sample_of(log)).folders["code"]["files"] == 1


# What an agent does, and what comes of it: words of the refusal, or None where the submission is graded.
ATTACKS: dict[str, tuple[str, str | None]] = {
    "link": (f"ln -s /proc/self/environ {TARGET}", "it is a symbolic link"),
    "folder": (f"mkdir {TARGET}; truncate -s 5G {TARGET}/a", "it is a folder"),
    "fifo": (f"mkfifo {TARGET}", "not a regular file"),
    "socket": (
        PYTHON + f"\"import socket; socket.socket(socket.AF_UNIX).bind('{TARGET}')\"",
        "not a regular file",
    ),
    "sparse": (f"truncate -s 9G {TARGET}", "at most"),
    "growing": (LOOP.format(f"while :; do head -c 1M /dev/zero >>{TARGET}; sleep .01; done") + "sleep 1", "NUL"),
    "kill_everything": (SUBMIT + LOOP.format("sleep 1; kill -9 -1; kill -9 1"), None),
    "stop_everything": (
        SUBMIT
        + LOOP.format(
            "sleep 2; while :; do for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p = $$ ] || kill -STOP $p; done; done"
        ),
        None,
    ),
    "close_everything": (SUBMIT + "chmod 0 /home/agent /home/code /home/logs", None),
    "write_data": (SUBMIT + "touch /home/data/x; mount -o remount,rw /home/data; umount /home/data", None),
    "look_around": (
        SUBMIT + "id; grep -E 'Cap|NoNewPrivs|^Seccomp:' /proc/self/status; ls /sys/class/net; find /run/secrets;"
        " ls /home/data/..; cat /proc/self/mountinfo; su root -c id; runuser -u root id;"
        " cat /var/tmp/mlebench-endpoint/* /var/tmp/mlebench-endpoint/*/* /var/tmp/sandbox-services/*/*;"
        " cat /var/lib/mlebench-*; rm -f /var/lib/mlebench-*",
        None,
    ),
    "check": (SUBMIT + f"/home/validate_submission.sh {TARGET}; pkill -9 -f 'serve[r].py'; echo $?", None),
}


@pytest.fixture(scope="module")
def attacks(k8s: Node, tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
    task = TASKS["spaceship-titanic"](data="miniature", sandbox="k8s", hardware="lite", image=IMAGE, memory="1g")
    (sample,) = task.dataset
    samples = []
    for name, (script, _) in ATTACKS.items():
        one = sample.model_copy(deep=True)
        one.id, one.metadata = name, {**(sample.metadata or {}), "script": script}
        samples.append(one)
    task.dataset = MemoryDataset(samples)
    options: dict[str, Any] = {"max_samples": 2, "max_sandboxes": 2, "max_subprocesses": 16}
    folder = tmp_path_factory.mktemp("attacks")
    (log,) = inspect_eval(task, model=None, solver=attacker(), log_dir=str(folder), display="none", **options)
    return log


@solver
def attacker() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.output.completion = await bash(state.metadata["script"])
        return state

    return solve


def attacked(log: EvalLog, attack: str) -> EvalSample:
    (sample,) = [s for s in log.samples or [] if s.id == attack]
    return sample


@pytest.mark.nightly
@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_ends_in_a_score(attacks: EvalLog, attack: str) -> None:
    sample = attacked(attacks, attack)
    assert sample.error is None, sample.error.message
    (found,) = (sample.scores or {}).values()
    assert isinstance(found.value, dict)
    refused = ATTACKS[attack][1]
    assert found.value["valid"] == (refused is None), found.explanation
    if refused is not None:
        assert refused in (found.explanation or ""), found.explanation
    kept = record(sample)
    assert (kept.frozen, kept.lost) == (True, False)


@pytest.mark.nightly
def test_the_agent_has_no_right_that_others_lack(attacks: EvalLog) -> None:
    seen = attacked(attacks, "look_around").output.completion
    lines = {line.split()[0]: line.split()[1:] for line in seen.splitlines() if ":" in line and len(line.split()) == 2}
    assert lines["CapInh:"] == lines["CapPrm:"] == lines["CapEff:"] == lines["CapAmb:"] == ["0000000000000000"]
    assert lines["CapBnd:"] == ["00000000000000c0"], "SETUID and SETGID, which nothing can give it"
    assert (lines["NoNewPrivs:"], lines["Seccomp:"]) == (["1"], ["2"])
    assert "uid=0" not in seen
    assert "/run/secrets/" not in seen
    assert "call_mlebench" not in seen
    assert "private" not in seen
    assert "Operation not permitted" in seen or "Permission denied" in seen


@pytest.mark.nightly
def test_the_data_cannot_be_changed(attacks: EvalLog) -> None:
    seen = attacked(attacks, "write_data").output.completion
    assert "Read-only file system" in seen
    assert seen.count("must be superuser") + seen.count("permission denied") >= 1


@pytest.mark.nightly
def test_the_check_answers_and_cannot_be_killed(attacks: EvalLog) -> None:
    seen = attacked(attacks, "check").output.completion
    assert "The submission is valid." in seen
    assert "Operation not permitted" in seen


@pytest.mark.nightly
def test_a_large_submission_and_folders_come_out_whole(tmp_path: Path, k8s: Node) -> None:
    async def work(pod: PodHandle, box: Kubernetes) -> str:
        files = "for i in 1 2 3; do head -c 1M /dev/urandom >/home/code/$i; done; ln -s /etc/passwd /home/code/link; "
        return await bash(
            f"{files} head -c 30M /dev/urandom >{TARGET}; chmod 600 {TARGET}; cd /home; sha256sum {TARGET} code/[123]"
        )

    log = in_pod(tmp_path, working(work))
    kept, seen = record(sample_of(log)), sample_of(log).output.completion
    assert (kept.outcome, kept.size) == ("taken", 30 << 20)
    assert kept.sha256
    assert kept.sha256 in seen
    assert (kept.folders["code"]["files"], kept.folders["code"]["left_out"]) == (3, 1)
    packed = gzip.decompress((tmp_path / "logs" / kept.folders["code"]["artifact"]).read_bytes())
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        assert sorted(archive.getnames())[-3:] == ["code/1", "code/2", "code/3"]


@pytest.mark.nightly
def test_what_is_frozen_stands_still_and_goes_on_afterwards(tmp_path: Path, k8s: Node) -> None:
    async def work(pod: PodHandle, box: Kubernetes) -> list[bool]:
        counts = "cat /tmp/count 2>/dev/null || echo 0"
        await bash(LOOP.format("i=0; while :; do i=$((i+1)); echo $i >/tmp/c; mv /tmp/c /tmp/count; sleep .05; done"))
        async with anyio.create_task_group() as group:
            group.start_soon(bash, "sleep 5; touch /tmp/done")  # a command of the agent's on its way
            await anyio.sleep(2)
            root = box.commands(str(PodHandle(pod.name, "root", pod.mark)))
            async with box.frozen(str(pod)) as frozen:
                before = (await root.exec(["sh", "-c", counts])).stdout
                await anyio.sleep(2)
                after = (await root.exec(["sh", "-c", counts])).stdout
        later = (await root.exec(["sh", "-c", counts])).stdout
        stopped = (await root.exec(["sh", "-c", "grep -l '^State:.T' /proc/[0-9]*/status | wc -l"])).stdout
        return [frozen, before == after, int(later) > int(after) > 0, stopped.strip() == "0"]

    assert sample_of(in_pod(tmp_path, working(work))).output.completion == "[True, True, True, True]"


@pytest.mark.nightly
def test_files_are_the_agents_and_no_link_of_its_reaches_roots(tmp_path: Path, k8s: Node) -> None:
    async def work(pod: PodHandle, box: Kubernetes) -> list[object]:
        content = bytes(range(256)) * 40_000  # more than one chunk
        await sandbox().write_file("/home/code/new/a", content)
        same = await sandbox().read_file("/home/code/new/a", text=False) == content
        owner = await bash("stat -c %U /home/code/new/a; echo below >b; chmod 600 b; ln -s /etc/passwd /home/code/p")
        raised = []
        for attempt in (
            sandbox().read_file("/home/code/none"),
            sandbox().read_file("/home/code"),
            sandbox().read_file("/etc/shadow"),
            sandbox().write_file("/home/code/p", "root::0:0::/:/bin/sh"),
            sandbox().write_file("/home/code/new", ""),
        ):
            with pytest.raises(OSError) as caught:  # noqa: PT011, its type is looked at
                await attempt
            raised.append(type(caught.value).__name__)
        return [same, owner.split(), await sandbox().read_file("b"), *raised]

    expected = [True, ["agent"], "below\n", "FileNotFoundError", "IsADirectoryError"]
    seen = sample_of(in_pod(tmp_path, working(work))).output.completion
    assert seen == str([*expected, "PermissionError", "PermissionError", "IsADirectoryError"])


@pytest.mark.nightly
def test_a_pod_out_of_memory_is_a_result_and_one_that_was_replaced_is_none(tmp_path: Path, k8s: Node) -> None:
    def ends(reason: str | None) -> Work:
        async def work(pod: PodHandle, box: Kubernetes) -> None:
            await bash(SUBMIT)
            await anyio.to_thread.run_sync(partial(k8s.again, pod.name, reason=reason))

        return work

    out_of_memory = in_pod(tmp_path / "memory", working(ends("OOMKilled")))
    assert score(out_of_memory).value["valid"] == 0  # type: ignore[index, call-overload]
    kept = record(sample_of(out_of_memory))
    assert (kept.outcome, kept.lost) == ("refused", False)
    assert "ran out of memory" in (kept.cause or "")
    replaced = in_pod(tmp_path / "replaced", working(ends(None)))
    assert replaced.status == "error"
    assert record(sample_of(replaced)).lost
    assert record(sample_of(replaced)).outcome == "unreachable"


@pytest.mark.nightly
def test_commands_see_the_end_of_their_input_and_roots_complaints_come_through(tmp_path: Path, k8s: Node) -> None:
    async def work(pod: PodHandle, box: Kubernetes) -> list[object]:
        empty = await sandbox().exec(["sh", "-c", "cat; echo done; exit 3"], timeout=60)
        given = await sandbox().exec(["cat"], input="a'\n", timeout=60)
        told = {
            (r.stdout, r.stderr, r.returncode)
            for _ in range(20)
            for r in [await sandbox().exec(["sh", "-c", "echo out; echo err >&2; exit 3"], user="root", timeout=60)]
        }
        return [empty.stdout, empty.returncode, given.stdout, *told]

    seen = sample_of(in_pod(tmp_path, working(work))).output.completion
    assert seen == str(["done\n", 3, "a'\n", ("out\n", "err\n", 3)])


@pytest.mark.nightly
def test_nothing_of_the_agents_goes_on_in_a_container_that_was_started_anew(tmp_path: Path, k8s: Node) -> None:
    async def work(pod: PodHandle, box: Kubernetes) -> None:
        await anyio.to_thread.run_sync(partial(k8s.again, pod.name, reason="Error"))
        await bash("true")

    sample = sample_of(in_pod(tmp_path, working(work)))
    assert sample.error is not None
    assert "has restarted 1 time(s)" in sample.error.message


@pytest.mark.nightly
def test_a_pod_without_isolation_is_refused(tmp_path: Path, k8s: Node) -> None:
    listen = "import socket, time; s = socket.create_server(('127.0.0.2', 6443)); time.sleep(600)"
    folder = "/var/run/secrets/kubernetes.io/serviceaccount"

    async def work(pod: PodHandle, box: Kubernetes) -> None:
        container = f"{pod.name}-default"
        podman("exec", "--detach", container, "python3", "-c", listen)
        said = ""
        with anyio.fail_after(120):
            while not said:
                try:
                    await box.settle(str(pod))
                except HostError as ex:
                    said = str(ex)
        assert "nothing enforces the network policies" in said
        podman("exec", container, "sh", "-c", f"mkdir -p {folder}; echo secret >{folder}/token")
        with pytest.raises(HostError, match="holds tokens"):
            await box.settle(str(pod))

    assert sample_of(in_pod(tmp_path, working(work))).error is None
