"""How the data come into a sandbox, chosen while a task is built, and providers that are known by name alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.util import ComposeConfig

import cloudlike  # noqa: F401  registers its providers
from fake_docker import FakeDocker, put_on_path
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.sandboxes import engine
from mlebench_inspect.sandboxes.compose import SandboxSettings
from mlebench_inspect.sandboxes.isolation import unverified
from mlebench_inspect.sandboxes.providers import provider

INFO = {"ServerVersion": "26.1.5", "NCPU": 4, "MemTotal": 8 << 30, "DefaultRuntime": "runc"}
RRO = {"status": {"org.opencontainers.runtime-spec.features": json.dumps({"mountOptions": ["ro", "rro"]})}}


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    engine._known_engine.cache_clear()
    return put_on_path(tmp_path, monkeypatch)


def tells(docker: FakeDocker, info: dict[str, Any], context: str = "") -> None:
    docker.runs(f"""case $1 in
      info) echo '{json.dumps(info)}';;
      context) echo '{context}';;
    esac""")


def build(tmp_path: Path, **options: Any) -> Any:
    task = TASKS["spaceship-titanic"](data="miniature", data_dir=str(tmp_path / "data"), hardware="lite", **options)
    (sample,) = task.dataset
    return sample


def volumes(sample: Any) -> list[Any]:
    return list(sample.sandbox.config.services["default"].volumes or [])


def test_a_local_engine_mounts(docker: FakeDocker, tmp_path: Path) -> None:
    tells(docker, {**INFO, "Runtimes": {"runc": RRO}})
    sample = build(tmp_path)
    assert len(volumes(sample)) == 1
    assert "data_transport" not in sample.metadata


@pytest.mark.parametrize("address", ["tcp://10.0.0.1:2376", "ssh://me@gpu-host"])
def test_an_engine_elsewhere_is_copied_to(
    docker: FakeDocker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    tells(docker, {**INFO, "Runtimes": {"runc": RRO}})
    sample = build(tmp_path)
    assert volumes(sample) == []
    assert sample.metadata["data_transport"] == "copy"
    assert volumes(build(tmp_path, data_transport="mount"))


def test_a_context_of_docker_s_is_looked_through(docker: FakeDocker, tmp_path: Path) -> None:
    tells(docker, {**INFO, "Runtimes": {"runc": RRO}, "ClientInfo": {"Context": "far"}}, "tcp://far.example.org:2376")
    assert "far.example.org" in (engine.cannot_mount() or "")
    assert volumes(build(tmp_path)) == []


def test_a_runtime_without_recursive_read_only_mounts_is_copied_to(docker: FakeDocker, tmp_path: Path) -> None:
    tells(docker, {**INFO, "Runtimes": {"runc": RRO, "runsc": {}}})
    assert volumes(build(tmp_path))
    assert volumes(build(tmp_path, runtime="runsc")) == []


def test_the_way_of_the_data_keeps_no_runs_apart() -> None:
    copied = SandboxSettings.preset("lite", data_transport="copy", memory="1g", cpus=1)
    assert copied.model_dump() == SandboxSettings.preset("lite", memory="1g", cpus=1).model_dump()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sandbox": "nonsense"}, "Inspect knows no such provider; there are asroot, "),
        ({"sandbox": "local", "data_transport": "copy"}, "with -T sandbox=local there is mount"),
        ({"sandbox": "docker", "sandbox_config": {"a": 1}}, "give -T compose_overrides"),
        ({"sandbox": "nousers", "sandbox_config": "nowhere.yaml"}, "there is no such file"),
        ({"sandbox": "nousers", "sandbox_config": {"servces": {}}}, "does not take this -T sandbox_config"),
        ({"data_transport": "carry"}, "must be one of mount, copy"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(PrerequisiteError) as raised:
        build(tmp_path, **options)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_provider_that_understands_compose_gets_image_hardware_and_no_network(tmp_path: Path) -> None:
    sample = build(tmp_path, sandbox="asroot", image="registry.example.org/light:1", memory="3g")
    assert isinstance(sample.sandbox.config, ComposeConfig)
    service = sample.sandbox.config.services["default"]
    assert (service.image, service.mem_limit, service.network_mode) == ("registry.example.org/light:1", "3g", "none")
    assert not service.volumes
    assert sample.metadata["data_transport"] == "copy"


def test_a_file_of_settings_is_handed_on_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {default: {image: x}}")
    sample = build(tmp_path, sandbox="nousers", sandbox_config=str(tmp_path / "compose.yaml"))
    assert sample.sandbox.config == str(tmp_path / "compose.yaml")


def test_each_sample_of_podman_s_has_a_file_of_its_own(tmp_path: Path) -> None:
    specs = [provider("podman").spec(SandboxSettings.preset("lite"), tmp_path / n, tmp_path, None) for n in "ab"]
    assert specs[0].config != specs[1].config
    config = yaml.safe_load(Path(specs[0].config).read_text(encoding="utf-8"))
    service = config["services"]["default"]
    assert [v["source"] for v in service["volumes"]] == [str(tmp_path / "a")]
    assert service["volumes"][0]["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["network_mode"] == "none"
    assert config["x-podman"] == {"in_pod": False}


SOUND = {
    "user": 1000,
    "capabilities": "0000000000000000",
    "bounding": "0000000000000000",
    "no_new_privileges": True,
    "route": False,
    "reached": None,
    "data_mount": "ro",
    "data_changeable": None,
    "memory_limit": "4294967296",
    "process_limit": "1024",
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"error": "no python3"}, "everything"),
        ({"route": True}, "a route out"),
        ({"route": True, "reached": "1.1.1.1"}, "1.1.1.1 can be reached"),
        ({"user": 0}, "root in its sandbox"),
        ({"capabilities": "00000000a80425fb"}, "has the capabilities"),
        ({"bounding": "00000000a80425fb", "no_new_privileges": False}, "set-uid programs"),
        ({"data_changeable": "/home/data"}, "change its copy"),
        ({"memory_limit": "max"}, "memory: no limit"),
        ({"memory_limit": "9223372036854771712"}, "memory: no limit"),
        ({"process_limit": ""}, "processes: no limit"),
    ],
)
def test_whatever_does_not_hold_is_named(change: dict[str, Any], words: str) -> None:
    (told, kernel) = unverified({**SOUND, **change}, other_root=True, freezes=True)
    assert words in told
    assert kernel.startswith("kernel")
    assert len(unverified(SOUND, other_root=True, freezes=True)) == 1
    assert len(unverified(SOUND, other_root=False, freezes=False)) == 3
