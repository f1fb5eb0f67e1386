"""In the place of the command `helm`: renders charts with the real one, and plays their pod on this host."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

from pods.cluster import Node, kubelet_pod

_OF_INSTALL = ("--timeout", "--output", "--labels")


def main() -> int:
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    node, (command, *arguments) = Node(Path(settings["state"])), sys.argv[2:]
    if command == "install":
        options = [a for a in arguments if not a.startswith(_OF_INSTALL)]
        done = subprocess.run([settings["helm"], "template", *options], capture_output=True, text=True, timeout=120)
        if done.returncode:
            sys.stderr.write(done.stderr)
            return done.returncode
        node.play(kubelet_pod([m for m in yaml.safe_load_all(done.stdout) if m], settings["claims"]))
        print(json.dumps({"manifest": done.stdout}))
        return 0
    if command == "uninstall":
        for name in node.names(arguments[0]):
            node.remove(name)
        return 0
    return subprocess.run([settings["helm"], command, *arguments], timeout=60).returncode


if __name__ == "__main__":
    sys.exit(main())
