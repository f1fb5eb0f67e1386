"""What a process of the agent's user finds of its isolation, as JSON. `probe_isolation.py DATA_FOLDER`.

Nothing is sent where there is no route out of the sandbox; where there is one, two connections are tried.
"""

import json
import os
import socket
import sys


def read(*paths):
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except OSError:
            pass
    return ""


def status():
    lines = (line.partition(":")[::2] for line in read("/proc/self/status").splitlines())
    return {name: value.strip() for name, value in lines}


def route():
    """Whether packets to an address of documentation would go anywhere: connecting a datagram socket sends none."""
    for family, address in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((address, 9))
                return True
        except OSError:
            pass
    return False


def reached():
    for address in (("1.1.1.1", 443), ("169.254.169.254", 80)):
        try:
            socket.create_connection(address, timeout=3).close()
            return address[0]
        except OSError:
            pass
    return None


def mounted(folder):
    """How the folder is mounted: `ro`, `rw`, or None where it is none of its own."""
    for fields in (line.split() for line in read("/proc/self/mountinfo").splitlines()):
        if len(fields) > 5 and fields[4] == folder:
            return fields[5].split(",")[0]
    return None


def changeable(folder):
    """A path below the folder that this user may write, or give itself the right to."""
    looked = 0
    for place, _, names in os.walk(folder):
        for path in [place, *(os.path.join(place, name) for name in names)]:
            info = os.lstat(path)
            if os.access(path, os.W_OK) or (info.st_uid == os.getuid() and mounted(folder) != "ro"):
                return path
            looked += 1
            if looked > 1000:
                return None
    return None


found = status()
out = route()
print(
    json.dumps(
        {
            "user": os.getuid(),
            "capabilities": found.get("CapEff"),
            "bounding": found.get("CapBnd"),
            "no_new_privileges": found.get("NoNewPrivs") == "1",
            "seccomp": found.get("Seccomp"),
            "route": out,
            "reached": reached() if out else None,
            "data_mount": mounted(sys.argv[1]),
            "data_changeable": changeable(sys.argv[1]),
            "memory_limit": read("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes").strip(),
            "process_limit": read("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max").strip(),
        }
    )
)
