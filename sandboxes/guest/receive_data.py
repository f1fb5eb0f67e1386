"""Puts public data into its folder, has it writable for its owner alone, and tells a digest of every file.

`put FOLDER PART...` writes the pieces of parts; `seal FOLDER` sets the modes and prints the digest. A part is
a line of JSON, the pieces' paths, offsets and lengths, and the pieces one after the other, all compressed by zlib.
"""

import contextlib
import hashlib
import json
import os
import sys
import zlib


def put(folder, parts):
    os.umask(0o022)
    os.makedirs(folder, exist_ok=True)
    for part in parts:
        with open(part, "rb") as source:
            content = zlib.decompress(source.read())
        head, _, body = content.partition(b"\n")
        if hashlib.sha256(body).hexdigest() != json.loads(head)["sha256"]:
            raise SystemExit(part + " has not come whole")
        at = 0
        for name, offset, length in json.loads(head)["pieces"]:
            path = os.path.join(folder, name)
            if name.endswith("/"):
                os.makedirs(path, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644), "wb") as out:
                out.seek(offset)
                out.write(body[at : at + length])
            at += length


def seal(folder):
    lines, size = {}, 0
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = os.path.join(place, name)
            digest = hashlib.sha256()
            with open(path, "rb") as source:
                while block := source.read(1 << 20):
                    digest.update(block)
                length = source.tell()
            size += length
            short = os.path.relpath(path, folder)
            lines[short] = f"{short}\0{length}\0{digest.hexdigest()}\n"
            protect(path, 0o644)
        protect(place, 0o755)
    total = hashlib.sha256()
    for name in sorted(lines):
        total.update(lines[name].encode("utf-8", "surrogateescape"))
    print(json.dumps({"digest": total.hexdigest(), "files": len(lines), "size": size}))


def protect(path, mode):
    if os.stat(path).st_mode & 0o777 != mode:
        with contextlib.suppress(PermissionError):
            os.chmod(path, mode)


if __name__ == "__main__":
    if sys.argv[1] == "put":
        put(sys.argv[2], sys.argv[3:])
    else:
        seal(sys.argv[2])
