"""A sandbox as this package itself uses it, beside whatever the agent does there."""

from __future__ import annotations

from typing import Any

from inspect_ai.util import ExecResult, OutputLimitExceededError, SandboxEnvironment

from mlebench_inspect.sandboxes import host
from mlebench_inspect.sandboxes.host import HostTimeout

MOST_BYTES = 10 << 20
"""Of a command's output, as with Inspect's."""
# by an absolute path: the agent may have changed what the path finds
_BOUNDED = 't=$1; shift; [ -x /usr/bin/timeout ] || exec "$@"; exec /usr/bin/timeout -k 5 "$t" "$@"'
_GRACE, _LONGEST = 10, 3600
"""Seconds that the host waits longer than the sandbox; and for a command without a deadline."""


class OwnCommands(SandboxEnvironment):
    """Commands that start in `/`, and wait for no other.

    Root has no capability here to enter a folder that the agent closes; and the agents' commands may hold every slot
    that Inspect gives, and be waiting for an answer themselves.
    """

    def __init__(self, inner: SandboxEnvironment) -> None:
        super().__init__()
        self._inner = inner

    async def exec(self, cmd: list[str], *args: Any, cwd: str | None = None, **options: Any) -> ExecResult[str]:
        options["concurrency"] = False
        return await self._inner.exec(cmd, *args, cwd=cwd or "/", **options)  # type: ignore[misc]

    async def write_file(self, file: str, contents: str | bytes) -> None:
        await self._inner.write_file(file, contents)

    async def read_file(self, file: str, text: bool = True) -> Any:
        return await self._inner.read_file(file, text)  # type: ignore[call-overload]

    @classmethod
    async def sample_cleanup(cls, *args: Any, **options: Any) -> None:
        """Nothing to do: the sandbox itself is cleaned up."""

    def default_polling_interval(self) -> float:
        return self._inner.default_polling_interval()


class EngineCommands(OwnCommands):
    """The same in a container of Docker's, asked of its engine: a third of what `docker compose` costs the host.

    Args:
        inner: The sandbox as Inspect has it.
        handle: Of the container.
    """

    def __init__(self, inner: SandboxEnvironment, handle: str) -> None:
        super().__init__(inner)
        self._handle = handle

    async def exec(  # type: ignore[override]
        self,
        cmd: list[str],
        input: str | bytes | None = None,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        user: str | None = None,
        timeout: int | None = None,
        **options: Any,
    ) -> ExecResult[str]:
        """As Inspect's.

        Raises:
            TimeoutError: It was not done in time, and was killed.
            OutputLimitExceededError: It said too much.
            HostError: The engine cannot be asked.
        """
        command = ["docker", "exec", "--interactive", "--workdir", cwd or "/"]
        command += ["--user", user] if user else []
        command += [part for name, value in (env or {}).items() for part in ("--env", f"{name}={value}")]
        bounded = ["/bin/sh", "-c", _BOUNDED, "sh", str(timeout), *cmd] if timeout else cmd
        given = input.encode() if isinstance(input, str) else input or b""
        patience = timeout + _GRACE if timeout else _LONGEST
        try:
            ended = await host.call([*command, self._handle, *bounded], timeout=patience, input=given, most=MOST_BYTES)
        except HostTimeout as ex:
            raise TimeoutError(str(ex)) from None
        except host.TooMuchOutput as ex:
            raise OutputLimitExceededError("10 MiB", None) from ex
        if timeout and ended.returncode == 124:
            raise TimeoutError(f"{cmd[0]} took more than {timeout} seconds")
        told, complained = (text.decode(errors="replace") for text in (ended.stdout, ended.stderr))
        return ExecResult(ended.returncode == 0, ended.returncode, told, complained)
