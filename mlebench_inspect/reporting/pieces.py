"""Runs taken apart by identity: what may be pooled, as far as settings, hardware and answers go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlebench_inspect.reporting.records import Result, RunRecord
from mlebench_inspect.run.identity import digest

ANSWERS = "answers"
"""Stands, among the names of fields, for the answers that were graded against."""


@dataclass(frozen=True)
class Piece:
    """Those results of a run that were made with the same things, against the same answers."""

    run: RunRecord
    fields: Mapping[str, Any]
    results: tuple[Result, ...]

    @property
    def answers(self) -> dict[str, str]:
        """SHA-256 of the answers, by competition."""
        return {r.competition: r.answers for r in self.results if r.answers}

    @property
    def is_set_up(self) -> bool:
        """Whether it is known what the sandboxes were given."""
        return any(name.startswith("given_") for name in self.fields)


def alike(runs: Iterable[RunRecord], without: Collection[str]) -> Iterator[tuple[tuple[str, str], list[Piece]]]:
    """Pieces of runs that may be pooled, with their kind of data and revision."""
    found: dict[tuple[str, str, str], list[Piece]] = defaultdict(list)
    pending: list[Piece] = []  # of runs that never came so far as to know what their sandboxes were given
    for run in runs:
        for piece in _pieces(run, without):
            if piece.is_set_up:
                found[run.data, run.revision, digest(piece.fields, without)].append(piece)
            else:
                pending.append(piece)
    for piece in pending:
        kind, header = (piece.run.data, piece.run.revision), _header(piece.fields, without)
        same = [k for k, (first, *_) in found.items() if k[:2] == kind and _header(first.fields, without) == header]
        found[same[0] if len(same) == 1 else (*kind, header)].append(piece)
    for (data, revision, _), pieces in found.items():
        for members in [pieces] if ANSWERS in without else same_answers(pieces):
            yield (data, revision), members


def _header(fields: Mapping[str, Any], without: Collection[str]) -> str:
    return digest(fields, {*without, *(name for name in fields if name.startswith("given_"))})


def _pieces(run: RunRecord, without: Collection[str]) -> list[Piece]:
    """The run by what its samples were made with; what was not set up belongs to what was, if only one kind was."""
    kinds: dict[str, list[Result]] = defaultdict(list)
    keys: dict[int, str] = {}  # by fields: the samples of a log share an object, so that few digests are taken
    for result in sorted(run.results, key=lambda r: (not r.is_set_up, r.created, r.seed, r.competition)):
        if id(result.fields) not in keys:
            keys[id(result.fields)] = _kind(result, kinds, without)
        kinds[keys[id(result.fields)]].append(result)
    pieces = [Piece(run, kind[0].fields, tuple(kind)) for kind in kinds.values()] or [Piece(run, run.fields, ())]
    return pieces if ANSWERS in without else [part for piece in pieces for part in _by_answers(piece)]


def _kind(result: Result, kinds: Mapping[str, Sequence[Result]], without: Collection[str]) -> str:
    if not result.is_set_up:
        header = _header(result.fields, without)
        for key, (first, *_) in kinds.items():
            if _header(first.fields, without) == header:
                return key
    return digest(result.fields, without)


def _by_answers(piece: Piece) -> list[Piece]:
    """A piece as one, unless its samples were graded against different answers of one competition."""
    parts: list[tuple[dict[str, str], list[Result]]] = []
    for result in piece.results:
        alone = {result.competition: result.answers} if result.answers else {}
        for answers, members in parts:
            if not conflict(alone, answers):
                answers |= alone
                members.append(result)
                break
        else:
            parts.append((alone, [result]))
    return [replace(piece, results=tuple(members)) for _, members in parts] or [piece]


def same_answers(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces whose answers agree; each goes with the first, in the order of time, that it agrees with."""
    groups: list[tuple[dict[str, str], list[Piece]]] = []
    for piece in sorted(pieces, key=lambda p: (p.run.created, p.run.task)):
        for answers, members in groups:
            if not conflict(answers, piece.answers):
                answers |= piece.answers
                members.append(piece)
                break
        else:
            groups.append((piece.answers, [piece]))
    return [members for _, members in groups]


def conflict(these: Mapping[str, str], those: Mapping[str, str]) -> bool:
    """Whether two sets of answers differ in a competition that both have."""
    return any(those.get(c, sha) != sha for c, sha in these.items())
