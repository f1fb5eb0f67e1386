"""What the setup of a sample looks at before the agent starts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlebench_inspect.run.setup import readable_proof
from mlebench_inspect.tasks import competition


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
