"""A `docker` for PATH that plays an engine with GPUs, with the help of the real one, which has none.

It notes which GPUs a container would be given, when it starts and when it is gone, leaves them out of what it asks of
the real engine, and tells of them where a container is looked at.

Usage: as `docker`; the environment names the real command (`REAL_DOCKER`) and a folder for notes (`GPU_NOTES`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

REAL, NOTES = os.environ["REAL_DOCKER"], Path(os.environ["GPU_NOTES"])


def note(line: str) -> None:
    """Adds a line to the course of events."""
    with (NOTES / "events").open("a") as file:
        file.write(f"{line}\n")


def ids_of(requests: list[dict[str, Any]]) -> list[str]:
    """The GPUs that are named."""
    return [i for request in requests for i in request["DeviceIDs"] or []]


def compose(arguments: list[str]) -> list[str]:
    """The same command for a file without GPUs."""
    place, project = arguments.index("-f") + 1, arguments[arguments.index("--project-name") + 1]
    settings = yaml.safe_load(Path(arguments[place]).read_text(encoding="utf-8"))
    for service in settings["services"].values():
        asked = service.pop("deploy", {}).get("resources", {}).get("reservations", {}).get("devices", [])
        if asked and "up" in arguments:
            requests = [{"DeviceIDs": r.get("device_ids"), "Count": r.get("count", 0)} for r in asked]
            (NOTES / project).write_text(json.dumps(requests))
            note(f"start {' '.join(ids_of(requests))}")
    plain = NOTES / f"{project}.yaml"
    plain.write_text(yaml.safe_dump(settings))
    return [*arguments[:place], str(plain), *arguments[place + 1 :]]


def main(arguments: list[str]) -> int:
    """Asks the real engine."""
    if arguments[0] == "compose" and "-f" in arguments:
        arguments = compose(arguments)
    if arguments[:2] == ["run", "--rm"] and "--gpus" in arguments:
        place = arguments.index("--gpus")
        arguments = arguments[:place] + arguments[place + 2 :]
    if arguments[0] == "inspect" and "--format" not in arguments:
        return inspect(arguments)
    ended = subprocess.run([REAL, *arguments], timeout=3600)
    if arguments[0] == "compose" and "down" in arguments:
        held = NOTES / arguments[arguments.index("--project-name") + 1]
        if held.exists():
            note(f"end {' '.join(ids_of(json.loads(held.read_text())))}")
    return ended.returncode


def inspect(arguments: list[str]) -> int:
    """What the engine knows of containers, with their GPUs."""
    told = subprocess.run([REAL, *arguments], capture_output=True, text=True, timeout=120)
    found = json.loads(told.stdout or "[]")
    for container in found:
        held = NOTES / str((container["Config"].get("Labels") or {}).get("com.docker.compose.project", ""))
        if held.is_file():
            container["HostConfig"]["DeviceRequests"] = json.loads(held.read_text())
    print(json.dumps(found))
    sys.stderr.write(told.stderr)
    return told.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
