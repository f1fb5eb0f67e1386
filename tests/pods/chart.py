"""The chart of inspect-k8s-sandbox, rendered by the real `helm`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

Manifest = dict[str, Any]


def helm() -> str:
    """Path of the command; skips the test where there is none."""
    found = shutil.which("helm", path=f"{sys.prefix}/bin:{os.environ.get('PATH', '')}")
    if found is None:
        reason = "needs helm: python tests/pods/get_helm.py"
        if os.environ.get("MLEBENCH_REQUIRE_DOCKER"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def chart() -> Path:
    """Folder of the chart."""
    import k8s_sandbox

    return Path(k8s_sandbox.__file__).parent / "resources/helm/agent-env"


def rendered(values: Manifest, folder: Path) -> list[Manifest]:
    """What would be sent to a cluster.

    Args:
        values: Ours.
        folder: A folder for temporary files.
    """
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    command = [helm(), "template", "abc", str(chart()), "--namespace", "evals", "--values", str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [m for m in yaml.safe_load_all(done.stdout) if m]


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    """Those of one kind."""
    return [m for m in manifests if m["kind"] == kind]
