"""What the setup of a sample looks at before the agent starts."""

from __future__ import annotations

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
