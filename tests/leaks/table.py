"""Measures all exploits and writes the table of `docs/leaks.md`: `python -m leaks.table`, from the folder `tests`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from leaks.frame import Exploit, Measured, exploits, measure, not_shown
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import competition

PAGE = Path(__file__).parents[2] / "docs/leaks.md"
_TABLE = re.compile(r"(?<=<!-- table: python -m leaks\.table -->\n).*?(?=<!-- end of table -->)", re.DOTALL)
_HEAD = (
    "competition",
    "leak",
    "what `v2` does",
    "metric",
    "`v1` exploit",
    "`v1` chance",
    "`v2` exploit",
    "`v2` chance",
)


def row(competition_id: str, module: Exploit, measured: dict[Revision, Measured] | None) -> list[str]:
    """The cells of a competition; those of scores are empty where nothing is measured."""
    found = competition(competition_id)
    metric = f"{found.metric}, {'higher' if found.higher_is_better else 'lower'} is better"
    scores = [""] * 4
    if measured is not None:
        scores = [cell for m in measured.values() for cell in (f"{m.exploit:.3f}", f"{m.median:.3f} ({m.best:.3f})")]
    why = not_shown(module)
    return [found.id, module.LEAK + (f" Not shown here: {why}" if why else ""), module.V2, metric, *scores]


def rows() -> Iterator[list[str]]:
    """The rows of all exploits, measured on miniatures of seed 0."""
    for name, module in exploits().items():
        yield row(name, module, None if not_shown(module) else measure(name))


def written() -> list[list[str]]:
    """The rows of the table as the page has them.

    Raises:
        ValueError: The page has no table.
    """
    found = _TABLE.search(PAGE.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{PAGE} has no table between its marks")
    lines = found.group().strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def write() -> None:
    """Writes the table into the page."""
    lines = [_HEAD, ["---"] * len(_HEAD), *rows()]
    table = "".join(f"| {' | '.join(cells)} |\n".replace("|  |", "| |") for cells in lines)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(lambda _: table, page), encoding="utf-8")


if __name__ == "__main__":
    write()
