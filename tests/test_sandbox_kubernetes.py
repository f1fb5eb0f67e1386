"""Helm values for Kubernetes, held against the chart that they are for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.sandboxes.compose import FULL_IMAGE, SandboxSettings
from mlebench_inspect.sandboxes.helm import helm_values, kubernetes_spec
from mlebench_inspect.sandboxes.pod import given, ran_out_of_memory

k8s_sandbox = pytest.importorskip("k8s_sandbox", reason="needs the extra k8s")
FOLDER = Path("spaceship-titanic/prepared/public")


def chart() -> Path:
    return Path(k8s_sandbox.__file__).parent / "resources/helm/agent-env"


def validate(values: dict[str, Any]) -> None:
    """As Helm does: the chart's defaults with ours on top, without nulls, against the chart's schema."""
    import jsonschema
    from k8s_sandbox._helm import validate_no_null_values

    validate_no_null_values(values, "test")
    defaults = yaml.safe_load((chart() / "values.yaml").read_text())

    def merged(base: Any, over: Any) -> Any:
        if isinstance(base, dict) and isinstance(over, dict):
            both = {k: merged(base.get(k), over.get(k)) if k in over else base[k] for k in base} | {
                k: v for k, v in over.items() if k not in base
            }
            return {k: v for k, v in both.items() if v is not None}
        return over

    jsonschema.validate(merged(defaults, values), json.loads((chart() / "values.schema.json").read_text()))


@pytest.mark.parametrize(
    ("preset", "changes"),
    [
        ("lite", {}),
        ("default", {"image": FULL_IMAGE, "runtime": "CLUSTER_DEFAULT"}),
        ("paper", {"runtime": "nvidia"}),
        ("lite", {"compose_overrides": {"allowDomains": ["pypi.org"], "imagePullSecrets": [{"name": "registry"}]}}),
    ],
)
def test_values_fit_the_chart(preset: str, changes: dict[str, Any]) -> None:
    validate(helm_values(SandboxSettings.preset(preset, **changes), FOLDER))


def test_the_schema_refuses_what_it_does_not_know() -> None:
    import jsonschema

    values = helm_values(SandboxSettings.preset("lite", compose_overrides={"unknown": 1}), FOLDER)
    with pytest.raises(jsonschema.ValidationError):
        validate(values)


def test_only_the_public_folder_is_mounted_and_read_only() -> None:
    service = helm_values(SandboxSettings.preset("paper", claim="data"), FOLDER)["services"]["default"]
    (data,) = [m for m in service["volumeMounts"] if m["mountPath"] == "/home/data"]
    assert data["subPath"] == "spaceship-titanic/prepared/public"
    assert data["readOnly"] is True
    (volume,) = [v for v in service["volumes"] if v["name"] == data["name"]]
    assert volume["persistentVolumeClaim"] == {"claimName": "data", "readOnly": True}


def test_hardware_is_asked_for() -> None:
    service = helm_values(SandboxSettings.preset("paper"), FOLDER)["services"]["default"]
    assert service["resources"]["limits"] == {
        "cpu": "36",
        "memory": str(440 * 1024**3),
        "ephemeral-storage": str(100 * 1024**3),
        "nvidia.com/gpu": 1,
    }
    assert service["networkIsolated"] is True
    assert service["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["SETUID", "SETGID"]}


def test_a_task_takes_the_provider_and_its_values() -> None:
    task = TASKS["spaceship-titanic"](data="miniature", sandbox="k8s", hardware="lite")
    (sample,) = task.dataset
    assert sample.sandbox is not None
    assert sample.sandbox.type == "k8s"
    values = yaml.safe_load(sample.sandbox.config.values.read_text())  # type: ignore[union-attr]
    (data, _) = values["services"]["default"]["volumeMounts"]
    assert data["subPath"] == "miniature/spaceship-titanic/prepared/public"
    assert "private" not in json.dumps(values)


def test_commands_in_pods_wait_for_no_others_unless_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INSPECT_MAX_POD_OPS", raising=False)
    kubernetes_spec(SandboxSettings.preset("lite"), FOLDER)
    assert int(os.environ["INSPECT_MAX_POD_OPS"]) > 100
    monkeypatch.setenv("INSPECT_MAX_POD_OPS", "7")
    spec = kubernetes_spec(SandboxSettings.preset("lite"), FOLDER)
    assert os.environ["INSPECT_MAX_POD_OPS"] == "7"
    assert spec.config.restarted_container_behavior == "raise"  # type: ignore[union-attr]


def test_what_the_cluster_tells_of_a_pod_becomes_what_docker_tells_of_a_container() -> None:
    limits = {"cpu": "1500m", "memory": "64Gi", "ephemeral-storage": "1e9", "nvidia.com/gpu": "2"}
    spec = {"containers": [{"name": "default", "image": "a", "resources": {"limits": limits}}], "nodeName": "n"}
    ended = {"lastState": {"terminated": {"reason": "OOMKilled"}}}
    found = {"spec": spec, "status": {"containerStatuses": [{"name": "default", "imageID": "sha256:1", **ended}]}}
    assert given(found, "none") == {
        "image": "a",
        "image_id": "sha256:1",
        "cpus": 1.5,
        "memory": 64 << 30,
        "disk": 10**9,
        "network": "none",
        "gpus": 2,
        "node": "n",
    }
    assert ran_out_of_memory(found)
    assert not ran_out_of_memory({"spec": spec})


@pytest.mark.parametrize(("name", "value"), [("network", "bridge"), ("gpus", "all")])
def test_what_has_no_meaning_in_a_cluster_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="with k8s"):
        helm_values(SandboxSettings.preset("lite", **{name: value}), FOLDER)
