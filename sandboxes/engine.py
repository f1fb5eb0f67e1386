"""What the Docker engine has and can do, as the engine itself tells.

The engine need not be this host: it may run in a virtual machine with less (Docker Desktop), or elsewhere (DOCKER_HOST,
Docker's contexts).
"""

from __future__ import annotations

import json
import math
import os
import shutil
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.sandboxes.host import run_bounded

PATIENCE = 10.0  # seconds


class EngineError(MlebenchError, RuntimeError):
    """The engine cannot be asked. The message holds the mend."""


@dataclass(frozen=True)
class Machine:
    """What a sample's hardware can be taken from. `memory` in bytes; `is_engine`: the Docker engine told it."""

    cpus: float
    memory: int
    is_engine: bool = False

    def share(self, number: int) -> Machine:
        """What each of so many samples gets of it."""
        if number == 1:
            return self
        return Machine(math.floor(100 * self.cpus / number) / 100, self.memory // number, self.is_engine)


class Engine(BaseModel):
    """The part of `docker info` that matters here."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    version: str = Field(alias="ServerVersion", min_length=1)
    cpus: int = Field(alias="NCPU", gt=0)
    memory: int = Field(alias="MemTotal", gt=0)
    """Bytes."""
    kernel: str = Field("", alias="KernelVersion")
    system: str = Field("", alias="OperatingSystem")
    license: str = Field("", alias="ProductLicense")
    default_runtime: str = Field("", alias="DefaultRuntime")
    runtimes: dict[str, Any] = Field(default_factory=dict, alias="Runtimes")
    security: list[str] = Field(default_factory=list, alias="SecurityOptions")
    limits_memory: bool = Field(True, alias="MemoryLimit")
    limits_cpus: bool = Field(True, alias="CpuCfsQuota")
    limits_processes: bool = Field(True, alias="PidsLimit")
    client: dict[str, Any] = Field(default_factory=dict, alias="ClientInfo")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, info: Any) -> Any:
        return {k: v for k, v in info.items() if v is not None} if isinstance(info, dict) else info

    @property
    def is_podman(self) -> bool:
        """Whether Podman answers in Docker's place: it numbers its versions from 1, and names this license."""
        return self.license == "Apache-2.0" and self.version.split(".")[0] in {"1", "2", "3", "4", "5", "6", "7"}

    @property
    def kinds(self) -> list[str]:
        """What sets it apart from Docker as root on this Linux: Docker Desktop, Podman, rootless and so on."""
        options = {o.removeprefix("name=").split(",")[0] for o in self.security}
        told = {"rootless": "rootless", "userns": "user namespaces", "selinux": "SELinux"}
        found = ["Podman"] if self.is_podman else []
        found += ["Docker Desktop"] if self.system == "Docker Desktop" else []
        return found + [words for option, words in told.items() if option in options]

    def read_only_is_recursive(self, runtime: str | None = None) -> bool:
        """Whether a runtime (default: the engine's) can make mounts inside a read-only mount read-only too."""
        try:
            status = self.runtimes[runtime or self.default_runtime]["status"]
            features = json.loads(status["org.opencontainers.runtime-spec.features"])
            return "rro" in features["mountOptions"]
        except (KeyError, TypeError, ValueError):
            return False


def cannot_mount(runtime: str | None = None) -> str | None:
    """Why a folder of this host cannot be mounted read-only into the engine's containers; None where nothing is known.

    Args:
        runtime: Of the containers; default: the engine's.
    """
    found = known_engine()
    if found is None:
        return None
    address = address_of(found)
    if not address.startswith(("unix://", "npipe://")):
        return f"the engine at {address} is not known to be on this host"
    if not found.read_only_is_recursive(runtime):
        return f"the runtime {runtime or found.default_runtime or 'unknown'} has no recursive read-only mounts"
    return None


def address_of(found: Engine) -> str:
    """Where the engine listens: DOCKER_HOST's, or that of the context that Docker's command uses."""
    given = os.environ.get("DOCKER_HOST")
    context = str(found.client.get("Context") or "default")
    if given or context == "default":
        return given or "unix://"
    asked = run_bounded([docker_path(), "context", "inspect", "--format", "{{.Endpoints.docker.Host}}", context])
    return asked.stdout.strip() or "unix://"


def docker_path() -> str:
    """Path of the docker command.

    Raises:
        EngineError: It is not installed.
    """
    docker = shutil.which("docker")
    if docker is None:
        raise EngineError("the docker command is not installed; see https://docs.docker.com/engine/install/")
    return docker


def ask_engine(timeout: float = PATIENCE) -> Engine:
    """Asks the engine, by one call.

    Args:
        timeout: Seconds.

    Raises:
        EngineError: There is no docker command, or its engine does not answer.
    """
    result = run_bounded([docker_path(), "info", "--format", "{{json .}}"], timeout)
    try:
        return Engine.model_validate_json(result.stdout)
    except ValidationError:
        reason = " ".join((result.stderr.strip() or _server_errors(result.stdout) or "no figures").split())[:200]
        raise EngineError(
            f"the Docker engine does not answer ({reason}); start it, join its group, or mend DOCKER_HOST"
        ) from None


def _server_errors(text: str) -> str:
    try:
        return "; ".join(map(str, json.loads(text)["ServerErrors"]))
    except (KeyError, TypeError, ValueError):
        return ""


def machine(provider: str) -> Machine:
    """The machine that samples of a provider get their hardware from: Docker's engine if it answers, else this host.

    The engine is asked once in a process.
    """
    engine = known_engine() if provider == "docker" else None
    return Machine(engine.cpus, engine.memory, is_engine=True) if engine else host_machine()


def known_engine() -> Engine | None:
    """The Docker engine, asked once in a process; None if it does not answer."""
    return _known_engine(*(os.environ.get(name) for name in ("PATH", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG")))


@cache
def _known_engine(*chosen: str | None) -> Engine | None:
    """The engine that these variables choose."""
    try:
        return ask_engine()
    except EngineError:
        return None


def host_machine() -> Machine:
    """This host, as Python sees it."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        memory = 0
    return Machine(os.cpu_count() or 1, memory if memory > 0 else 8 * 2**30)  # a guess where the system does not tell
