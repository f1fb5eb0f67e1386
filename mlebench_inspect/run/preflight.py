"""What is checked while a task is built: settings first, then the data of what will run. Nothing is made before."""

from __future__ import annotations

from collections.abc import Sequence

from inspect_ai.dataset import MemoryDataset, Sample

from mlebench_inspect._inspect import command_line, selected
from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.submission import REVISIONS
from mlebench_inspect.tasks import Competition


def check_settings(data: str, revision: str, snapshot_every: float | None, max_snapshots: int, sandbox: str) -> None:
    """Refuses settings that no run can have.

    Raises:
        ValueError: Naming the setting, its value and what it may be.
    """
    if data not in ("real", "miniature"):
        raise ValueError(f"data must be real or miniature, not {data!r}")
    if snapshot_every is not None and snapshot_every <= 0:
        raise ValueError(f"snapshot_every must be a number of seconds above 0, not {snapshot_every!r}")
    if max_snapshots < 2:
        raise ValueError(f"max_snapshots must be at least 2, for the first and the newest, not {max_snapshots!r}")
    if revision not in REVISIONS:
        raise ValueError(f"revision must be v1 or v2, not {revision!r}")
    typed = command_line().sandbox
    if typed and typed.partition(":")[0] != sandbox:
        raise ValueError(
            f"--sandbox {typed} would leave the sandbox of this benchmark, with its data and isolation, out; "
            f"give it as -T sandbox={typed.partition(':')[0]}"
        )


def ensure_data(store: Store, chosen: Sequence[Competition], *, prepare: bool) -> None:
    """Sees to it that the data of the competitions that will run is there; others are not looked at.

    Raises:
        PreparationError: It is not; the message holds the command to type.
    """
    from mlebench_inspect.data.ensure import ensure_miniature, ensure_prepared

    needed = will_run(chosen)
    if store.data == "miniature":
        ensure_miniature(store, needed)
    else:
        ensure_prepared(store, needed, prepare=prepare)


def will_run(chosen: Sequence[Competition]) -> list[Competition]:
    """What `--sample-id` and `--limit` leave of the competitions; all of them where a task is built from Python."""
    typed = command_line()
    if typed.limit is None and typed.sample_id is None:
        return list(chosen)
    samples = MemoryDataset([Sample(id=c.id, input="") for c in chosen])
    ids = {s.id for s in selected(samples, typed)}
    return [c for c in chosen if c.id in ids]
