"""Exploits of known leaks win on revision v1 and gain nothing over chance on v2."""

from __future__ import annotations

import ast

import pytest

from leaks.frame import EXPLOITS, Measured, exploits, measure, needed_share, not_shown
from leaks.table import row, written
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import competitions

MODULES = exploits()
SHOWN = [name for name, module in MODULES.items() if not not_shown(module)]


def test_every_known_leak_has_an_exploit_and_no_exploit_is_without_a_leak() -> None:
    leaky = {c.id for split in ("all", "dev") for c in competitions(split) if c.leaks}
    assert set(MODULES) == leaky


@pytest.mark.parametrize("name", sorted(file.name for file in EXPLOITS.glob("*.py")))
def test_an_exploit_needs_nothing_of_the_package(name: str) -> None:
    """It knows the public folder and what is published, so it can use no code of ours."""
    tree = ast.parse((EXPLOITS / name).read_text(encoding="utf-8"))
    froms = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    plain = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not [module for module in froms + plain if module.startswith("mlebench_inspect")]


@pytest.mark.parametrize("competition_id", SHOWN)
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in (1, 2))])
def test_a_leak_wins_on_v1_and_gains_nothing_on_v2(competition_id: str, seed: int) -> None:
    measured = measure(competition_id, seed)
    assert measured["v1"].gains, measured["v1"]
    assert measured["v1"].share >= needed_share(MODULES[competition_id]), measured["v1"]
    assert not measured["v2"].gains, measured["v2"]
    if seed == 0:
        assert_page_agrees(competition_id, measured)


def assert_page_agrees(competition_id: str, measured: dict[Revision, Measured] | None) -> None:
    """Figures of v2 follow from the bytes of generated pictures, which differ from library to library: they lie within
    what chance reaches, while all else agrees to the letter."""
    (found,) = [cells for cells in written() if cells[0] == competition_id]
    expected = row(competition_id, MODULES[competition_id], measured)
    assert found[:6] == expected[:6], "run `python -m leaks.table` in the folder tests"
    if measured is not None:
        assert not measured["v2"]._replace(exploit=float(found[6])).gains


def test_the_page_lists_all_exploits_in_their_order_and_says_why_one_is_not_shown() -> None:
    assert [cells[0] for cells in written()] == list(MODULES)
    for name in MODULES.keys() - SHOWN:
        assert_page_agrees(name, None)
