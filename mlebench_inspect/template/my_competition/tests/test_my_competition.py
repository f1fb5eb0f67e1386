"""`pytest` runs what `mlebench-inspect check` looks at, and what you add here."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.checks import check

FOLDER = Path(__file__).parents[1]


def test_everything_holds() -> None:
    wrong = [str(verdict) for verdict in check(FOLDER) if verdict.status != "ok"]
    assert not wrong, "\n".join(wrong)
