"""GPU, images, and containers that killed runs left behind."""

from __future__ import annotations

import json
import shutil

from mlebench_inspect.doctor.finding import Finding, State
from mlebench_inspect.sandboxes.engine import Engine
from mlebench_inspect.sandboxes.host import run_bounded
from mlebench_inspect.sandboxes.leftovers import leftovers


def examine_gpu(engine: Engine) -> Finding:
    nvidia_smi = shutil.which("nvidia-smi")
    told = run_bounded([nvidia_smi, "--query-gpu=name", "--format=csv,noheader"]) if nvidia_smi else None
    cards = [c for c in told.stdout.split("\n") if c.strip()] if told and told.returncode == 0 else []
    if not cards:
        return Finding("gpu", "note", "none on this host; runs use the CPU (-T gpus=1 asks for one)")
    if "nvidia" not in engine.runtimes:
        return Finding("gpu", "missing", f"{cards[0]}, but Docker cannot use it; install the NVIDIA Container Toolkit")
    return Finding("gpu", "ok", f"{len(cards)} x {cards[0]}")


_PROBE = """
import json, platform, importlib.metadata as m
names = ["numpy", "pandas", "scikit-learn", "lightgbm", "torch", "tensorflow"]
found = {}
for n in names:
    try: found[n] = m.version(n)
    except m.PackageNotFoundError: pass
print(json.dumps({"python": platform.python_version(), **found}))
"""


def examine_image(docker: str, name: str, image: str) -> Finding:
    size = run_bounded([docker, "image", "inspect", "--format", "{{.Size}}", image])
    if size.returncode != 0:
        needed: State = "missing" if name == "light" else "note"
        return Finding(f"image {name}", needed, f"run: mlebench-inspect build {name}")
    probe = run_bounded([docker, "run", "--rm", "--network", "none", image, "python3", "-c", _PROBE])
    try:
        packages = ", ".join(f"{k} {v}" for k, v in json.loads(probe.stdout).items())
    except (ValueError, AttributeError):
        reason = probe.stderr.strip()[:120]
        return Finding(
            f"image {name}", "missing", f"does not run Python ({reason}); run: mlebench-inspect build {name}"
        )
    return Finding(f"image {name}", "ok", f"{int(size.stdout) / 1e9:.2f} GB, {packages}")


def examine_containers(docker: str) -> list[Finding]:
    found = leftovers(docker)
    if not found:
        return [Finding("containers", "ok", "none left behind by killed runs")]
    findings = []
    for certain, whose in ((True, "left behind by a killed run"), (False, "left behind, if no run is going on")):
        names = [c.name for c in found if c.certain is certain]
        if names:
            findings.append(Finding("containers", "note", f"{len(names)} {whose}; run: docker rm -f {' '.join(names)}"))
    return findings
