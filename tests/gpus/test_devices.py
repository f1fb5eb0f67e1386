"""Which GPUs there are, how they may be named, and what a run that asks for others is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from inspect_ai.log import EvalConfig, EvalDataset, EvalLog, EvalPlan, EvalSpec
from inspect_ai.util import ComposeConfig

from fake_docker import FakeDocker, put_on_path
from gpus.hosts import pretend_gpus
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.gpus import devices as module
from mlebench_inspect.gpus.devices import NoGpus, devices
from mlebench_inspect.options import GpuIds, OptionError, checked
from mlebench_inspect.run.identity import fields_of
from mlebench_inspect.sandboxes.compose import SandboxSettings, docker_config
from mlebench_inspect.sandboxes.docker import Docker
from mlebench_inspect.sandboxes.gpus import GPU_SANDBOX, gpus_named, gpus_wanted, with_gpus
from mlebench_inspect.sandboxes.leftovers import gpus_in_containers

ROOT = Path("/")
ID = "spaceship-titanic"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    return put_on_path(tmp_path, monkeypatch)


def ids(named: list[str] | None = None) -> list[str]:
    return [d.id for d in devices(named)]


def test_all_that_nvidia_smi_lists(docker: FakeDocker) -> None:
    pretend_gpus(docker.folder / "bin", 2)
    assert ids() == ["GPU-00000-aa", "GPU-00001-aa"]
    assert [d.key for d in devices(["1"])] == [d.key for d in devices(["GPU-00001-aa"])]
    assert ids(["0", "GPU-00000-aa"]) == ["GPU-00000-aa"]


def test_parts_stand_for_a_gpu_that_is_divided(docker: FakeDocker) -> None:
    pretend_gpus(docker.folder / "bin", 2, parts=2)
    assert ids() == ["GPU-00000-aa", "MIG-00000-bb", "MIG-00001-bb"]
    assert [d.part_of for d in devices(["MIG-00001-bb"])] == ["GPU-00001-aa"]
    with pytest.raises(NoGpus, match="GPU 1 is divided; name its parts: -T gpu_ids=MIG-00000-bb,MIG-00001-bb"):
        devices(["1"])


def test_a_gpu_that_is_not_there(docker: FakeDocker) -> None:
    pretend_gpus(docker.folder / "bin", 1)
    with pytest.raises(NoGpus, match="there is no GPU 4; nvidia-smi lists 0 = GPU-00000-aa"):
        devices(["0", "4"])


def test_a_host_without_gpus_or_with_an_engine_elsewhere(docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoGpus, match=r"no nvidia-smi on this host.*-T gpu_ids=0,1"):
        devices()
    assert ids(["0", "MIG-a/7/0"]) == ["0", "MIG-a/7/0"]
    assert not any("/" in d.key for d in devices(["MIG-a/7/0"]))
    here = devices(["0"])
    docker.runs("echo tcp://gpu-host:2376")
    pretend_gpus(docker.folder / "bin", 1)
    monkeypatch.setenv("DOCKER_HOST", "tcp://gpu-host:2376")
    with pytest.raises(NoGpus, match="engine at tcp://gpu-host:2376 cannot be listed from here"):
        devices()
    assert devices(["0"]) != here


def test_a_driver_that_does_not_answer(docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    smi = docker.folder / "bin/nvidia-smi"
    smi.write_text("#!/bin/sh\necho couldn\\'t communicate with the NVIDIA driver; exit 9")
    smi.chmod(0o755)
    with pytest.raises(NoGpus, match=r"lists no GPU .it says: couldn't communicate"):
        devices()
    smi.write_text("#!/bin/sh\nexec sleep 600")
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    module._there.cache_clear()
    with pytest.raises(NoGpus, match="no answer within"):
        devices()


def request(config: ComposeConfig) -> dict[str, Any]:
    service = config.model_dump(exclude_none=True)["services"]["default"]
    (found,) = service["deploy"]["resources"]["reservations"]["devices"]
    return dict(found)


def test_settings_count_gpus_and_are_given_some() -> None:
    config = docker_config(SandboxSettings(gpus=2, gpu_ids=("0", "1", "2")), ROOT)
    assert gpus_wanted(config) == 2
    assert gpus_named(config) == ["0", "1", "2"]
    given = with_gpus(config, ["GPU-a", "GPU-b"])
    assert request(given) == {"driver": "nvidia", "capabilities": ["gpu"], "device_ids": ["GPU-a", "GPU-b"]}
    assert gpus_wanted(given) == 0
    everything = docker_config(SandboxSettings(gpus="all"), ROOT)
    assert gpus_wanted(everything) == -1
    assert request(with_gpus(everything, ["a", "b"]))["device_ids"] == ["a", "b"]
    assert gpus_wanted(docker_config(SandboxSettings(), ROOT)) == 0


def test_several_services_share_what_one_sample_is_given() -> None:
    gpu = {"deploy": {"resources": {"reservations": {"devices": [{"capabilities": ["gpu"], "count": 1}]}}}}
    overrides = {"services": {"other": {"image": "x", **gpu}}}
    config = docker_config(SandboxSettings(gpus=2, compose_overrides=overrides), ROOT)
    assert gpus_wanted(config) == 3
    given = with_gpus(config, ["a", "b", "c"]).model_dump(exclude_none=True)["services"]
    lists = [s["deploy"]["resources"]["reservations"]["devices"][0]["device_ids"] for s in given.values()]
    assert sorted(i for found in lists for i in found) == ["a", "b", "c"]


def test_only_samples_with_gpus_run_in_a_sandbox_of_our_own() -> None:
    named = {"deploy": {"resources": {"reservations": {"devices": [{"capabilities": ["gpu"], "device_ids": ["3"]}]}}}}
    for settings, kind in [
        (SandboxSettings(), "docker"),
        (SandboxSettings(gpus=0), "docker"),
        (SandboxSettings(gpus=1), GPU_SANDBOX),
        (SandboxSettings(compose_overrides=named), "docker"),  # by hand
    ]:
        assert Docker().spec(settings, ROOT, ROOT).type == kind


def test_which_gpus_a_sample_had_is_no_part_of_what_a_run_was_of(docker: FakeDocker) -> None:
    pretend_gpus(docker.folder / "bin", 4)
    about = TASKS[ID](data="miniature", gpus=2, gpu_ids="0,1").metadata or {}
    assert about["settings"] == (TASKS[ID](data="miniature", gpus=2, gpu_ids="2,3").metadata or {})["settings"]
    assert about["settings"]["gpus"] == 2
    here = {"NanoCpus": 1, "Memory": 1, "ShmSize": 1, "NetworkMode": "none", "Runtime": "runc"}

    def identity(ids: list[str]) -> dict[str, Any]:
        requests = [{"DeviceIDs": ids, "Count": 0}]
        found = {"Config": {"Image": "i", "User": "u"}, "Image": "x", "HostConfig": here | {"DeviceRequests": requests}}
        given = Docker._given(found)
        assert given["gpu_ids"] == ids
        spec = EvalSpec(
            created="2026-01-01T00:00:00Z", task="x", dataset=EvalDataset(), model="none", config=EvalConfig()
        )
        return fields_of(EvalLog(eval=spec, plan=EvalPlan()), given)

    assert identity(["GPU-a", "GPU-b"]) == identity(["GPU-c", "GPU-d"])
    assert identity(["GPU-a", "GPU-b"]) != identity(["GPU-a"])


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (0, ["0"]),
        ("0,1", ["0", "1"]),
        ([0, "2"], ["0", "2"]),
        ("GPU-5d5b-a0, MIG-c6d4/7/0", ["GPU-5d5b-a0", "MIG-c6d4/7/0"]),
        ("all", None),
        ("", None),
        ([], None),
        ("-1", None),
        ("0;rm", None),
    ],
)
def test_forms_of_gpu_ids(value: Any, found: list[str] | None) -> None:
    if found is not None:
        assert checked("-T", {"gpu_ids": GpuIds}, {"gpu_ids": value}, {}) == {"gpu_ids": found}
        return
    with pytest.raises(OptionError, match="must be numbers or UUIDs of GPUs"):
        checked("-T", {"gpu_ids": GpuIds}, {"gpu_ids": value}, {})


@pytest.mark.parametrize(
    ("options", "typed", "told"),
    [
        ({"gpus": 3}, {}, "3 GPUs for each sample are more than there are (GPU-00000-aa, GPU-00001-aa); give at most"),
        ({"gpus": 2, "gpu_ids": "0"}, {}, "2 GPUs for each sample are more than there are (GPU-00000-aa)"),
        ({"gpus": 1, "gpu_ids": "7"}, {}, "there is no GPU 7"),
        ({"gpu_ids": "0"}, {}, "-T gpus=N"),
        ({"gpus": 1}, {"sandbox": "docker"}, "--sandbox docker would give the same GPUs to all samples"),
        ({"gpus": 1}, {"no_sandbox_cleanup": True, "epochs": 3}, "--no-sandbox-cleanup keeps the GPUs"),
        ({"gpu_ids": "0", "sandbox": "local"}, {}, "no meaning with sandbox=local"),
    ],
)
def test_what_cannot_be_had_is_refused_before_anything_starts(
    docker: FakeDocker, options: dict[str, Any], typed: dict[str, Any], told: str
) -> None:
    pretend_gpus(docker.folder / "bin", 2)
    context = click.Context(click.Command("eval"), info_name="eval")
    context.params = {"solver": "mlebench_inspect/baseline", **typed}
    with context, pytest.raises(click.ClickException) as raised:
        TASKS[ID](data="miniature", **options)
    assert told in raised.value.message
    assert "\n" not in raised.value.message
    assert not [call for call in docker.calls() if call.startswith("run")]


def test_gpus_of_running_containers(docker: FakeDocker) -> None:
    docker.runs(
        """case "$1" in
        ps) echo 1 ;;
        inspect) cat <<'END'
[{"Name": "/inspect-a", "State": {"Running": true}, "Config": {"Image": "mlebench-inspect-full"}, "Mounts": [],
  "HostConfig": {"DeviceRequests": [{"DeviceIDs": ["GPU-a", "1"]}]}},
 {"Name": "/ended", "State": {"Running": false}, "Config": {"Image": "mlebench-inspect-full"}, "Mounts": [],
  "HostConfig": {"DeviceRequests": [{"DeviceIDs": ["GPU-c"]}]}},
 {"Name": "/another", "State": {"Running": true}, "Config": {"Image": "exporter"}, "Mounts": [],
  "HostConfig": {"DeviceRequests": [{"DeviceIDs": ["GPU-d"]}]}}]
END
        esac"""
    )
    assert gpus_in_containers("docker") == {"GPU-a": "inspect-a", "1": "inspect-a"}
