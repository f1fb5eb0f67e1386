"""A stand-in for a cluster, for all tests of a process."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlebench_inspect.sandboxes.building import image_exists
from mlebench_inspect.sandboxes.compose import LIGHT_IMAGE
from pods.cluster import Node, cluster, podman


def _need(missing: str) -> None:
    reason = f"needs {missing}"
    if os.environ.get("MLEBENCH_REQUIRE_PODMAN"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def _podman_image() -> None:
    """The light image in Podman's store, from Docker's."""
    if os.geteuid() != 0 or shutil.which("podman") is None or shutil.which("catatonit") is None:
        _need("Podman and catatonit, as root (apt-get install podman catatonit)")
    if not image_exists(LIGHT_IMAGE):
        _need("a Docker daemon and the light image (mlebench-inspect build light)")
    asked = ["docker", "image", "inspect", "-f", "{{.Id}}", LIGHT_IMAGE]
    told = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
    name = f"docker.io/library/{LIGHT_IMAGE}"
    have = podman("image", "inspect", "--format", "{{.Id}}", name, check=False).stdout.strip()
    if have != told.stdout.strip().removeprefix("sha256:"):
        command = f"docker save {LIGHT_IMAGE} | podman load --quiet"
        subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True, capture_output=True, timeout=600)


@pytest.fixture(scope="module")
def k8s(tmp_path_factory: pytest.TempPathFactory, _podman_image: None) -> Iterator[Node]:
    """A cluster that this process uses; its claim is the data folder of the tests."""
    from k8s_sandbox import _kubernetes_api
    from kubernetes.config import kube_config

    folder = tmp_path_factory.mktemp("cluster")
    claims = {"mlebench-data": Path(os.environ["MLEBENCH_DATA_DIR"])}
    with cluster(folder, claims) as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", environment["KUBECONFIG"])
        patch.setattr(_kubernetes_api._Config, "_instance", None)
        patch.setattr(_kubernetes_api, "_thread_local", type(_kubernetes_api._thread_local)())
        yield Node(folder / "pods")
