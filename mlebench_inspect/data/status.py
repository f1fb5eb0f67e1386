"""What the data folder holds: prepared, verified, missing, and how much disk it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mlebench_inspect.data import disk
from mlebench_inspect.data.archives import human
from mlebench_inspect.data.errors import PreparationError
from mlebench_inspect.data.kaggle import partial_bytes
from mlebench_inspect.data.manifest import Manifest
from mlebench_inspect.data.rules import RulesCache, rules_page
from mlebench_inspect.data.runner import is_empty
from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.submission import REVISIONS
from mlebench_inspect.tables import Column, text_table
from mlebench_inspect.tasks import Competition

_STATES = {"published": "verified", "given": "verified (given sums)", "differs": "differs", "no": "not verified"}
_COLOURS = {"verified": "green", "prepared": "green", "differs": "red", "not verified": "yellow"}


@dataclass
class Row:
    """One competition."""

    id: str
    prepared: dict[str, str]
    """By revision: `missing`, `verified`, `verified (given sums)`, `differs`, `not verified`, or `prepared` (v2, for
    which nothing is published); `none`: there is no such revision."""
    miniature: bool
    raw: bool
    rules: str
    """Last known answer: `accepted`, `not accepted`, `unknown`; `none` where there is no page on Kaggle."""
    download_bytes: int
    raw_bytes: int
    prepared_bytes: int
    disk_bytes: int
    """Everything of real data; a file that raw and prepared data share counts once."""
    miniature_bytes: int


@dataclass
class Status:
    """All competitions that were asked for."""

    data_dir: str
    rows: list[Row]
    disk_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def table(self, width: int | None) -> str:
        """A table for people, of at most `width` characters a line; sizes of 0 are left out."""
        columns = [
            Column("competition"),
            *(Column(r, 0 if r == "v1" else 3, colour=_COLOURS.get) for r in REVISIONS),
            Column("miniature", 4),
            Column("rules", 5),
            Column("raw", 7, right=True),
            Column("prepared", 6, right=True),
            Column("disk", 1, right=True),
        ]
        return text_table(columns, [self._cells(row) for row in self.rows], width)

    @staticmethod
    def _cells(row: Row) -> list[str]:
        needless = row.rules == "unknown" and (row.raw or "missing" not in row.prepared.values())
        sizes = [human(n) if n else "" for n in (row.raw_bytes, row.prepared_bytes, row.disk_bytes)]
        small = "yes" if row.miniature else ""
        rules = "" if needless or row.rules == "none" else row.rules
        return [row.id, *row.prepared.values(), small, rules, *sizes]

    def summary(self) -> str:
        """Totals in a line, and where rules are still to be accepted."""
        done = [r for r in self.rows if set(r.prepared.values()) - {"missing", "none"}]
        verified = sum(r.prepared["v1"] == "verified" for r in done)
        text = (
            f"{self.data_dir}: {len(done)} of {len(self.rows)} prepared, {verified} verified, "
            f"{human(self.disk_bytes)} on disk"
        )
        refused = [r.id for r in self.rows if r.rules == "not accepted" and r.prepared["v1"] == "missing"]
        return text + "".join(f"\nrules not accepted: {rules_page(i)}" for i in refused)


def report(store: Store, competitions: Sequence[Competition]) -> Status:
    """Looks at both revisions and at miniature data of each competition; asks no server."""
    rules = RulesCache.all_answers()
    rows = [_row(store, c, rules.get(c.kaggle_slug)) for c in competitions]
    return Status(str(store.data_dir), rows, sum(r.disk_bytes + r.miniature_bytes for r in rows))


def _row(store: Store, found: Competition, rules: bool | None) -> Row:
    folder = store.data_dir / found.id
    small = [Store(store.data_dir, "miniature", r) for r in REVISIONS]
    return Row(
        id=found.id,
        prepared={r: _state(Store(store.data_dir, "real", r), found) for r in REVISIONS},
        miniature=any(s.is_prepared(found) for s in small),
        raw=not is_empty(folder / "raw"),
        rules={True: "accepted", False: "not accepted", None: "unknown" if found.kaggle_slug else "none"}[rules],
        download_bytes=partial_bytes(folder / ".download"),
        raw_bytes=disk.used([folder / "raw"]),
        prepared_bytes=disk.used([folder / "prepared", folder / "prepared-v2"]),
        disk_bytes=disk.used([folder]),
        miniature_bytes=disk.used([small[0].folder(found)]),
    )


def _state(store: Store, found: Competition) -> str:
    if store.revision not in found.revisions:
        return "none"
    if not store.is_prepared(found):
        return "missing"
    if store.revision != "v1" or found.is_own:
        return "prepared"
    try:
        manifest = Manifest.read(store.prepared(found))
    except PreparationError:
        return "not verified"
    return _STATES[manifest.verified] if manifest is not None else "not verified"
