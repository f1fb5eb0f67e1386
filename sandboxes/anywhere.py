"""Sandboxes of any provider that is registered with Inspect, by running commands and writing files in them alone."""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from inspect_ai.util import ComposeConfig, ExecResult, SandboxEnvironment, SandboxEnvironmentSpec, sandbox

from mlebench_inspect.sandboxes import bringing, chunks, compose, freezing
from mlebench_inspect.sandboxes.compose import SandboxSettings, Transport
from mlebench_inspect.sandboxes.disk import Meter
from mlebench_inspect.sandboxes.extraction import Taken
from mlebench_inspect.sandboxes.freezing import can_freeze, told
from mlebench_inspect.sandboxes.isolation import probe, unverified
from mlebench_inspect.sandboxes.own_commands import OwnCommands
from mlebench_inspect.sandboxes.packing import PublicData
from mlebench_inspect.sandboxes.provider import GuestPaths

logger = logging.getLogger(__name__)


@dataclass
class _Known:
    """What was found out about a sandbox before any agent was at work in it."""

    root: str | None
    """A user other than the agent's that commands can be run as."""
    freezes: bool


class UserCommands(OwnCommands):
    """The sandbox for commands of our own, where those for root are run as whoever comes nearest to it.

    Args:
        inner: The sandbox as Inspect has it.
        root: The user that takes root's place; None for the sandbox's own.
    """

    def __init__(self, inner: SandboxEnvironment, root: str | None) -> None:
        super().__init__(inner)
        self._root = root

    async def exec(  # type: ignore[override]
        self, cmd: list[str], *args: Any, user: str | None = None, **options: Any
    ) -> ExecResult[str]:
        return await super().exec(cmd, *args, user=self._root if user == "root" else user, **options)


class Anywhere:
    """Any provider by its name in Inspect's registry, about which nothing else is known.

    Args:
        name: As Inspect knows it.
    """

    paths = GuestPaths()
    isolated = True
    root: str | None = "root"  # or who comes nearest to it: see `UserCommands`
    waits_for_free = False  # it is not known
    transports: tuple[Transport, ...] = ("copy", "mount")

    def __init__(self, name: str) -> None:
        self.name = name
        self._known: dict[str, _Known] = {}

    def transport(self, settings: SandboxSettings) -> tuple[Transport, str | None]:
        return settings.data_transport or self.transports[0], None

    def spec(
        self, settings: SandboxSettings, public: Path, data_dir: Path, description: Path | None = None
    ) -> SandboxEnvironmentSpec:
        config = settings.sandbox_config
        if isinstance(config, str):
            path = Path(config).expanduser().absolute()
            if not path.exists():
                raise ValueError(f"-T sandbox_config={config}: there is no such file")
            return SandboxEnvironmentSpec(self.name, str(path))
        try:
            if config is not None:
                return SandboxEnvironmentSpec.model_validate({"type": self.name, "config": config})
        except Exception as ex:  # whatever the provider raises
            problem = " ".join(str(ex).split())[:300]
            raise ValueError(f"the provider {self.name} does not take this -T sandbox_config: {problem}") from ex
        return self._usual(settings)

    def _usual(self, settings: SandboxSettings) -> SandboxEnvironmentSpec:
        """Image, hardware and network where the provider understands Compose; else whatever it does without any."""
        try:
            spec = SandboxEnvironmentSpec.model_validate({"type": self.name, "config": compose.plain(settings)})
        except Exception:  # whatever the provider raises
            return SandboxEnvironmentSpec(self.name)
        return spec if isinstance(spec.config, ComposeConfig) else SandboxEnvironmentSpec(self.name)

    def setup(self, public: Path, description: Path | None = None) -> str | None:
        return None

    async def handle(self, container: str) -> str:
        handle = container or f"{self.name}-{uuid.uuid4().hex}"
        place = OwnCommands(sandbox())
        user = await told(place, ["id", "-u"])
        other = await told(place, ["id", "-u"], "root") == "0" and user != "0"
        self._known[handle] = _Known("root" if other else None, await can_freeze(place))
        return handle

    def commands(self, handle: str) -> SandboxEnvironment:
        known = self._known.get(handle)
        return UserCommands(sandbox(), known.root if known else None)

    async def settle(self, handle: str) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"sandbox": self.name, "container": handle}, {}

    async def bring(self, handle: str, data: PublicData, *, copy: bool) -> dict[str, Any]:
        place, known = self.commands(handle), self._known[handle]
        facts: dict[str, Any] = {"data": "copied" if copy else "mounted"}
        if copy:
            facts |= {"copied": asdict(await bringing.bring(place, self.paths.data, data, root=known.root))}
        seen = await probe(place, self.paths.data)
        missing = unverified(seen, other_root=known.root is not None, freezes=known.freezes)
        _warn(self.name, missing)
        return {**facts, "other_user": known.root is not None, "probe": seen, "unverified": missing}

    async def take_out(
        self, handle: str, path: str, dest: Path, cap: int, *, as_root: bool = False, timeout: float = 600
    ) -> int:
        user = self.root if as_root else None
        return await chunks.take_file(self.commands(handle), path, dest, cap, user=user, timeout=timeout)

    async def take_folder(self, handle: str, path: str, dest: Path, cap: int, *, timeout: float = 600) -> Taken:
        take = partial(self.take_out, handle, timeout=timeout)
        return await chunks.take_folder(self.commands(handle), path, dest, cap, take=take)

    async def responds(self, handle: str) -> bool:
        return await told(self.commands(handle), ["cat", "/etc/passwd"]) is not None

    @asynccontextmanager
    async def frozen(self, handle: str) -> AsyncIterator[bool]:
        known = self._known.get(handle)
        if known is None or not known.freezes:
            yield False
            return
        async with freezing.frozen(self.commands(handle)) as stopped:
            yield stopped

    async def lost(self, handle: str) -> bool:
        return not await self.responds(handle)

    def sentinel(self, handle: str) -> list[str] | None:
        return None

    def disk_meter(self, handle: str) -> Meter | None:
        return None  # the provider's own limit


_warned: set[str] = set()


def _warn(name: str, missing: list[str]) -> None:
    """Says once in a process what the provider's isolation is not known for."""
    if name not in _warned:
        _warned.add(name)
        logger.warning(f"-T sandbox={name}: what is not verified of its isolation: {'; '.join(missing)}")
