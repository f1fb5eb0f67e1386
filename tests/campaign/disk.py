"""A small disk that can be filled."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class Disk:
    """A small file system of its own, mounted at a folder; needs root.

    Args:
        folder: Where to mount it; made if missing.
        size: MiB.
    """

    def __init__(self, folder: Path, size: int = 64) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=1777", "mlebench-campaign", str(folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        self._filler = folder / ".full"

    def fill(self) -> None:
        """Leaves no byte."""
        with open(self._filler, "wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue

    def free(self) -> None:
        """Gives all back."""
        self._filler.unlink(missing_ok=True)

    def end(self) -> None:
        """Unmounts it."""
        subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True, timeout=60)

    @staticmethod
    def possible() -> bool:
        """Whether one can be had: for root alone, and not in every container."""
        return os.geteuid() == 0 and Path("/proc/mounts").exists()
