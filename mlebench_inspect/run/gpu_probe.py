"""Whether what a sample was given in GPUs can be used in its sandbox, seen before the agent starts."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from inspect_ai.log import transcript
from inspect_ai.util import SandboxEnvironment

from mlebench_inspect.run.environment import UnfitSandbox
from mlebench_inspect.sandboxes.provider import complaint

logger = logging.getLogger(__name__)
PATIENCE = 180
"""Seconds for each framework, which reads some GB of a cold disk when it is first loaded."""
_warned: set[str] = set()

_PROBE = r"""
import importlib.util, json, os, subprocess, sys

USES = {
    "torch": '''
import json, torch
gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
for i in range(gpus):
    float(torch.ones(8, device=f"cuda:{i}").sum())
print(json.dumps({"version": str(torch.__version__), "gpus": gpus}))
''',
    "tensorflow": '''
import json, tensorflow
gpus = len(tensorflow.config.list_physical_devices("GPU"))
for i in range(gpus):
    with tensorflow.device(f"/GPU:{i}"):
        float(tensorflow.reduce_sum(tensorflow.ones([8])))
print(json.dumps({"version": str(tensorflow.__version__), "gpus": gpus}))
''',
}
found = {}
for name, use in USES.items():
    if importlib.util.find_spec(name) is None:
        continue
    env = {**os.environ, "TF_FORCE_GPU_ALLOW_GROWTH": "true", "TF_CPP_MIN_LOG_LEVEL": "2"}
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-c", use], capture_output=True, text=True, timeout=int(sys.argv[1]), env=env
        )
        found[name] = json.loads(ended.stdout.splitlines()[-1]) if ended.returncode == 0 else {
            "gpus": 0, "problem": " ".join(ended.stderr.split())[-300:]
        }
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired) as ex:
        found[name] = {"gpus": 0, "problem": str(ex)[-300:]}
print(json.dumps(found))
"""


async def look_for_gpus(place: SandboxEnvironment, given: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """Has PyTorch and TensorFlow, where they are installed, use each GPU; nothing where none was given.

    Args:
        place: The sandbox.
        given: What the provider says that it was given.
        seen: What a process in it sees.

    Returns:
        By framework: its version, how many GPUs it used, and its `problem` if it failed.

    Raises:
        UnfitSandbox: There is no GPU in it although some were given, or others may have the same.
    """
    number = given.get("gpus") or 0
    if not number:
        return {}
    ids = given.get("gpu_ids") or []
    if not ids:
        raise UnfitSandbox(
            "the sandbox's GPUs were counted, not leased, so other samples may have the same: leave Inspect's own "
            "--sandbox (from Python, sandbox=) out"
        )
    result = await place.exec(["python3", "-I", "-c", _PROBE, str(PATIENCE)], timeout=2 * PATIENCE + 60)
    try:
        found = dict(json.loads(result.stdout))
    except (ValueError, TypeError):
        found = {"error": complaint(result)}
    if not seen.get("gpus") and not any(_used(f) for f in found.values()):
        raise UnfitSandbox(
            f"the sandbox was given {_gpus(len(ids))} ({', '.join(ids)}), and nvidia-smi in it lists none; see what "
            "it says on the engine's host, start the engine again if the driver was changed, and give an "
            "image with NVIDIA_DRIVER_CAPABILITIES=compute,utility if it sets others"
        )
    transcript().info({"gpu_ids": ids, "used_by": found}, source="mlebench")
    # a process sees no more than one part of a divided GPU
    _warn(found, 1 if any(i.startswith("MIG-") for i in ids) else len(ids))
    return found


def _used(found: Any) -> int:
    return int(found.get("gpus") or 0) if isinstance(found, dict) else 0


def _gpus(number: int) -> str:
    return f"{number} GPU{'s' * (number != 1)}"


def _warn(found: Mapping[str, Any], number: int) -> None:
    """Says, once for a process, which framework does not see all GPUs."""
    for name, told in found.items():
        if isinstance(told, dict) and _used(told) < number:
            why = f" ({told['problem']})" if told.get("problem") else ""
            text = f"{name} in the image sees {_used(told)} of {_gpus(number)}, so agents train without{why}"
            transcript().info({"warning": text}, source="mlebench")
            if text not in _warned:
                _warned.add(text)
                logger.warning(text)
