"""What keeps a sandbox alive as its first process, so that nobody inside can end it, even as the same user.

It ignores every signal, so the kernel buries orphans by itself; it sleeps in one system call for ever, so no limit on
its time is ever reached; it cannot be traced or looked into; and whatever is written to its output is gone.
"""

import contextlib
import os
import signal

for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    with contextlib.suppress(OSError, ValueError):  # those that the C library keeps for itself
        signal.signal(number, signal.SIG_IGN)
with contextlib.suppress(Exception):  # a Python without ctypes
    import ctypes

    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
nothing = os.open("/dev/null", os.O_RDWR)
for stream in range(3):
    os.dup2(nothing, stream)
while True:
    signal.pause()
