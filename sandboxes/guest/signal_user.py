"""Sends a signal to every process of a user's, as root without the right to: only that user may.

Between becoming the user and sending it, that user's processes can stop or kill the one that is to send it; then
another is sent. Nobody can hold up the first, which is root's.
"""

import contextlib
import os
import pwd
import signal
import sys
import time

user, number = pwd.getpwnam(sys.argv[1]), getattr(signal, sys.argv[2])
done = False
for _ in range(5):
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            with contextlib.suppress(ProcessLookupError):  # there is none
                os.kill(-1, number)
        finally:
            os._exit(0 if os.getuid() == user.pw_uid else 1)
    until = time.monotonic() + 3
    while time.monotonic() < until and not done:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended and status:
            break
        done = bool(ended)
        time.sleep(0 if done else 0.02)
    if done:
        break
if number == signal.SIGCONT:
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, number)  # root's, too: a `runuser` whose command is stopped stops itself
sys.exit(not done)
