"""What `compose_overrides` may change, and that the data stays where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlebench_inspect.sandboxes.compose import DATA, SandboxSettings, docker_config
from mlebench_inspect.sandboxes.helm import helm_values


def docker(overrides: dict[str, Any]) -> Any:
    return docker_config(SandboxSettings(compose_overrides=overrides), Path("/public")).services["default"]


def targets(service: Any) -> list[str]:
    return [v.split(":")[1] if isinstance(v, str) else v.target for v in service.volumes]


@pytest.mark.parametrize(
    "volume",
    [
        "/cache:/home/agent/cache",
        "/cache:/home/agent/cache:ro",
        {"type": "bind", "source": "/cache", "target": "/home/agent/cache"},
    ],
)
@pytest.mark.parametrize("whole", [False, True])
def test_volumes_are_added_to_the_data(volume: Any, whole: bool) -> None:
    service = {"volumes": [volume]}
    found = docker({"services": {"default": service}} if whole else service)
    assert targets(found) == [DATA, "/home/agent/cache"]
    assert found.volumes[0].source == "/public"
    assert found.volumes[0].read_only


@pytest.mark.parametrize(
    "volumes",
    [
        None,
        ["/other:/home/data"],
        ["/other:/home/data/:ro"],
        ["/cache:/home/x", "/other:/home/../home/data"],
        [{"type": "bind", "source": "/other", "target": "/home/data"}],
        [{"type": "tmpfs", "target": "/home/data/"}],
        ["/home/data"],
    ],
)
def test_the_data_cannot_be_replaced(volumes: Any) -> None:
    with pytest.raises(ValueError, match="compose_overrides") as caught:
        docker({"volumes": volumes})
    assert "\n" not in str(caught.value)
    assert DATA in str(caught.value)


def test_everything_else_has_the_last_word() -> None:
    found = docker({"cap_drop": ["NET_RAW"], "security_opt": None, "ulimits": {"core": 7}, "pids_limit": 3})
    assert found.cap_drop == ["NET_RAW"]
    assert found.security_opt is None
    assert found.ulimits["core"] == 7
    assert "fsize" in found.ulimits
    assert found.pids_limit == 3


def test_another_service_has_volumes_of_its_own() -> None:
    settings = SandboxSettings(compose_overrides={"services": {"other": {"image": "x", "volumes": ["/a:/home/data"]}}})
    services = docker_config(settings, Path("/public")).services
    assert services["other"].volumes == ["/a:/home/data"]
    assert targets(services["default"]) == [DATA]


def helm(service: dict[str, Any]) -> Any:
    settings = SandboxSettings(shm_size="64m", compose_overrides={"services": {"default": service}})
    return helm_values(settings, Path("x"))["services"]["default"]


def test_in_a_cluster_mounts_are_added_too() -> None:
    found = helm(
        {
            "volumes": [{"name": "cache", "emptyDir": {}}, {"name": "data", "nfs": {"server": "s", "path": "/p"}}],
            "volumeMounts": [{"name": "cache", "mountPath": "/cache"}, {"name": "cache", "mountPath": "/dev/shm"}],
        }
    )
    assert {v["name"]: v for v in found["volumes"]}["data"] == {"name": "data", "nfs": {"server": "s", "path": "/p"}}
    assert [v["name"] for v in found["volumes"]] == ["data", "shm", "cache"]
    assert {m["mountPath"]: m["name"] for m in found["volumeMounts"]} == {
        DATA: "data",
        "/dev/shm": "cache",
        "/cache": "cache",
    }
    with pytest.raises(ValueError, match=DATA):
        helm({"volumeMounts": [{"name": "cache", "mountPath": "/home/data"}]})
    with pytest.raises(ValueError, match=DATA):
        helm({"volumeMounts": None})
