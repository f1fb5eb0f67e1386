"""Building the images, and finding out whether they are there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.sandboxes.compose import FULL_IMAGE, LIGHT_IMAGE
from mlebench_inspect.sandboxes.engine import EngineError, docker_path
from mlebench_inspect.sandboxes.host import run_bounded

CODING_AGENTS = {
    "claude-code": ("claude",),
    "codex": ("codex",),
    "gemini-cli": ("gemini", "node", "rg"),
    "opencode": ("opencode", "node", "rg"),
}
"""Scaffolds whose layer holds a program out of an npm package: its name, and what inspect-swe wants beside it."""
SCAFFOLDS = ("aide", "openhands", "mini-swe-agent", *CODING_AGENTS)
GRADER_IMAGE = "mlebench-inspect-grader"
IMAGES = {"light": LIGHT_IMAGE, "full": FULL_IMAGE, "grader": GRADER_IMAGE} | {
    name: f"mlebench-inspect-{name}" for name in SCAFFOLDS
}
_FOLDER = Path(__file__).parent


class BuildError(MlebenchError, RuntimeError):
    """An image could not be built. The message holds what to mend."""


def docker_command() -> str:
    """Path of the docker command.

    Raises:
        BuildError: It is not installed, or its daemon does not answer.
    """
    try:
        docker = docker_path()
    except EngineError as ex:
        raise BuildError(str(ex)) from None
    ping = run_bounded([docker, "version", "--format", "{{.Server.Version}}"], 30)
    if ping.returncode == 124:
        raise BuildError("the Docker daemon does not answer within 30 seconds; restart it")
    if ping.returncode != 0:
        raise BuildError(
            f"the Docker daemon does not answer ({ping.stderr.strip()[:200]}); start it, or join its group"
        )
    return docker


def image_exists(image: str) -> bool:
    """Whether Docker has the image. False, too, where Docker cannot be asked."""
    try:
        docker = docker_command()
    except BuildError:
        return False
    return run_bounded([docker, "image", "inspect", image]).returncode == 0


def _user(image: str) -> str:
    """The user that containers of an image run as; root's number where it names none or is not there yet."""
    command = [docker_command(), "image", "inspect", "--format", "{{.Config.User}}", image]
    return run_bounded(command).stdout.strip() or "0"


def _layer(scaffold: str) -> list[str]:
    """Options of `docker build` that tell how a scaffold's layer is made."""
    options = ["--build-arg", f"SCAFFOLD={scaffold}"]
    if scaffold in CODING_AGENTS:
        program, *tools = CODING_AGENTS[scaffold]
        options += ["--build-arg", f"PROGRAM={program}", "--build-arg", f"TOOLS={' '.join(tools)}"]
        return [*options, "--file", "{context}/npm.Dockerfile"]
    return [*options, "--file", "{context}/scaffold.Dockerfile"]


def build(name: str, *, base: str | None = None, quiet: bool = False) -> str:
    """Builds an image and returns its name.

    Args:
        name: `light`, `full` or `grader`, or a scaffold with an image layer of its own.
        base: Image to build on, or `light` or `full`; default: the official Python image, and `light` for a scaffold.
        quiet: Show Docker's output only when the build fails.

    Raises:
        BuildError: Unknown name, no Docker, or the build failed.
    """
    if name not in IMAGES:
        raise BuildError(f"there is no image {name!r}; choose one of {', '.join(IMAGES)}")
    base = IMAGES.get(base, base) if base else None
    if name in SCAFFOLDS:
        if base is None:
            base = LIGHT_IMAGE
            if not image_exists(base):
                build("light", quiet=quiet)
        what = [*_layer(name), "--build-arg", f"BASE_USER={_user(base)}"]
    else:
        what = ["--target", name]
    command = [docker_command(), "build", *what, "--tag", IMAGES[name]]
    if base:
        command += ["--build-arg", f"BASE={base}"]
    bundle = next((p for v in ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE") if (p := os.environ.get(v))), None)
    if bundle and Path(bundle).is_file():
        command += ["--secret", f"id=ca,src={bundle}"]
    with tempfile.TemporaryDirectory() as context:
        for folder in ("images", "guest"):
            for file in (_FOLDER / folder).iterdir():
                if file.is_file():
                    shutil.copy(file, context)
        result = subprocess.run(
            [*(part.replace("{context}", context) for part in command), context],
            env={**os.environ, "DOCKER_BUILDKIT": "1"},
            capture_output=quiet,
            text=True,
        )
    if result.returncode != 0:
        tail = f":\n{result.stderr[-2000:]}" if quiet else "; see Docker's output above"
        raise BuildError(f"docker build of {name} failed{tail}")
    return IMAGES[name]
