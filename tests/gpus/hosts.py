"""A host that pretends to have GPUs."""

from __future__ import annotations

import shlex
from pathlib import Path


def listing(number: int, parts: int = 0) -> str:
    """What `nvidia-smi -L` prints of so many GPUs, the last of which is divided."""
    lines = []
    for gpu in range(number):
        lines.append(f"GPU {gpu}: NVIDIA H100 80GB HBM3 (UUID: GPU-0000{gpu}-aa)")
    lines += [f"  MIG 1g.10gb     Device  {i}: (UUID: MIG-0000{i}-bb)" for i in range(parts)]
    return "\n".join(lines) + "\n"


def pretend_gpus(folder: Path, number: int, parts: int = 0) -> None:
    """An `nvidia-smi` in a folder that is on PATH."""
    script = folder / "nvidia-smi"
    script.write_text(f"#!/bin/sh\nprintf %s {shlex.quote(listing(number, parts))}\n")
    script.chmod(0o755)
