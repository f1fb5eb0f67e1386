"""Grades each submission that it is told of in a process of its own, as the worker does; libraries load once.

Reads requests as lines of JSON from stdin, and answers each with a line: exit code, output, processor time, memory.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import tempfile
from typing import IO

# what graders load late
import pandas  # noqa: F401

from mlebench_inspect.run import worker


def child(request: str, output: IO[bytes]) -> None:
    """Ends the process."""
    sys.stdin = io.StringIO(request)
    os.dup2(output.fileno(), 1)
    code = 1
    try:
        code = worker.main()
    except BaseException as ex:
        output.write(repr(ex).encode())
    output.flush()
    os._exit(code)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        with tempfile.TemporaryFile() as output:
            pid = os.fork()
            if pid == 0:
                child(line, output)
            _, status, used = os.wait4(pid, 0)
            output.seek(0)
            text = output.read().decode(errors="replace")
        code = os.waitstatus_to_exitcode(status)
        print(json.dumps([code, text, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]), flush=True)


if __name__ == "__main__":
    main()
