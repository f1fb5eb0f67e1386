"""The temporary folder of what is taken out and graded: it never keeps the event loop waiting, and never stays."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import anyio
import pytest

from mlebench_inspect.run.outcome import scratch
from mlebench_inspect.sandboxes.host import HostError

pytestmark = pytest.mark.anyio


async def test_it_is_made_and_removed_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    class Folder(tempfile.TemporaryDirectory[str]):
        def __enter__(self) -> str:
            threads.append(threading.get_ident())
            return super().__enter__()

        def cleanup(self) -> None:
            threads.append(threading.get_ident())
            super().cleanup()

    monkeypatch.setattr(tempfile, "TemporaryDirectory", Folder)
    async with scratch() as folder:
        (folder / "file").touch()
    assert len(threads) == 2
    assert threading.get_ident() not in threads
    assert not folder.exists()


async def test_a_fault_of_the_disk_is_the_host_s() -> None:
    with pytest.raises(HostError, match="failed: no space"):
        async with scratch() as folder:
            raise OSError("no space")
    assert not folder.exists()


async def test_another_fault_stays_as_it_is() -> None:
    with pytest.raises(KeyError):
        async with scratch() as folder:
            raise KeyError("mine")
    assert not folder.exists()


async def test_it_goes_when_the_work_is_cancelled() -> None:
    seen: list[Path] = []
    with anyio.CancelScope() as scope:
        async with scratch() as folder:
            seen.append(folder)
            scope.cancel()
            await anyio.sleep_forever()
    assert not seen[0].exists()
