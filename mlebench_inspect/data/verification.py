"""Prepared files against the published MD5 sums, and how a file differs where it does."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlebench_inspect.data.archives import md5
from mlebench_inspect.data.jobs import Report
from mlebench_inspect.data.manifest import FileSum
from mlebench_inspect.tasks import Checksums

_SMALL_ENOUGH = 512 << 20  # bytes of a file that is looked into as a whole
_MEANING = {
    "public": "agents see other data than those of published results",
    "private": "submissions are graded against other answers than in published results",
}


@dataclass
class Findings:
    """What verification found out."""

    files: dict[str, FileSum] = field(default_factory=dict)
    differing: dict[str, str] = field(default_factory=dict)
    """File (`public/train.csv`) to how it differs."""

    @property
    def meaning(self) -> str:
        """What the differences mean for comparability."""
        return "; ".join(m for part, m in _MEANING.items() if any(f.startswith(f"{part}/") for f in self.differing))

    def __str__(self) -> str:
        return "; ".join(f"{name}: {how}" for name, how in self.differing.items())


def published(sums: Checksums) -> dict[str, str]:
    """MD5 sums by file, `public/...` and `private/...`."""
    return {f"{part}/{name}": s for part in ("public", "private") for name, s in getattr(sums, part).items()}


def verify(
    prepared: Path, sums: Mapping[str, str], report: Report, *, raw: Path | None = None, rows: Mapping[str, Any] = {}
) -> Findings:
    """Compares prepared files with their MD5 sums.

    A Parquet file with another sum counts as right if it can be read, since its bytes depend on library versions.

    Args:
        prepared: Folder with `public` and `private`.
        sums: MD5 by file, as from `published`.
        report: Told how far it is.
        raw: Raw data, to say more about files that differ.
        rows: Known numbers of rows (`approx_rows` of the competition), for the same purpose.
    """
    findings = Findings()
    for name, expected in sums.items():
        path = prepared / name
        if not path.is_file():
            findings.differing[name] = "is missing"
            continue
        found = FileSum(bytes=path.stat().st_size, md5=md5(path, report, "verify"))
        findings.files[name] = found
        if found.md5 == expected:
            continue
        if path.suffix == ".parquet":
            fault, shape = _parquet(path)
            if fault is None:
                found.note = f"readable Parquet, {shape}; its bytes depend on library versions and are not compared"
                continue
            findings.differing[name] = fault
            continue
        partner = raw / path.name if raw is not None else None
        said = [f"MD5 {found.md5}, expected {expected}", describe(path), _known_rows(name, rows, path)]
        said += [_only_bytes(path, expected) or _foreign_line(path, partner)]
        findings.differing[name] = ", ".join(s for s in said if s)
    return findings


def describe(path: Path) -> str:
    """Rows and columns of a table, as far as its format is known."""
    try:
        if path.suffix == ".csv":
            columns = _header(path)
            return f"{count_rows(path)} rows, {len(columns)} columns ({_shortened(', '.join(columns))})"
        if path.suffix == ".jsonl":
            return f"{sum(1 for _ in _lines(path))} lines"
        if path.suffix == ".parquet":
            return _parquet(path)[1]
    except (OSError, UnicodeError, StopIteration) as ex:
        return f"cannot be read ({ex})"
    return f"{path.stat().st_size} bytes"


def differences(found: Path, expected: Path) -> str:
    """How a file differs from the one that it should be: rows, columns, first differing line."""
    if not found.is_file():
        return "is missing"
    said = []
    if found.suffix == ".csv":
        rows, want_rows = count_rows(found), count_rows(expected)
        if rows != want_rows:
            said.append(f"{rows} rows instead of {want_rows}")
        columns, want = _header(found), _header(expected)
        if columns != want:
            missing, more = [c for c in want if c not in columns], [c for c in columns if c not in want]
            said += [f"columns missing: {_shortened(', '.join(missing))}"] if missing else []
            said += [f"columns too many: {_shortened(', '.join(more))}"] if more else []
            said += [] if missing or more else ["columns in another order"]
    for number, (a, b) in enumerate(itertools.zip_longest(_lines(found), _lines(expected)), 1):
        if a != b:
            shown = "the end of the file" if a is None else _quoted(a)
            said.append(f"line {number} is {shown}, not {'the end of the file' if b is None else _quoted(b)}")
            break
    return ", ".join(said) or "equal bytes"


def count_rows(path: Path) -> int:
    """Records of a CSV file without the header, quoted line breaks taken into account."""
    import csv

    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        csv.field_size_limit(1 << 30)
        return max(0, sum(1 for row in csv.reader(file) if row) - 1)


def _header(path: Path) -> list[str]:
    import csv

    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        return next(csv.reader(file), [])


def _lines(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        yield from file


def _known_rows(name: str, rows: Mapping[str, Any], path: Path) -> str | None:
    part, _, file = name.partition("/")
    known = rows.get(f"{part}_{Path(file).stem}")
    if path.suffix != ".csv" or not isinstance(known, int) or known == count_rows(path):
        return None
    return f"{known} rows expected"


def _only_bytes(path: Path, expected: str) -> str | None:
    """Says so if the file would have the expected sum but for line ends, a byte order mark or the last line break."""
    if path.stat().st_size > _SMALL_ENOUGH:
        return None
    data = path.read_bytes()
    unix = data.replace(b"\r\n", b"\n")
    variants = {
        "the line ends": (unix, unix.replace(b"\n", b"\r\n")),
        "a byte order mark": (data.removeprefix(b"\xef\xbb\xbf"), b"\xef\xbb\xbf" + data),
        "the line break at the end": (data.rstrip(b"\r\n"), data + b"\n"),
    }
    for what, candidates in variants.items():
        if expected in (hashlib.md5(c, usedforsecurity=False).hexdigest() for c in candidates):
            return f"differs in {what} alone"
    return None


def _foreign_line(path: Path, raw: Path | None) -> str | None:
    """The first line that is not a line of the raw file with the same name and header."""
    if raw is None or path.suffix != ".csv" or not raw.is_file() or raw.stat().st_size > _SMALL_ENOUGH:
        return None
    if _header(path) != _header(raw):
        return None
    known = {hash(s.rstrip(b"\r\n")) for s in _lines(raw)}
    for number, line in enumerate(_lines(path), 1):
        if hash(line.rstrip(b"\r\n")) not in known:
            return f"line {number} is not a line of the raw {raw.name}: {_quoted(line)}"
    return f"all its lines are lines of the raw {raw.name}, so the choice or the order of the rows differs"


def _parquet(path: Path) -> tuple[str | None, str]:
    """(what is wrong, rows and columns) of a Parquet file."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            rows, names = file.metadata.num_rows, file.schema_arrow.names
            for _ in file.iter_batches(batch_size=1 << 16):
                pass
    except Exception as ex:
        return f"is not readable as Parquet ({ex})", ""
    return None, f"{rows} rows, {len(names)} columns ({_shortened(', '.join(names))})"


def _quoted(line: bytes) -> str:
    return repr(_shortened(line.decode("utf-8", "replace")))


def _shortened(text: str, width: int = 100) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
