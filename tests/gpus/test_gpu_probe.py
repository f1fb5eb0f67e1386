"""What is looked at in a sandbox with GPUs, before the agent starts."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.util import ExecResult, SandboxEnvironment

from mlebench_inspect.run import gpu_probe
from mlebench_inspect.run.environment import UnfitSandbox
from mlebench_inspect.run.gpu_probe import look_for_gpus

GIVEN = {"gpus": 2, "gpu_ids": ["GPU-a", "GPU-b"]}
SEEN = {"gpus": ["NVIDIA H100", "NVIDIA H100"]}

TORCH = """
__version__ = "2.9"
class cuda:
    is_available = staticmethod(lambda: True)
    device_count = staticmethod(lambda: {count})
def ones(number, device):
    {use}
    class Tensor:
        sum = staticmethod(lambda: 8.0)
    return Tensor
"""


class Box(SandboxEnvironment):
    """Runs commands with a Python that has what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, symlinks=True)
        (self.packages,) = folder.glob("lib/python*/site-packages")

    async def exec(self, cmd: list[str], *args: Any, timeout: int | None = None, **options: Any) -> ExecResult[str]:
        ended = subprocess.run(
            [str(self.folder / "bin/python3"), *cmd[1:]], capture_output=True, text=True, timeout=timeout
        )
        return ExecResult(ended.returncode == 0, ended.returncode, ended.stdout, ended.stderr)

    async def read_file(self, file: str, text: bool = True) -> Any: ...

    async def write_file(self, file: str, contents: str | bytes) -> None: ...

    @classmethod
    async def sample_cleanup(cls, *args: Any, **options: Any) -> None: ...


@pytest.fixture
def box(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Box:
    gpu_probe._warned.clear()
    return Box(tmp_path / "venv")


def has_torch(box: Box, count: int, use: str = "pass") -> None:
    (box.packages / "torch.py").write_text(TORCH.format(count=count, use=use))


@pytest.mark.anyio
async def test_a_framework_uses_every_gpu(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    has_torch(box, 2)
    assert await look_for_gpus(box, GIVEN, SEEN) == {"torch": {"version": "2.9", "gpus": 2}}
    assert not caplog.records


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("count", "use", "told"),
    [
        (0, "pass", "torch in the image sees 0 of 2 GPUs"),
        (1, "pass", "torch in the image sees 1 of 2 GPUs"),
        (2, 'raise RuntimeError("no kernel image is available")', "no kernel image is available"),
        (2, "import os; os.kill(os.getpid(), 9)", "sees 0 of 2 GPUs"),
    ],
)
async def test_a_framework_that_does_not_is_told(
    count: int, use: str, told: str, box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    has_torch(box, count, use)
    for _ in range(2):
        found = await look_for_gpus(box, GIVEN, SEEN)
        assert found["torch"]["gpus"] == (count if use == "pass" else 0)
    (record,) = caplog.records  # once
    assert told in record.message


@pytest.mark.anyio
async def test_a_framework_that_does_not_answer(
    box: Box, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_torch(box, 2, "import time; time.sleep(600)")
    monkeypatch.setattr(gpu_probe, "PATIENCE", 1)
    found = await look_for_gpus(box, GIVEN, SEEN)
    assert "timed out" in found["torch"]["problem"]


@pytest.mark.anyio
async def test_a_sandbox_that_has_none_of_what_it_was_given_is_our_fault(box: Box) -> None:
    with pytest.raises(UnfitSandbox, match=r"given 2 GPUs \(GPU-a, GPU-b\), and nvidia-smi in it lists none"):
        await look_for_gpus(box, GIVEN, {"gpus": []})
    has_torch(box, 2)  # nvidia-smi alone is missing
    assert await look_for_gpus(box, GIVEN, {"gpus": []})


@pytest.mark.anyio
async def test_gpus_that_others_may_have_are_refused(box: Box) -> None:
    with pytest.raises(UnfitSandbox, match="counted, not leased"):
        await look_for_gpus(box, {"gpus": 1, "gpu_ids": []}, SEEN)


@pytest.mark.anyio
async def test_of_a_divided_gpu_a_process_sees_one_part(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    has_torch(box, 1)
    await look_for_gpus(box, {"gpus": 2, "gpu_ids": ["MIG-a", "MIG-b"]}, SEEN)
    assert not caplog.records


@pytest.mark.anyio
async def test_nothing_is_run_where_no_gpu_was_given(tmp_path: Path) -> None:
    class Never(Box):
        def __init__(self) -> None: ...

        async def exec(self, *args: Any, **options: Any) -> ExecResult[str]:
            raise AssertionError

    assert await look_for_gpus(Never(), {}, {}) == {}
    assert await look_for_gpus(Never(), {"gpus": 0, "gpu_ids": []}, {}) == {}
