"""Layers of coding agents: what is in them is pinned, whatever registry it comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlebench_inspect import sandboxes
from mlebench_inspect.sandboxes.building import CODING_AGENTS

IMAGES = Path(sandboxes.__file__).parent / "images"


@pytest.mark.parametrize("layer", CODING_AGENTS)
def test_packages_are_pinned_by_checksum_and_by_no_address(layer: str) -> None:
    asked = json.loads((IMAGES / f"package-{layer}.json").read_text())
    lock = json.loads((IMAGES / f"package-lock-{layer}.json").read_text())["packages"]
    root = lock.pop("")
    assert {kind: root[kind] for kind in root if kind.endswith("ependencies")} == {
        kind: asked[kind] for kind in asked if kind != "private"
    }
    assert {f"node_modules/{name}" for name in asked["optionalDependencies"]} <= set(lock)
    for name in asked["optionalDependencies"]:
        assert lock[f"node_modules/{name}"]["cpu"] == ["arm64" if "arm64" in name else "x64"]
    assert {cpu for package in lock.values() for cpu in package.get("cpu", [])} == {"x64", "arm64"}
    for package in lock.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package
