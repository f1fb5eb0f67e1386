"""Which results go into one figure: those of one identity, in the tables that their plans allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from mlebench_inspect.reporting.pieces import ANSWERS, Piece, alike
from mlebench_inspect.reporting.plans import Layer, Part, cells, tables
from mlebench_inspect.reporting.records import NEVER_STARTED, Reading, ReportingError, Setting
from mlebench_inspect.reporting.rows import Row, apart, pooled
from mlebench_inspect.reporting.shards import told_of_shards
from mlebench_inspect.run.identity import GIVEN_FIELDS, conditions_of, digest

_NEVER = ("data", "revision", "description", "search_score")


def pool(reading: Reading, fields: Collection[str] = (), within: Iterable[str] | None = None) -> list[Row]:
    """The rows that results make, by setting; the largest of a setting first.

    Args:
        reading: What was run.
        fields: Fields of the identity that may differ within a row; `answers` for the answers.
        within: Look at these competitions only; default: all that were run.

    Raises:
        ReportingError: A field is unknown, or keeps apart what is never pooled.
    """
    check_fields(reading, fields)
    wanted = frozenset(within) if within is not None else None
    rows = []
    for (data, revision), pieces in alike(reading.runs, fields):
        for stack, members in _tables(pieces, wanted):
            rows.append(_row(data, revision, stack, members, fields, wanted))
    return list(_numbered(sorted(rows, key=_order), fields))


def check_fields(reading: Reading, fields: Collection[str]) -> None:
    """Looks whether fields can be left out of the comparison.

    Raises:
        ReportingError: One is unknown, or is never pooled.
    """
    known = {ANSWERS, *GIVEN_FIELDS, *(name for run in reading.runs for name in run.fields)}
    for name in fields:
        if name in _NEVER:
            raise ReportingError(f"--pool {name}: results of another {name} are never pooled")
        if name not in known:
            near = get_close_matches(name, known, 1, 0.4)
            told = f"did you mean {near[0]}" if near else f"there are {', '.join(sorted(known))}"
            raise ReportingError(f"--pool {name}: no such field; {told}")


def _tables(pieces: Sequence[Piece], wanted: frozenset[str] | None) -> Iterator[tuple[tuple[Layer, ...], list[Piece]]]:
    """The tables of pieces that may be pooled, and the pieces in each."""
    parts = {}
    for piece in pieces:
        planned = frozenset(piece.run.competitions)
        planned = planned if wanted is None else planned & wanted
        results = tuple(r for r in piece.results if r.competition in planned)
        if planned:
            run = piece.run
            part = Part(planned, run.seeds, run.group, run.created, results, run.shard != NEVER_STARTED)
            parts[id(part)] = (part, piece)
    for stack in tables(part for part, _ in parts.values()):
        yield stack, [parts[id(part)][1] for layer in stack for part in layer.parts]


def _row(
    data: str,
    revision: str,
    stack: tuple[Layer, ...],
    pieces: list[Piece],
    without: Collection[str],
    wanted: frozenset[str] | None,
) -> Row:
    first = next((p for p in pieces if p.is_set_up), pieces[0])
    names = {key: " + ".join(sorted({str(p.fields.get(key)) for p in pieces})) for key in ("solver", "model")}
    return Row(
        setting=Setting(data, revision, names["solver"], names["model"], conditions_of(first.fields)),
        fields=first.fields,
        answers={c: a for p in pieces for c, a in p.answers.items() if wanted is None or c in wanted},
        identity=digest(first.fields, without),
        competitions=tuple(sorted(stack[0].competitions)),
        seeds=sum(layer.seeds for layer in stack),
        cells=cells(stack),
        runs=tuple(p.run for p in pieces),
        merged=max(sum(part.has_run for part in layer.parts) for layer in stack),
        notes=tuple(pooled(pieces, without)),
    )


def _order(row: Row) -> tuple[Any, ...]:
    return row.setting, -len(row.competitions), -row.seeds, min(r.created for r in row.runs)


def _numbered(rows: Sequence[Row], without: Collection[str]) -> Iterator[Row]:
    """The rows with their number within their setting, and with what keeps them apart from its first."""
    firsts: dict[Setting, Row] = {}
    counts: dict[Setting, int] = defaultdict(int)
    for row in rows:
        first = firsts.setdefault(row.setting, row)
        counts[row.setting] += 1
        told = tuple(apart(row, first, without)) if row is not first else ()
        notes = (*told, *row.notes, *told_of_shards(row, rows))
        yield replace(row, variant=counts[row.setting], notes=notes)
