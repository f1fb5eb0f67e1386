"""Leases of GPUs: lock files, so that no two samples of this host have the same, whichever process runs them.

A lease lasts as long as its files are open, so the operating system ends it with the process, however that ends. Who
waits keeps the turn of all devices that it could take, so that whoever comes later takes none of them before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import anyio
import anyio.to_thread
from platformdirs import user_state_dir

from mlebench_inspect.data.locking import try_lock
from mlebench_inspect.gpus.devices import Device, NoGpus

SHORTEST, LONGEST = 0.05, 1.0
"""Seconds between two looks at devices that are in use."""
Held = Callable[[], "dict[str, str]"]
"""Which devices containers hold without a lease that is known here: id and container."""


def lock_folder() -> Path:
    """Where the lock files of this user lie."""
    return Path(user_state_dir("mlebench-inspect")) / "gpus"


class Lease:
    """Devices that are one sample's until they are given back, or nobody knows this any more.

    Args:
        ids: As the engine is told them.
        files: Their locks.
    """

    def __init__(self, ids: Sequence[str], files: ExitStack) -> None:
        self.ids = tuple(ids)
        self._files = files

    def release(self) -> None:
        """Gives them back."""
        self._files.close()


async def lease(
    pool: Sequence[Device],
    number: int,
    *,
    held: Held = dict,
    waiting: Callable[[str], None] | None = None,
    folder: Path | None = None,
) -> Lease:
    """Waits until so many devices of the pool are free, and takes them.

    Args:
        pool: Which may be taken.
        number: How many.
        held: Tells which devices a container holds although their lock is free; blocks. These are not taken.
        waiting: Called with the reason, once for each, while there are too few.
        folder: Of the lock files.

    Raises:
        NoGpus: There are not so many, or the lock files cannot be written.
    """
    if number > len(pool):
        raise NoGpus(f"{number} GPUs are wanted, and there are {len(pool)}: {', '.join(d.id for d in pool)}")
    place, told = folder or lock_folder(), set[str]()
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as ex:
        raise NoGpus(f"GPUs are leased by lock files in {place}: {ex.strerror}; mend it, or set XDG_STATE_HOME") from ex
    keys = {key for device in pool for key in _keys(device)}
    with ExitStack() as turns:
        for key in sorted(keys):  # all in one order, so that no two wait for each other
            await _turn(turns, place / f"{key}.turn")
        delay = SHORTEST
        while True:
            taken = await anyio.to_thread.run_sync(_take, pool, number, held, place)
            if isinstance(taken, Lease):
                return taken
            if waiting is not None and taken not in told:
                told.add(taken)
                waiting(taken)
            await anyio.sleep(delay)
            delay = min(2 * delay, LONGEST)


async def _turn(turns: ExitStack, file: Path) -> None:
    delay = SHORTEST
    while (lock := try_lock(file)) is None:
        await anyio.sleep(delay)
        delay = min(2 * delay, LONGEST)
    turns.enter_context(lock)


def _keys(device: Device) -> tuple[str, ...]:
    return (device.key, device.part_of) if device.part_of else (device.key,)


def _take(pool: Sequence[Device], number: int, held: Held, place: Path) -> Lease | str:
    """So many devices, or why there are too few now; blocks."""
    with ExitStack() as all_locks:
        free = {d: all_locks.enter_context(locks) for d in pool if (locks := _locks(d, place)) is not None}
        containers = held() if len(free) >= number else {}
        kept = {d: containers[name] for d in free for name in (d.id, *d.names) if name in containers}
        chosen = [d for d in free if d not in kept][:number]
        if len(chosen) == number:
            files = ExitStack()
            for device in chosen:
                files.push(free[device].pop_all())
            return Lease([d.id for d in chosen], files)
    if kept:
        return "; ".join(
            f"GPU {d.id} is in the container {c}, which no run of this user leased; to end it: docker rm -f {c}"
            for d, c in kept.items()
        )
    return f"{number} of the GPUs {', '.join(d.id for d in pool)} are wanted, and other samples have them"


def _locks(device: Device, place: Path) -> ExitStack | None:
    """The device, and of what it is a part of so much that nobody has the whole; None where another has it."""
    with ExitStack() as files:
        for key in reversed(_keys(device)):
            lock = try_lock(place / f"{key}.lock", shared=key != device.key)
            if lock is None:
                return None
            files.enter_context(lock)
        return files.pop_all()
