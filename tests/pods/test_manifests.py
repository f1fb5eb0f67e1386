"""What our values become in a cluster: the provider's own chart, rendered by the real helm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlebench_inspect.sandboxes.compose import SandboxSettings
from mlebench_inspect.sandboxes.helm import NETWORK, helm_values
from pods.chart import Manifest, of_kind, rendered

pytest.importorskip("k8s_sandbox", reason="needs the extra k8s")
FOLDER = Path("spaceship-titanic/prepared/public")


def manifests(folder: Path, preset: str = "lite", **changes: Any) -> list[Manifest]:
    return rendered(helm_values(SandboxSettings.preset(preset, **changes), FOLDER), folder)


def pod(found: list[Manifest]) -> dict[str, Any]:
    (controller,) = of_kind(found, "StatefulSet")
    return controller["spec"]["template"]["spec"]


def container(found: list[Manifest]) -> dict[str, Any]:
    (one,) = [c for c in pod(found)["containers"] if c["name"] == "default"]
    return one


def policies(found: list[Manifest]) -> dict[str, dict[str, Any]]:
    return {
        p["metadata"]["name"].removeprefix("agent-env-abc-"): p["spec"] for p in of_kind(found, "CiliumNetworkPolicy")
    }


def annotation(found: list[Manifest]) -> str:
    (controller,) = of_kind(found, "StatefulSet")
    return str(controller["spec"]["template"]["metadata"]["annotations"][NETWORK])


def test_nothing_but_the_pod_its_names_and_its_policies_is_made(tmp_path: Path) -> None:
    kinds = [m["kind"] for m in manifests(tmp_path)]
    assert sorted(set(kinds)) == ["CiliumNetworkPolicy", "ConfigMap", "StatefulSet"], "no Service, account or claim"


def test_the_pod_shares_nothing_with_its_node_and_holds_no_token(tmp_path: Path) -> None:
    spec = pod(manifests(tmp_path))
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    for name in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "serviceAccountName"):
        assert not spec.get(name), name
    assert {next(k for k in v if k != "name") for v in spec["volumes"]} == {
        "configMap",
        "persistentVolumeClaim",
        "emptyDir",
    }


def test_no_token_whatever_the_chart_gives_by_itself(tmp_path: Path) -> None:
    values = helm_values(SandboxSettings.preset("lite"), FOLDER)
    assert values["automountServiceAccountToken"] is False


def test_the_container_has_two_capabilities_and_gains_none(tmp_path: Path) -> None:
    assert container(manifests(tmp_path))["securityContext"] == {
        "runAsUser": 0,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"], "add": ["SETUID", "SETGID"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_the_sidecar_is_no_way_out(tmp_path: Path) -> None:
    (other,) = [c for c in pod(manifests(tmp_path))["containers"] if c["name"] != "default"]
    assert other["name"] == "coredns"
    context = other["securityContext"]
    assert context["runAsNonRoot"] is context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"]["drop"] == ["ALL"]
    assert [m["name"] for m in other["volumeMounts"]] == ["coredns-config"]


def test_only_the_public_folder_comes_in_and_cannot_be_written(tmp_path: Path) -> None:
    found = manifests(tmp_path, claim="data")
    mounts = {m["mountPath"]: m for m in container(found)["volumeMounts"]}
    assert set(mounts) == {"/home/data", "/dev/shm", "/etc/resolv.conf"}
    assert mounts["/home/data"] == {
        "name": "data",
        "mountPath": "/home/data",
        "subPath": "spaceship-titanic/prepared/public",
        "readOnly": True,
    }
    volumes = {v["name"]: v for v in pod(found)["volumes"]}
    assert volumes["data"]["persistentVolumeClaim"] == {"claimName": "data", "readOnly": True}
    assert volumes["shm"]["emptyDir"] == {"medium": "Memory", "sizeLimit": str(512 << 20)}


def test_limits_are_requests(tmp_path: Path) -> None:
    resources = container(manifests(tmp_path, "paper"))["resources"]
    assert resources["limits"] == resources["requests"]
    assert resources["limits"] == {
        "cpu": "36",
        "memory": str(440 << 30),
        "ephemeral-storage": str(100 << 30),
        "nvidia.com/gpu": 1,
    }


@pytest.mark.parametrize(
    ("runtime", "rendered_as"), [(None, "gvisor"), ("nvidia", "nvidia"), ("CLUSTER_DEFAULT", None)]
)
def test_the_runtime_is_gvisor_unless_told_otherwise(
    tmp_path: Path, runtime: str | None, rendered_as: str | None
) -> None:
    assert pod(manifests(tmp_path, runtime=runtime)).get("runtimeClassName") == rendered_as


def test_all_traffic_is_denied_both_ways_dns_included(tmp_path: Path) -> None:
    found = policies(manifests(tmp_path))
    labels = {"app.kubernetes.io/name": "agent-env", "app.kubernetes.io/instance": "abc"}
    selected = {"io.kubernetes.pod.namespace": "evals", **labels}
    assert found["sandbox-default-deny-ingress"]["ingress"] == [{}], "in Cilium a rule that admits nothing"
    assert found["sandbox-default-deny-ingress"]["endpointSelector"]["matchLabels"] == selected
    isolate = found["svc-default-isolate"]
    assert isolate["egressDeny"] == [{"toEntities": ["all"]}], "deny goes before any allow, the name server's included"
    assert isolate["endpointSelector"]["matchLabels"] == {**selected, "inspect/service": "default"}
    assert "svc-default-ingress" not in found
    (controller,) = of_kind(manifests(tmp_path), "StatefulSet")
    assert {**labels, "inspect/service": "default"}.items() <= controller["spec"]["template"]["metadata"][
        "labels"
    ].items()


@pytest.mark.parametrize(
    "opening", [{"allowDomains": ["pypi.org"]}, {"allowCIDR": ["10.0.0.0/8"]}, {"allowEntities": ["world"]}]
)
def test_what_is_opened_is_not_denied_again(tmp_path: Path, opening: dict[str, Any]) -> None:
    found = policies(manifests(tmp_path, compose_overrides=opening))
    assert not any("egressDeny" in spec for spec in found.values())
    assert annotation(manifests(tmp_path, compose_overrides=opening)) == "open"
    assert found["sandbox-default-deny-ingress"]["ingress"] == [{}]


def test_a_user_may_still_say_what_is_isolated(tmp_path: Path) -> None:
    both = {"allowDomains": ["pypi.org"], "services": {"default": {"networkIsolated": True}}}
    found = manifests(tmp_path, compose_overrides={**both, "annotations": {"team": "a"}})
    assert "svc-default-isolate" in policies(found)
    assert annotation(found) == "none"
