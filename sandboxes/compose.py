"""Typed Docker settings of one sample."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from pathlib import Path
from typing import Any, Literal

from inspect_ai.util import ComposeConfig
from pydantic import BaseModel, ConfigDict, Field

from mlebench_inspect.sandboxes.engine import Machine, host_machine
from mlebench_inspect.sandboxes.gpus import GPU_IDS

LIGHT_IMAGE = "mlebench-inspect-light"
FULL_IMAGE = "mlebench-inspect-full"
DATA, SUBMISSION, CODE, LOGS, HOME = "/home/data", "/home/submission", "/home/code", "/home/logs", "/home/agent"

DESCRIPTION = f"{DATA}/description.md"

_FIRST = (Path(__file__).parent / "guest" / "first_process.py").read_text(encoding="utf-8")
_PYTHON = f"command -v python3 && exec python3 -I -S -c {shlex.quote(_FIRST)}"
# The first process. It lets go of the engine's log, which whoever can open its /proc/1/fd/1 could fill. Where there is
# no Python, the shell stays long enough to be told so.
KEEP_ALIVE = [
    "/bin/sh",
    "-c",
    f"exec >/dev/null 2>&1; {_PYTHON}; while :; do sleep 86400; done",
]

PresetName = Literal["default", "paper", "lite"]
Transport = Literal["mount", "copy"]
"""How the public data come into a sandbox."""


def size_in_bytes(text: str) -> int:
    """A size as Docker writes it: `512m`, `10g`; powers of 1024.

    Raises:
        ValueError: It is something else.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is no size; write a number and k, m, g or t, such as 10g")
    return int(float(found[1]) * 1024 ** " kmgt".index(found[2] or " "))


def size_text(size: int) -> str:
    """Bytes as Docker writes a size: whole `g`, or whole `m` below 8 GiB; rounded down."""
    return f"{size // 2**30}g" if size >= 2**33 or size % 2**30 == 0 else f"{max(1, size // 2**20)}m"


class SandboxSettings(BaseModel):
    """Hardware and isolation of a sample's sandbox.

    `max_disk` ends a sample that writes more to its disk (Docker: looked at the more often the closer it comes; a
    single file cannot grow beyond it). `claim` is the Kubernetes volume claim with the data. `compose_overrides` are
    merged over all that the other fields lead to: settings of the Compose service, or with Kubernetes Helm values.
    `sandbox_config` is for a provider that only Inspect knows. `data_transport`: None for what the provider does.
    `gpu_ids` says which GPUs samples are given theirs from; it is no part of what a run was of.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str = LIGHT_IMAGE
    cpus: float | None = None
    memory: str | None = None
    shm_size: str | None = None
    gpus: int | str | None = None
    gpu_ids: tuple[str, ...] | None = Field(default=None, exclude=True)
    network: str = "none"
    user: str | None = None
    runtime: str | None = None
    pids: int = 4096
    max_disk: str = "100g"
    claim: str = "mlebench-data"
    compose_overrides: dict[str, Any] = {}
    sandbox_config: str | dict[str, Any] | None = None
    data_transport: Transport | None = Field(default=None, exclude=True)  # a way to the same data keeps no runs apart

    @classmethod
    def preset(cls, name: str, machine: Machine | None = None, /, **changes: Any) -> SandboxSettings:
        """Settings of a preset, with every change that is not None on top.

        Args:
            name: `default`: the machine's CPUs and half of its memory, no GPU. `lite`: at most 2 CPUs and 4 GB, for
                trials. `paper`: 36 virtual CPUs, 440 GB, one GPU, as the published results had.
            machine: Where the containers run; default: this host.
            changes: Fields of this class.

        Raises:
            ValueError: No preset has that name.
        """
        has = machine or host_machine()
        # the tag of an image is this package's: `mlebench-inspect build light`
        presets: dict[str, dict[str, Any]] = {
            "default": {
                "cpus": has.cpus,
                "memory": size_text(has.memory // 2),
                "shm_size": f"{max(64, has.memory // 2**23)}m",
            },
            "lite": {
                "cpus": min(2, has.cpus),
                "memory": size_text(min(4 * 2**30, has.memory)),
                "shm_size": "512m",
                "pids": 1024,
                "max_disk": "10g",
            },
            "paper": {"cpus": 36, "memory": "440g", "shm_size": "64g", "gpus": 1, "image": FULL_IMAGE},
        }
        if name not in presets:
            raise ValueError(f"there is no hardware preset {name!r}; choose one of {', '.join(presets)}")
        return cls(**{**presets[name], **{k: v for k, v in changes.items() if v is not None}})

    def disk_bytes(self) -> int:
        """`max_disk` in bytes."""
        return size_in_bytes(self.max_disk)

    def summary(self) -> str:
        """One line for people and agents: what hardware this is."""
        gpu = {None: "no GPU", 0: "no GPU", 1: "1 GPU"}.get(self.gpus) or f"{self.gpus} GPUs"  # type: ignore[arg-type]
        return f"{self.cpus:g} CPUs, {self.memory} memory, {gpu}" if self.cpus else f"{self.memory} memory, {gpu}"


def docker_config(settings: SandboxSettings, public: Path, description: Path | None = None) -> ComposeConfig:
    """Compose settings of one sample: prebuilt image, public data read-only, no network, no privileges.

    Args:
        settings: Hardware and isolation.
        public: Folder that the agent sees at /home/data.
        description: File that the agent sees there as description.md, in place of the folder's own. All else in the
            folder is mounted one by one then, since `docker cp` fails where a mount lies in a read-only one.

    Raises:
        ValueError: `compose_overrides` leads to settings that Inspect does not accept, or to others than these data.
    """
    service: dict[str, Any] = {
        "image": settings.image,
        "x-default": True,
        "x-local": True,  # the image is built here; never look for it in a registry
        "command": KEEP_ALIVE,
        "init": False,
        "stop_grace_period": "0s",
        "working_dir": HOME,
        "network_mode": settings.network,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": settings.pids,
        "ulimits": {"fsize": settings.disk_bytes(), "core": 0},
        "volumes": [] if settings.data_transport == "copy" else _data_mounts(public, description),
    }
    if settings.cpus:
        service["cpus"] = settings.cpus
    if settings.memory:
        service["mem_limit"] = service["memswap_limit"] = settings.memory
    if settings.shm_size:
        service["shm_size"] = settings.shm_size
    if settings.user:
        service["user"] = settings.user
    if settings.runtime:
        service["runtime"] = settings.runtime
    if settings.gpus:
        service["deploy"] = _counted_gpus(settings.gpus)
    config: dict[str, Any] = {"services": {"default": service}}
    if settings.gpu_ids:
        config[GPU_IDS] = list(settings.gpu_ids)
    return ComposeConfig.model_validate(_overridden(config, settings.compose_overrides))


def plain(settings: SandboxSettings) -> dict[str, Any]:
    """Compose settings for a provider of which no more is known than that it understands them: no mounts, no rights.

    Args:
        settings: Hardware and isolation; of `compose_overrides`, a service's settings, too.

    Raises:
        ValueError: `compose_overrides` puts something in the place of the data.
    """
    service: dict[str, Any] = {"image": settings.image, "x-default": True, "command": KEEP_ALIVE, "working_dir": HOME}
    service["network_mode"] = settings.network
    service |= {"cpus": settings.cpus} if settings.cpus else {}
    service |= {"mem_limit": settings.memory} if settings.memory else {}
    if settings.gpus:
        service["deploy"] = _counted_gpus(settings.gpus)
    return _overridden({"services": {"default": service}}, settings.compose_overrides)


def _counted_gpus(number: int | str) -> dict[str, Any]:
    device = {"driver": "nvidia", "capabilities": ["gpu"], "count": number}
    return {"resources": {"reservations": {"devices": [device]}}}


def _overridden(config: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    if overrides and "services" not in overrides:
        overrides = {"services": {"default": overrides}}
    result: dict[str, Any] = merged(config, overrides)
    return result


def _data_mounts(public: Path, description: Path | None) -> list[dict[str, Any]]:
    if description is None:
        return [_read_only(public, DATA)]
    others = sorted(p for p in public.iterdir() if p.name != posixpath.basename(DESCRIPTION))
    return [_read_only(description, DESCRIPTION), *(_read_only(p, f"{DATA}/{p.name}") for p in others)]


def _read_only(source: Path, target: str) -> dict[str, Any]:
    return {"type": "bind", "source": str(source), "target": target, "read_only": True}


def check_fits(settings: SandboxSettings, machine: Machine) -> None:
    """Refuses more CPUs or memory than the Docker engine has; where it did not tell, nothing is refused.

    Args:
        settings: Hardware and isolation, `compose_overrides` included.
        machine: Where the containers run.

    Raises:
        ValueError: A service asks for more, or for no size at all; the message tells what there is.
    """
    if not machine.is_engine:
        return
    for service in docker_config(settings, Path("/")).services.values():
        memory = service.mem_limit or ""
        too_many = service.cpus is not None and service.cpus > machine.cpus
        too_much = bool(memory) and size_in_bytes(memory) > machine.memory
        asked = [f"{service.cpus:g} CPUs"] * too_many + [f"{memory} of memory"] * too_much
        mend = [f"-T cpus={machine.cpus:g}"] * too_many + [f"-T memory={size_text(machine.memory)}"] * too_much
        if asked:
            raise ValueError(
                f"{' and '.join(asked)} are more than the Docker engine has ({machine.cpus:g} CPUs, "
                f"{machine.memory / 2**30:.1f} GiB); give at most {' '.join(mend)}, or use an engine with more"
            )


def merged(base: Any, changes: Any) -> Any:
    """`changes` over `base`: mappings are merged key by key, lists of mounts are added to, everything else is replaced.

    None removes a key.

    Raises:
        ValueError: The changes take away the mount of the data, or put something else in its place.
    """
    if not (isinstance(base, dict) and isinstance(changes, dict)):
        return json.loads(json.dumps(changes))
    result = {k: v for k, v in base.items() if k not in changes or changes[k] is not None}
    for key, value in changes.items():
        if key in _MOUNTS and isinstance(base.get(key), list):
            result[key] = _mounts(base[key], value)
        elif value is not None:
            result[key] = merged(base.get(key), value) if key in base else value
    return result


_MOUNTS = ("volumes", "volumeMounts")


def _mounts(base: list[Any], more: Any) -> list[Any]:
    """Both lists; a later mount takes the place of an earlier one of the same target or name."""
    found = {_mounted_as(m): m for m in base}
    added = {_mounted_as(m): m for m in more} if isinstance(more, list) else {}
    if more is not None and not isinstance(more, list):
        raise ValueError(f"volumes in compose_overrides must be a list of mounts, not {more!r}")
    if more is None or any(target == DATA or str(target).startswith(f"{DATA}/") for target in added):
        raise ValueError(f"compose_overrides must leave the data at {DATA} as it is; mount other things elsewhere")
    return list({**found, **added}.values())


def _mounted_as(mount: Any) -> str:
    """Where something is mounted in the container; the name of a volume of a pod."""
    if isinstance(mount, str):  # SOURCE:TARGET[:OPTIONS], or TARGET alone
        parts = mount.split(":")
        target = parts[1] if len(parts) > 1 else parts[0]
    else:
        target = str(mount.get("target") or mount.get("mountPath") or mount.get("name"))
    return posixpath.normpath(target)
