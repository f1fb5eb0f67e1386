"""What the rest of the package needs of a sandbox provider; it does not know which one runs."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from inspect_ai.util import ExecResult, SandboxEnvironment, SandboxEnvironmentSpec

from mlebench_inspect.sandboxes import compose
from mlebench_inspect.sandboxes.compose import SandboxSettings, Transport
from mlebench_inspect.sandboxes.disk import Meter
from mlebench_inspect.sandboxes.extraction import Taken
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.packing import PublicData


@dataclass(frozen=True)
class GuestPaths:
    """Where things lie as the agent sees them; folders without a trailing slash."""

    data: str = compose.DATA
    submission: str = compose.SUBMISSION
    code: str = compose.CODE
    logs: str = compose.LOGS
    instructions: str = "/home/instructions.txt"
    check: str = "/home/validate_submission.sh"
    score: str = "/home/score_predictions.sh"

    @property
    def submission_file(self) -> str:
        """The file that is graded."""
        return f"{self.submission}/submission.csv"


class Provider(Protocol):
    """What differs between Docker, Kubernetes and the local sandbox."""

    name: str
    paths: GuestPaths
    isolated: bool
    """Whether an agent is kept from the host's files and network."""
    root: str | None
    """User for what the agent must not touch; None where there is none."""
    waits_for_free: bool
    """Whether a command that only waits takes nothing that the agents' commands need, such as a place among a few."""
    transports: tuple[Transport, ...]
    """How the data can come into the sandbox; the usual way first."""

    def transport(self, settings: SandboxSettings) -> tuple[Transport, str | None]:
        """How the data come into the sandbox, and why where that is not the usual way and was not asked for."""
        ...

    def spec(
        self, settings: SandboxSettings, public: Path, data_dir: Path, description: Path | None = None
    ) -> SandboxEnvironmentSpec:
        """Sandbox of one sample that sees the folder `public`, which lies in `data_dir`.

        Args:
            settings: Hardware and isolation.
            public: What the agent sees of the data.
            data_dir: Data folder.
            description: File that takes the place of description.md in `public`.

        Raises:
            ValueError: A setting has no meaning with this provider.
        """
        ...

    def setup(self, public: Path, description: Path | None = None) -> str | None:
        """Script that is run in the sandbox before the agent starts, if one is needed; see `spec`."""
        ...

    async def handle(self, container: str) -> str:
        """What names the running sandbox from outside; taken at the start, while it surely answers.

        Args:
            container: The name of its container, where Inspect tells one.
        """
        ...

    def commands(self, handle: str) -> SandboxEnvironment:
        """The running sandbox for commands of our own, which wait for none of the agent's."""
        ...

    async def settle(self, handle: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Keeps the sandbox's agent from using up what others share with it.

        Returns:
            For the log: what the provider gave to the sandbox (image and limits), and what came of that.
        """
        ...

    async def bring(self, handle: str, data: PublicData, *, copy: bool) -> dict[str, Any]:
        """Sees to the sandbox's data before any agent is at work in it.

        Args:
            handle: Of the sandbox.
            data: What its agent may see.
            copy: Whether it has none yet.

        Returns:
            For the log: what came of it, and what of the isolation was seen or could not be.

        Raises:
            HostError: It cannot be copied.
        """
        ...

    async def take_out(
        self, handle: str, path: str, dest: Path, cap: int, *, as_root: bool = False, timeout: float = 600
    ) -> int:
        """Copies a regular file out of the running sandbox to the new file `dest`; returns its size.

        Raises:
            Refused: Missing, not a regular file, larger than `cap` bytes, or changed while it was read.
            HostError: The sandbox or this host does not do its part; `Unreadable` where it is the sandbox's archive.
        """
        ...

    async def take_folder(self, handle: str, path: str, dest: Path, cap: int, *, timeout: float = 600) -> Taken:
        """Copies a folder's regular files to the new tar.gz file `dest`, at most `cap` bytes of them.

        Raises:
            HostError: There is no such folder, or it cannot be read or written.
        """
        ...

    async def responds(self, handle: str) -> bool:
        """Whether a file that no agent can alter can be read out: if not, a fault is the host's, not an agent's."""
        ...

    def frozen(self, handle: str) -> AbstractAsyncContextManager[bool]:
        """While this is open, no process of the agent runs; False where that could not be had.

        Commands may not work in the sandbox meanwhile.
        """
        ...

    async def lost(self, handle: str) -> bool:
        """Whether the sandbox has ended, and not for want of memory: an agent cannot bring that about."""
        ...

    def sentinel(self, handle: str) -> list[str] | None:
        """A host's command that ends with the sandbox (code 0), or as soon as that can no longer be followed (others).

        None where there is no such command.
        """
        ...

    def disk_meter(self, handle: str) -> Meter | None:
        """What tells how much of the host's disk the sandbox takes; None where the provider itself sets a limit."""
        ...


async def output_of(box: SandboxEnvironment, command: list[str], timeout: int = 60) -> str:
    """What a command in a sandbox prints.

    Raises:
        HostError: It fails.
    """
    result = await box.exec(command, timeout=timeout)
    if not result.success:
        raise HostError(f"{command[0]} failed in the sandbox: {complaint(result)}")
    return result.stdout


def complaint(result: ExecResult[str], most: int = 300) -> str:
    """Why a command in a sandbox failed, in one line: the end of what it said, or else its code."""
    return " ".join(result.stderr.split())[-most:] or f"it ended with code {result.returncode} and said nothing"


def guest_file(name: str) -> str:
    """Text of a file of `guest/`, to be put into a sandbox."""
    return (Path(__file__).parent / "guest" / name).read_text(encoding="utf-8")
