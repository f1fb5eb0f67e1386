"""Podman's containers as sandboxes, through the package inspect-podman."""

from __future__ import annotations

import hashlib
import os
import resource
import tempfile
from pathlib import Path
from typing import Any

import yaml
from inspect_ai.util import SandboxEnvironmentSpec

from mlebench_inspect.sandboxes import compose
from mlebench_inspect.sandboxes.anywhere import Anywhere
from mlebench_inspect.sandboxes.compose import SandboxSettings, Transport


class Podman(Anywhere):
    """Containers of this host's Podman: those of Docker's settings, run as any provider's."""

    transports: tuple[Transport, ...] = ("mount", "copy")

    def __init__(self) -> None:
        super().__init__("podman")

    def transport(self, settings: SandboxSettings) -> tuple[Transport, str | None]:
        if settings.data_transport is None and settings.sandbox_config is not None:
            return "copy", None  # nothing is known of its mounts
        return super().transport(settings)

    def spec(
        self, settings: SandboxSettings, public: Path, data_dir: Path, description: Path | None = None
    ) -> SandboxEnvironmentSpec:
        config = settings.sandbox_config
        if isinstance(config, str):
            return super().spec(settings, public, data_dir, description)
        if config is None:
            typed = compose.docker_config(settings, public, description)
            config = typed.model_dump(mode="json", by_alias=True, exclude_none=True)
            for service in config["services"].values():
                service["ulimits"] = _own_limits() | (service.get("ulimits") or {})
        # A file of its own for each: inspect-podman writes other settings into one file, over those of other samples.
        # podman-compose makes a pod for each project unless told otherwise, which it then shares namespaces with.
        return SandboxEnvironmentSpec("podman", str(_written({**config, "x-podman": {"in_pod": False}})))


def _own_limits() -> dict[str, Any]:
    """This process's own limits: Podman's are higher, and not every root may raise them, such as one of a container."""
    found = {}
    for name, kind, usual in (("nofile", resource.RLIMIT_NOFILE, 1 << 20), ("nproc", resource.RLIMIT_NPROC, 1 << 15)):
        hard = resource.getrlimit(kind)[1]
        found[name] = usual if hard == resource.RLIM_INFINITY else min(hard, usual)
    return found


def _written(config: dict[str, Any]) -> Path:
    text = yaml.safe_dump(config, sort_keys=False)
    place = Path(tempfile.gettempdir(), f"mlebench-podman-{os.getuid()}")
    place.mkdir(mode=0o700, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid != os.getuid():
        raise ValueError(f"{place} is not a folder of yours; remove it")
    # inspect-podman takes a file for settings of Compose by its name
    file = place / hashlib.sha256(text.encode()).hexdigest()[:24] / "compose.yaml"
    file.parent.mkdir(exist_ok=True)
    aside = file.with_suffix(f".{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, file)
    return file
