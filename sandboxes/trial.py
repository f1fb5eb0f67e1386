"""Whether the Docker engine can run a sandbox at all: its image, and by a trial container what else was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.sandboxes.building import IMAGES, build
from mlebench_inspect.sandboxes.compose import SandboxSettings, docker_config
from mlebench_inspect.sandboxes.engine import docker_path
from mlebench_inspect.sandboxes.host import run_bounded

PATIENCE = 120.0  # seconds; a large image is unpacked by some engines when it is first used

# What engines say, and the mend
_MENDS = {
    "could not select device driver": "install the NVIDIA Container Toolkit on the engine's host, or leave -T gpus out",
    "nvidia-container-cli": "look whether nvidia-smi works on the engine's host, or leave -T gpus out",
    "unresolvable cdi devices": "look whether nvidia-smi works on the engine's host, or leave -T gpus out",
    "unable to find user": "give -T user=UID, or a name that the image has",
    "no matching entries in passwd": "give -T user=UID, or a name that the image has",
    "network": "see docker network ls, or leave -T network out",
    "runtime": "install it and add it to the engine's settings, or leave -T runtime out",
}


class UnfitEngine(MlebenchError, RuntimeError):
    """The engine cannot run the sandbox. One line with the mend."""


class Lacking(UnfitEngine):
    """A program is not in the image."""


def ensure_image(image: str, *, build_missing: bool) -> None:
    """Sees to it that the engine has the image, which is never looked for in a registry.

    Args:
        image: Its name.
        build_missing: Build it, if it is one of ours.

    Raises:
        UnfitEngine: It is not there.
        BuildError: It could not be built.
    """
    if run_bounded([docker_path(), "image", "inspect", "--format", "{{.Id}}", image]).returncode == 0:
        return
    ours = next((name for name, known in IMAGES.items() if image in (known, f"{known}:latest")), None)
    if ours is None:
        if image.startswith("mlebench-inspect-"):
            raise UnfitEngine(f"there is no image {image}; mlebench-inspect build makes {', '.join(IMAGES.values())}")
        raise UnfitEngine(f"the engine has no image {image}; run: docker pull {image} (or build it)")
    if not build_missing:
        raise UnfitEngine(f"the image {image} is not built; run: mlebench-inspect build {ours} (or give -T build=true)")
    build(ours)


def try_out(settings: SandboxSettings, program: str | None = None) -> None:
    """Starts one container as samples will have it, if anything but the image can keep it from starting.

    Args:
        settings: Of the samples' sandboxes; the image is there.
        program: Path of a program that must be in the image.

    Raises:
        Lacking: The program is not in the image.
        UnfitEngine: It does not start.
    """
    service = docker_config(settings, Path("/")).services["default"].model_dump(exclude_none=True)
    asked = _flags(service, settings)
    if not asked and program is None:
        return
    wanted = ["test", "-x", program] if program else ["true"]
    image = service["image"]
    flags = [f for pair in ({"--network": "none"} | dict(asked)).items() for f in pair]
    command = [docker_path(), "run", "--rm", *flags, "--entrypoint", wanted[0], image, *wanted[1:]]
    ended = run_bounded(command, PATIENCE)
    if ended.returncode == 1 and program:
        raise Lacking(f"the image {image} has no {program}")
    if ended.returncode != 0:
        said = " ".join(ended.stderr.split()) or f"it ended with code {ended.returncode}"
        mend = next((mend for words, mend in _MENDS.items() if words in said.lower()), "try it by hand")
        tried = " ".join(f"{name} {value}" for name, value in asked)
        raise UnfitEngine(f"the engine starts no container with {tried or image} ({_reason(said)}); {mend}")


def _flags(service: dict[str, Any], settings: SandboxSettings) -> list[tuple[str, str]]:
    """Options of `docker run` for what a sandbox has beyond the ordinary."""
    given = {
        "--user": service.get("user"),
        "--network": service.get("network_mode") if service.get("network_mode") not in (None, "none") else None,
        "--runtime": service.get("runtime"),
        "--gpus": f'"device={",".join(settings.gpu_ids)}"'
        if settings.gpus and settings.gpu_ids
        else settings.gpus or None,
    }
    return [(flag, str(value)) for flag, value in given.items() if value is not None]


def _reason(said: str) -> str:
    """The engine's own reason, without what it puts around it."""
    for before in ("Error response from daemon: ", "error during container init: "):
        said = said.rpartition(before)[2]
    said = said.partition("Run 'docker run --help'")[0].strip().rstrip(".:")
    return said if len(said) <= 200 else f"{said[:197]}..."
