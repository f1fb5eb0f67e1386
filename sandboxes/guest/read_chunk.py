"""Prints a piece of a regular file in base64, after a line by which it is known to be the same file as before.

`read_chunk.py PATH START COUNT`. It is one process and starts no other, so it works where an agent's processes are as
many as may be. It ends with 3 where nothing lies there, and with 4 and the kind in words where it is no regular file.
"""

import base64
import os
import stat
import sys


def kind_of(mode):
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    return "a folder" if stat.S_ISDIR(mode) else "not a regular file"


def refuse(mode):
    print(kind_of(mode))
    sys.exit(4)


path, start, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
try:
    mode = os.lstat(path).st_mode
except (FileNotFoundError, NotADirectoryError):
    sys.exit(3)
if not stat.S_ISREG(mode):
    refuse(mode)
try:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
except OSError as ex:
    print(f"{path} cannot be opened: {ex.strerror}", file=sys.stderr)
    sys.exit(5)
info = os.fstat(handle)
if not stat.S_ISREG(info.st_mode):
    refuse(info.st_mode)
content = b""
while len(content) < count:
    block = os.pread(handle, count - len(content), start + len(content))
    if not block:
        break
    content += block
print(info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns)
sys.stdout.write(base64.b64encode(content).decode())
