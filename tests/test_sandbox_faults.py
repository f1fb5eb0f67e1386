"""What engines and sandboxes do not do is this host's fault, told in one line with what they say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai.util import ExecResult, OutputLimitExceededError

from fake_docker import FakeDocker, put_on_path
from mlebench_inspect.run.watching import too_few_commands
from mlebench_inspect.sandboxes import bringing, carrying, chunks, compose
from mlebench_inspect.sandboxes.apart import set_apart
from mlebench_inspect.sandboxes.building import BuildError, build, image_exists
from mlebench_inspect.sandboxes.compose import SandboxSettings, plain
from mlebench_inspect.sandboxes.disk import _upper
from mlebench_inspect.sandboxes.engine import EngineError
from mlebench_inspect.sandboxes.extraction import Unreadable
from mlebench_inspect.sandboxes.freezing import can_freeze
from mlebench_inspect.sandboxes.host import HostError, HostTimeout
from mlebench_inspect.sandboxes.leftovers import leftovers
from mlebench_inspect.sandboxes.local import Local
from mlebench_inspect.sandboxes.own_commands import EngineCommands
from scripted import Scripted, done


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    return put_on_path(tmp_path, monkeypatch)


class Box:
    """A provider of one such sandbox."""

    def __init__(self, answer: Callable[[list[str]], ExecResult[str]]) -> None:
        self.place = Scripted(answer)

    def commands(self, handle: str) -> Scripted:
        return self.place

    async def take_out(self, handle: str, path: str, dest: Path, cap: int, **_: Any) -> int:
        raise chunks.Refused("it has 9 bytes; at most 5 are read")


def late(_: list[str]) -> ExecResult[str]:
    raise TimeoutError


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda cmd: done(code=7), "the agent's folders have more than 5 bytes"),
        (lambda cmd: done(code=2, stderr="tar: broken"), "cannot be packed: tar: broken"),
        (lambda cmd: done(), "cannot be taken out: it has 9 bytes"),
        (late, "the sandbox did not do it within"),
    ],
)
async def test_folders_that_cannot_be_carried_out_are_told(
    tmp_path: Path, answer: Callable[[list[str]], ExecResult[str]], words: str
) -> None:
    box: Any = Box(answer)
    with pytest.raises(HostError, match=words):
        await carrying.carry_out(box, "x", ["/home/code"], tmp_path / "taken", 5)
    assert box.place.asked[-1][0][0] == "/bin/rm", "what was packed lies there on"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda cmd: done(code=1, stderr="no space"), "cannot be written: no space"),
        (lambda cmd: done(code="cat" not in cmd[2], stderr="tar: damaged"), "cannot be unpacked: tar: damaged"),
        (late, "cannot be brought back"),
    ],
)
async def test_folders_that_cannot_be_carried_in_are_told(
    tmp_path: Path, answer: Callable[[list[str]], ExecResult[str]], words: str
) -> None:
    (tmp_path / "archive").write_bytes(b"x")
    box: Any = Box(answer)
    with pytest.raises(HostError, match=words):
        await carrying.carry_in(box, "x", ["/home/code"], tmp_path / "archive")
    with pytest.raises(HostError, match=r"cannot be brought back: .*No such file"):
        await carrying.carry_in(box, "x", ["/home/code"], tmp_path / "none")


@pytest.mark.anyio
async def test_data_that_cannot_be_written_or_sent_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringing, "_TRIES", 1)
    place: Any = Scripted(lambda cmd: done(code=1, stderr="read-only file system"))
    with pytest.raises(HostError, match=r"/home/data cannot be written in the sandbox: .*read-only file system"):
        await bringing._owner(place, "/home/data", "root")
    assert len(place.asked) == 2, "root and the sandbox's own user are tried"
    with pytest.raises(HostError, match="the data cannot be copied into the sandbox: reset"):
        await bringing._put(place, b"x", "/home/.aside", "/home/script.py", "/home/data", None)


@pytest.mark.anyio
async def test_a_folder_that_is_larger_than_may_be_taken_cannot_be_read(tmp_path: Path) -> None:
    async def take(path: str, dest: Path, cap: int) -> None:
        raise chunks.Refused(f"{path}: at most {cap}")

    place: Any = Scripted(lambda cmd: done("/tmp/packed\n"))
    with pytest.raises(Unreadable, match="/tmp/packed: at most 50"):
        await chunks.take_folder(place, "/home/code", tmp_path / "x", 5, take=take)


@pytest.mark.anyio
async def test_a_sandbox_that_hands_over_nothing_is_not_waited_for(tmp_path: Path) -> None:
    class Silent:
        async def exec(self, *_: Any, **__: Any) -> None:
            await anyio.sleep_forever()

    silent: Any = Silent()
    with pytest.raises(HostTimeout, match="did not hand the file over within 0 seconds"):
        await chunks.take_file(silent, "/x", tmp_path / "x", 5, user=None, timeout=0.05)
    assert not (tmp_path / "x").exists()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("script", "fault", "words"),
    [
        ("exit 124", TimeoutError, "sleep took more than 5 seconds"),
        ("head -c 20000000 /dev/zero", OutputLimitExceededError, None),
    ],
)
async def test_commands_of_our_own_have_a_deadline_and_a_bounded_output(
    docker: FakeDocker, script: str, fault: type[Exception], words: str | None
) -> None:
    docker.runs(script)
    inner: Any = None
    with pytest.raises(fault, match=words):
        await EngineCommands(inner, "x").exec(["sleep", "9"], timeout=5)


@pytest.mark.anyio
async def test_what_keeps_no_container_apart_is_noted(docker: FakeDocker) -> None:
    docker.runs("echo no such container >&2; exit 1")
    assert set((await set_apart("x", {})).values()) == {"the engine tells nothing of the container x"}
    found = {
        "Id": "x",
        "Image": "sha256:1",
        "Config": {"User": "agent:agent"},
        "State": {"Pid": 7},
        "HostConfig": {"Runtime": "runc"},
    }
    kept = await set_apart("x", found)
    assert kept == {"user_kept": "no such container", "terminals_kept": "no such container"}
    docker.runs("exit 3")
    assert "docker exec ended with code 3" in (await set_apart("x", found))["user_kept"]
    found["HostConfig"] = {"Runtime": "kata"}
    assert (await set_apart("x", found))["terminals_kept"] == "the runtime kata has its own"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo denied >&2; exit 1", "docker ps failed .denied"),
        ('[ "$1" = ps ] && echo abc || echo gone >&2', "docker inspect failed .gone"),
    ],
)
def test_an_engine_that_lists_no_containers_is_named(docker: FakeDocker, script: str, words: str) -> None:
    docker.runs(script)
    with pytest.raises(EngineError, match=words):
        leftovers("docker")


def test_images_are_built_with_what_was_asked_for_and_their_failure_is_told(docker: FakeDocker) -> None:
    with pytest.raises(BuildError, match="there is no image 'nope'; choose one of light"):
        build("nope")
    docker.runs("echo permission denied >&2; exit 1")
    assert not image_exists("x")
    with pytest.raises(BuildError, match=r"does not answer \(permission denied\); start it, or join its group"):
        build("light", quiet=True)
    docker.runs('case "$1" in version) echo 1 ;; image) echo agent ;; *) echo "pip: no network" >&2; exit 1 ;; esac')
    with pytest.raises(BuildError, match=r"docker build of aide failed:\npip: no network"):
        build("aide", base="full", quiet=True)
    (built,) = [call for call in docker.calls() if call.startswith("build ")]
    assert "--build-arg SCAFFOLD=aide" in built
    assert "--build-arg BASE_USER=agent" in built
    assert "--tag mlebench-inspect-aide --build-arg BASE=mlebench-inspect-full" in built
    with pytest.raises(BuildError, match="docker build of codex failed"):
        build("codex", quiet=True)
    assert "npm.Dockerfile" in docker.calls()[-1]


def test_settings_for_any_provider_hold_gpus_and_overrides() -> None:
    found = plain(
        SandboxSettings(image="x", cpus=2, memory="4g", gpus=1, compose_overrides={"environment": {"A": "b"}})
    )
    service = found["services"]["default"]
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "capabilities": ["gpu"], "count": 1}
    assert service["environment"] == {"A": "b"}
    with pytest.raises(ValueError, match="there is no hardware preset 'huge'; choose one of"):
        SandboxSettings.preset("huge")
    with pytest.raises(ValueError, match="volumes in compose_overrides must be a list of mounts"):
        compose.docker_config(SandboxSettings(image="x", compose_overrides={"volumes": "here"}), Path("/"))


@pytest.mark.parametrize(
    ("mountinfo", "layer"),
    [
        ("", None),
        ("1 2 0:1 / /proc rw - proc proc rw", None),
        ("1 2 0:1 / / rw - ext4 /dev/sda rw", None),
        ("1 2 0:1 / / rw - overlay overlay rw,lowerdir=/a,upperdir=relative", None),
        ("1 2 0:1 / /sys rw - x x rw\n1 2 0:1 / / rw - overlay overlay rw,lowerdir=/a,upperdir=/b/c", "/b/c"),
    ],
)
def test_the_layer_of_a_container_by_its_mounts(mountinfo: str, layer: str | None) -> None:
    assert _upper(mountinfo) == layer


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "can"),
    [
        (lambda cmd: done("0\n"), False),  # as root it would stop the provider's processes too
        (lambda cmd: done("1000\n") if cmd[0] == "id" else done(code=1), False),
        (lambda cmd: done("1000\n"), True),
    ],
)
async def test_what_can_be_frozen(answer: Callable[[list[str]], ExecResult[str]], can: bool) -> None:
    place: Any = Scripted(answer)
    assert await can_freeze(place) is can


@pytest.mark.anyio
async def test_a_folder_of_the_local_sandbox_that_is_gone_is_no_missing_submission(tmp_path: Path) -> None:
    taking: Awaitable[int] = Local().take_out(str(tmp_path / "gone"), "submission.csv", tmp_path / "x", 5)
    with pytest.raises(HostError, match=r"the sandbox's folder .*gone is gone"):
        await taking


def test_agents_that_would_wait_for_each_other_are_told_of() -> None:
    assert too_few_commands(8, 8) is None
    assert "--max-subprocesses 18" in str(too_few_commands(9, 8))
