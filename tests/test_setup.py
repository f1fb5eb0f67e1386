"""What the setup of a sample looks at before the agent starts."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.util import ExecResult

from mlebench_inspect.run.environment import UnfitSandbox, look_around
from mlebench_inspect.run.setup import readable_proof
from mlebench_inspect.sandboxes.provider import GuestPaths
from mlebench_inspect.tasks import competition
from scripted import Scripted, done


@pytest.mark.parametrize(
    "competition_id",
    ["spaceship-titanic", "statoil-iceberg-classifier-challenge", "text-normalization-challenge-english-language"],
)
def test_what_must_be_readable_is_there_for_every_kind_of_competition(
    prepared: Callable[..., Path], competition_id: str
) -> None:
    proof = readable_proof(competition(competition_id))
    assert (prepared(competition_id) / "prepared/public" / proof).is_file()


def test_what_is_loaded_is_left_out_of_garbage_collections_once() -> None:
    code = (
        "import gc; from mlebench_inspect.run.setup import spare_the_collector as spare; spare(); "
        "first = gc.get_freeze_count(); kept = [[] for _ in range(1000)]; spare(); "
        "print(first > 50_000, gc.get_freeze_count() <= first)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert shown.stdout.split() == ["True", "True"]


class Here:
    """A sandbox whose commands run on this host, with these programs alone on its path."""

    def __init__(self, folder: Path, *programs: str) -> None:
        (folder / "bin").mkdir()
        for program in programs:
            found = shutil.which(program)
            assert found
            (folder / "bin" / program).symlink_to(found)
        self.environment = {"PATH": str(folder / "bin")}

    async def exec(self, cmd: list[str], **_: Any) -> ExecResult[str]:
        done = subprocess.run(cmd, capture_output=True, text=True, timeout=60, env=self.environment)
        return ExecResult(done.returncode == 0, done.returncode, done.stdout, done.stderr)


@pytest.mark.anyio
async def test_all_that_a_sandbox_lacks_is_told_at_once_with_the_mend(tmp_path: Path) -> None:
    place: Any = Here(tmp_path, "head", "ls")
    (tmp_path / "code").touch()
    paths = GuestPaths(str(tmp_path / "data"), str(tmp_path / "none"), str(tmp_path / "code"), str(tmp_path))
    with pytest.raises(UnfitSandbox) as raised:
        await look_around(place, paths, str(tmp_path / "data/train.csv"))
    for words in (
        "there is no bash: install it in the image",
        "there is no python3: install it",
        f"{tmp_path}/none is not a folder that the container's user can write: make it, and chown it to it",
        f"{tmp_path}/code is not a folder",
        "cannot read",
        "chmod -R a+rX",
    ):
        assert words in str(raised.value)


@pytest.mark.anyio
async def test_a_sandbox_without_a_shell_is_unfit_and_a_probe_without_an_answer_is_noted() -> None:
    dumb: Any = Scripted([done(code=126, stderr="exec /bin/sh: not found")])
    with pytest.raises(UnfitSandbox, match=r"does not run /bin/sh: .*not found"):
        await look_around(dumb, GuestPaths(), "/home/data/x")
    mumbling: Any = Scripted([done("fit\n", 1, "python3: killed")])
    assert await look_around(mumbling, GuestPaths(), "/home/data/x") == {"error": "python3: killed"}
