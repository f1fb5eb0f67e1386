"""Fixtures shared by all tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from mlebench_inspect.tasks import competition


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`prepared(id, revision="v1")`: a folder with `raw` and `prepared/{public,private}` of miniature data."""

    @cache
    def make(competition_id: str, revision: str = "v1", seed: int = 0) -> Path:
        found = competition(competition_id)
        root = tmp_path_factory.mktemp(f"{competition_id}-{revision}")
        found.make_miniature(root / "raw", seed)
        found.prepare(root / "raw", root / "prepared/public", root / "prepared/private", revision)  # type: ignore[arg-type]
        return root

    return make
