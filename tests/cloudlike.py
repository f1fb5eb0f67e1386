"""Sandbox providers that can do no more than those of clouds, on containers of Docker's, registered with Inspect.

They hold to what `inspect-sandboxes` 0.6.1 shows in its source: no mount of a folder of this host, no command that asks
a container from outside, output of at most 10 MiB, and either no other user (`nousers`), or root for whoever is not
named (`asroot`).
"""

from __future__ import annotations

from typing import Any

from inspect_ai.util import (
    ComposeConfig,
    ExecResult,
    OutputLimitExceededError,
    SandboxConnection,
    SandboxEnvironment,
    sandboxenv,
)
from inspect_ai.util._sandbox.docker.docker import DockerSandboxEnvironment

READ_AT_ONCE = 10 << 20


class Cloudlike(SandboxEnvironment):
    """A sandbox over `exec`, `read_file` and `write_file` alone."""

    default_user: str | None = None

    def __init__(self, inner: SandboxEnvironment) -> None:
        super().__init__()
        self.inner = inner

    @classmethod
    def config_files(cls) -> list[str]:
        return ["compose.yaml"]

    @classmethod
    async def task_init(cls, task_name: str, config: Any) -> None:
        assert isinstance(config, ComposeConfig), "a provider's own form of configuration"
        assert not config.services["default"].volumes, "nothing of this host can be mounted"
        await DockerSandboxEnvironment.task_init(task_name, _local(config))

    @classmethod
    async def sample_init(cls, task_name: str, config: Any, metadata: dict[str, str]) -> dict[str, SandboxEnvironment]:
        found = await DockerSandboxEnvironment.sample_init(task_name, _local(config), metadata)
        return {name: cls(box) for name, box in found.items()}

    @classmethod
    async def sample_cleanup(
        cls, task_name: str, config: Any, environments: dict[str, SandboxEnvironment], interrupted: bool
    ) -> None:
        inner = {name: box.as_type(cls).inner for name, box in environments.items()}
        await DockerSandboxEnvironment.sample_cleanup(task_name, _local(config), inner, interrupted)

    @classmethod
    async def task_cleanup(cls, task_name: str, config: Any, cleanup: bool) -> None:
        await DockerSandboxEnvironment.task_cleanup(task_name, _local(config), cleanup)

    async def exec(
        self,
        cmd: list[str],
        input: str | bytes | None = None,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        user: str | None = None,
        timeout: int | None = None,
        timeout_retry: bool = True,
        concurrency: bool = True,
    ) -> ExecResult[str]:
        return await self.inner.exec(
            cmd, input, cwd, env, user or self.default_user, timeout, timeout_retry, concurrency
        )

    async def write_file(self, file: str, contents: str | bytes) -> None:
        await self.inner.write_file(file, contents)

    async def read_file(self, file: str, text: bool = True) -> Any:
        content = await self.inner.read_file(file, text=False)
        if len(content) > READ_AT_ONCE:
            raise OutputLimitExceededError("10 MiB", None)
        return content.decode() if text else content

    async def connection(self, *, user: str | None = None) -> SandboxConnection:
        raise NotImplementedError("no command reaches it from outside")


@sandboxenv(name="nousers")
class NoUsers(Cloudlike):
    """One user, which is not root; another one cannot be had."""

    async def exec(self, cmd: list[str], *args: Any, user: str | None = None, **options: Any) -> ExecResult[str]:  # type: ignore[override]
        if user is not None:
            raise RuntimeError(f"su: user {user}: Authentication failure")
        return await super().exec(cmd, *args, **options)


@sandboxenv(name="asroot")
class AsRoot(Cloudlike):
    """Whoever is not named is root, as with E2B, and with Modal in most images."""

    default_user = "root"


def _local(config: ComposeConfig) -> ComposeConfig:
    """The same for an image that is on this host."""
    told = config.model_dump(mode="json", by_alias=True, exclude_none=True)
    for service in told["services"].values():
        service |= {"x-local": True, "init": False}
    return ComposeConfig.model_validate(told)
