"""The package inspect-k8s-sandbox with files of pods read and written by the agent's user, and input that ends.

The package itself does so as the container's user, root. Here root has no right to enter a folder that the agent
closes or to write in one of its own, so no agent could keep a file; and it would follow an agent's link to what only
root may change.
"""

from __future__ import annotations

import base64
import uuid
from typing import Any

from inspect_ai.util import ExecResult, OutputLimitExceededError, SandboxEnvironmentLimits
from k8s_sandbox import K8sSandboxEnvironment  # inspect-evals-lint: ignore[IECQ004] -- loaded for pods alone

_CHUNK = 6 << 20  # 8 MiB as base64, below the 10 MiB that Inspect returns of a command's output
_SECONDS = 300  # for each chunk, or what is written
_TELLING = """
mark=$1; shift
file=$(mktemp) || exec "$@"
"$@" 2>"$file"
code=$?
printf '\\n%s\\n' "$mark"; head -c 1M "$file"; rm -f "$file"
exit $code
"""
_WRITE = 'd=$(dirname -- "$1"); [ -d "$d" ] || mkdir -p -- "$d" && exec cat >"$1"'
_READ = """
[ ! -d "$1" ] || { echo "$1: Is a directory" >&2; exit 1; }
exec 3<"$1" && dd iflag=skip_bytes,count_bytes,fullblock bs=1M skip="$2" count="$3" status=none <&3 | base64 -w0
"""


class PodEnvironment(K8sSandboxEnvironment):  # type: ignore[misc]
    """A pod whose files are the default user's, and whose commands have an input that ends."""

    async def exec(
        self, cmd: list[str], input: str | bytes | None = None, *args: Any, user: str | None = None, **options: Any
    ) -> ExecResult[str]:
        """As Inspect's. A command without input would read what the package's shell is to do after it, and both wait.

        The package waits for no complaint after the end of a command's output, so that one of the two may come too
        late. Those of root's commands, by which Inspect goes, come with the output.
        """
        mark = uuid.uuid4().hex if user == "root" else ""
        wrapped = ["/bin/sh", "-c", _TELLING, "sh", mark, *cmd] if mark else cmd
        done = await super().exec(wrapped, "" if input is None else input, *args, user=user, **options)
        told, found, complained = done.stdout.partition(f"\n{mark}\n") if mark else (done.stdout, "", "")
        if not found:
            return done  # type: ignore[no-any-return]
        return ExecResult(done.success, done.returncode, told, complained + done.stderr)

    async def write_file(self, file: str, contents: str | bytes) -> None:
        """As Inspect's."""
        _raise_for(await self.exec(["/bin/sh", "-c", _WRITE, "sh", file], input=contents, timeout=_SECONDS))

    async def read_file(self, file: str, text: bool = True) -> Any:
        """As Inspect's."""
        found, most = bytearray(), SandboxEnvironmentLimits.MAX_READ_FILE_SIZE
        while True:
            command = ["/bin/sh", "-c", _READ, "sh", file, str(len(found)), str(_CHUNK)]
            result = await self.exec(command, timeout=_SECONDS)
            _raise_for(result)
            chunk = base64.b64decode(result.stdout, validate=True)
            found += chunk
            if len(found) > most:
                raise OutputLimitExceededError(SandboxEnvironmentLimits.MAX_READ_FILE_SIZE_STR, None)
            if len(chunk) < _CHUNK:
                return found.decode("utf-8") if text else bytes(found)


def give_files_to_agent(box: K8sSandboxEnvironment) -> None:
    """Makes a pod of the package's such a one, for all that use it.

    As a type of its own, which Inspect has for such changes, no log of it could be read without this package.
    """
    box.__class__ = PodEnvironment


def _raise_for(result: ExecResult[str]) -> None:
    """Raises what Inspect asks for, by a command's complaint."""
    if result.success and not result.stderr:
        return
    said = " ".join(result.stderr.split())[-500:]
    for words, kind in (
        ("no such file", FileNotFoundError),
        ("nonexistent directory", FileNotFoundError),
        ("permission denied", PermissionError),
        ("is a directory", IsADirectoryError),
    ):
        if words in said.casefold():
            raise kind(said)
    if not result.success:
        raise OSError(said or f"it ended with code {result.returncode}")
