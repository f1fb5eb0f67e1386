"""Gives a container's user a number that no other container of the engine has; run as root before any agent.

The first process keeps the old number, and is another user's from then on. Where more belongs to the user than can
be handed over, or a writable folder of the host is mounted, the number stays as it is.

Arguments: the user's name, the container's process id on the host. Prints JSON: `user`, or `kept` with the reason.
"""

import json
import os
import pwd
import sys

MOST, DEPTH = 2000, 3
LARGE, SMALL = 10**9, 30_000  # first number; below 2^16 for engines that map just so many users
OF_THE_ENGINE = ("/proc", "/sys", "/dev", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts")


class Kept(Exception):
    """Why the number stays."""


def below(path: str, *tops: str) -> bool:
    return any(path == top or path.startswith(top + "/") for top in tops)


def mounts() -> "set[str]":
    """Where other file systems are mounted.

    Raises:
        Kept: One of them could hold files of the user's on the host.
    """
    found = set()
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        for line in lines:
            place, options = line.split()[4:6]
            found.add(place.encode().decode("unicode_escape"))
            if place != "/" and not below(place, *OF_THE_ENGINE) and "rw" in options.split(","):
                raise Kept(f"{place} is mounted writable")
    return found - {"/"}


def belongings(old: int, home: str, mounted: "set[str]") -> "list[str]":
    """What belongs to the user: seen down to a depth, and all below what was seen.

    Raises:
        Kept: It is more than `MOST` files.
    """
    found = []

    def look(folder: str, depth: int, inside: bool) -> None:
        try:
            entries = list(os.scandir(folder))
        except OSError:
            return
        for entry in entries:
            if entry.path in mounted or below(entry.path, "/proc", "/sys", "/dev"):
                continue
            its = entry.stat(follow_symlinks=False).st_uid == old
            if its:
                found.append(entry.path)
                if len(found) > MOST:
                    raise Kept(f"more than {MOST} files belong to it")
            deeper = inside or its or below(entry.path, home)
            if entry.is_dir(follow_symlinks=False) and (deeper or depth < DEPTH):
                look(entry.path, depth + 1, deeper)

    look("/", 1, False)
    return found


def number(pid: int) -> int:
    """One of the container's own, by its process id on the host, as far as its user namespace has so many."""
    with open("/proc/self/uid_map", encoding="ascii") as lines:
        spans = [tuple(map(int, line.split())) for line in lines]
    large = LARGE + pid
    return large if any(first <= large < first + size for first, _, size in spans) else SMALL + pid % SMALL


def hand_over(name: str, pid: int) -> int:
    """Changes the number in the list of users and of all that belongs to the user.

    Raises:
        Kept: It cannot be done, and nothing is changed.
    """
    if name.isdigit() or name in ("", "root"):
        raise Kept(f"the user is {name or 'root'}")
    entry = pwd.getpwnam(name)
    if entry.pw_uid == 0:
        raise Kept(f"{name} is root")
    paths = belongings(entry.pw_uid, entry.pw_dir, mounts())
    new = number(pid)
    with open("/etc/passwd", encoding="utf-8", errors="surrogateescape") as file:
        lines = file.read().splitlines()
    changed = [
        line.replace(f":{entry.pw_uid}:", f":{new}:", 1) if line.startswith(f"{name}:") else line for line in lines
    ]
    if changed == lines:
        raise Kept(f"{name} does not stand in /etc/passwd")
    with open("/etc/passwd.part", "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write("\n".join(changed) + "\n")
    os.chmod("/etc/passwd.part", 0o644)
    done = []
    try:
        for path in paths:
            os.chown(path, new, -1, follow_symlinks=False)
            done.append(path)
        os.rename("/etc/passwd.part", "/etc/passwd")
    except OSError:
        for path in done:
            os.chown(path, entry.pw_uid, -1, follow_symlinks=False)
        raise
    return new


def main() -> None:
    try:
        print(json.dumps({"user": hand_over(sys.argv[1], int(sys.argv[2]))}))
    except (Kept, OSError, KeyError, ValueError) as ex:
        print(json.dumps({"kept": str(ex)}))


main()
