"""What isolation a sandbox of any provider shows from inside, and what cannot be seen from there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from inspect_ai.util import SandboxEnvironment

from mlebench_inspect.sandboxes.provider import complaint, guest_file

_UNLIMITED = 1 << 60  # what cgroups of the first version say for no limit is a little less than 2**63


async def probe(place: SandboxEnvironment, data: str) -> dict[str, Any]:
    """What a process of the agent's user finds; under `error` why, where the probe does not run.

    Args:
        place: The sandbox.
        data: Its folder of public data.
    """
    try:
        command = ["python3", "-I", "-c", guest_file("probe_isolation.py"), data]
        result = await place.exec(command, timeout=120)
        return dict(json.loads(result.stdout)) if result.success else {"error": complaint(result)}
    except Exception as ex:  # whatever a provider raises; a probe ends no run
        return {"error": f"{type(ex).__name__}: {ex}"[:300]}


def unverified(seen: dict[str, Any], *, other_root: bool, freezes: bool) -> list[str]:
    """What could not be verified of the isolation, or was seen not to hold, in words.

    Args:
        seen: What `probe` found.
        other_root: Whether commands can be run as root, and that is another user than the agent's.
        freezes: Whether the agent's processes can be stopped while its work is taken out.
    """
    return [
        *_seen(seen),
        *_of_users(other_root, freezes),
        "kernel: whether it is shared with the host or other samples",
    ]


def _of_users(other_root: bool, freezes: bool) -> Iterator[str]:
    if not other_root:
        yield "root: no commands as another user than the agent's, who can stop or forge the submission check"
    if not freezes:
        yield "freezing: the agent's processes go on while its work is taken out"


def _seen(seen: dict[str, Any]) -> Iterator[str]:
    if "error" in seen:
        yield f"everything: the probe did not run ({seen['error']})"
        return
    if seen.get("reached"):
        yield f"network: {seen['reached']} can be reached"
    elif seen.get("route"):
        yield "network: there is a route out; the addresses that were tried did not answer"
    if seen.get("user") == 0:
        yield "user: the agent is root in its sandbox"
    if int(seen.get("capabilities") or "0", 16):
        yield f"privileges: the agent has the capabilities {seen['capabilities']}"
    if not seen.get("no_new_privileges") and int(seen.get("bounding") or "0", 16):
        yield "privileges: set-uid programs can give the agent more"
    if seen.get("data_changeable"):
        yield f"data: the agent can change its copy ({seen['data_changeable']})"
    if not _limited(seen.get("memory_limit")):
        yield "memory: no limit is seen"
    if not _limited(seen.get("process_limit")):
        yield "processes: no limit is seen"


def _limited(text: str | None) -> bool:
    return bool(text) and str(text).isdigit() and int(str(text)) < _UNLIMITED
