"""Reading tables, trusted and untrusted ones.

A submission is hostile input: what would cost minutes or gigabytes is refused before it is parsed.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mlebench_inspect.graders.submission import MAX_BYTES, InvalidSubmission

if TYPE_CHECKING:
    import pandas as pd

MAX_COLUMNS = 10_000
MAX_HEADER_BYTES = 4 * 1024**2


def check_file(path: Path, *, max_bytes: int = MAX_BYTES) -> None:
    """Refuses all but a regular `.csv` file of bounded size; follows no link.

    Raises:
        InvalidSubmission: Naming what lies at the path.
    """
    try:
        info = os.lstat(path)
    except FileNotFoundError:
        raise InvalidSubmission(f"there is no file {path.name}; write your predictions to it") from None
    except (OSError, ValueError) as ex:
        raise InvalidSubmission(f"{path.name} cannot be opened: {getattr(ex, 'strerror', None) or ex}") from None
    if stat.S_ISLNK(info.st_mode):
        raise InvalidSubmission(f"{path.name} is a symbolic link; write a regular file in its place")
    if not stat.S_ISREG(info.st_mode):
        kind = "a folder" if stat.S_ISDIR(info.st_mode) else "not a regular file"
        raise InvalidSubmission(f"{path.name} is {kind}; write a regular file in its place")
    if path.suffix.lower() != ".csv":
        raise InvalidSubmission(f"{path.name} must be a CSV file whose name ends in .csv")
    if info.st_size > max_bytes:
        raise InvalidSubmission(f"{path.name} has {info.st_size:,} bytes; at most {max_bytes:,} are read")


def _check_bytes(path: Path) -> None:
    """Refuses by content what the CSV parser would take minutes or gigabytes to choke on."""
    with open(path, "rb") as file:
        head = file.read(MAX_HEADER_BYTES)
    for magic, kind in ((b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"PAR1", "Parquet"), (b"BZh", "bzip2")):
        if head.startswith(magic):
            raise InvalidSubmission(f"{path.name} holds {kind} data, not text; write plain, uncompressed CSV")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InvalidSubmission(f"{path.name} is UTF-16 text; save it as UTF-8")
    if b"\x00" in head:
        raise InvalidSubmission(f"{path.name} holds NUL bytes (first at byte {head.index(0)}); write plain UTF-8 text")
    header, newline, _ = head.partition(b"\n")
    if not newline and len(head) == MAX_HEADER_BYTES:
        raise InvalidSubmission(f"the first line of {path.name} is longer than {MAX_HEADER_BYTES:,} bytes")
    if header.count(b",") >= MAX_COLUMNS:
        raise InvalidSubmission(f"{path.name} has more than {MAX_COLUMNS:,} columns")


def read_table(source: Path | IO[bytes], **options: Any) -> pd.DataFrame:
    """`pandas.read_csv` as all tables of the benchmark are read, alike under pandas 2 and 3.

    Floats are parsed with correct rounding, and text columns come as `object` with NaN for missing values. A column of
    whole numbers some of which need more than 64 bits comes as text.

    Args:
        source: A file, or an open binary stream.
        options: For `pandas.read_csv`.
    """
    import pandas as pd

    options = {**exact_floats(), **options}
    table: pd.DataFrame = pd.read_csv(source, **options)
    text = [c for c, dtype in zip(table.columns, table.dtypes, strict=True) if isinstance(dtype, pd.StringDtype)]
    for column in table.columns[[pd.api.types.is_object_dtype(dtype) for dtype in table.dtypes]]:
        if pd.api.types.infer_dtype(table[column]) == "integer":  # Python's own numbers, in pandas 3
            table[column] = table[column].map(str, na_action="ignore").astype(object)
    return table.astype(dict.fromkeys(text, object)) if text else table


def exact_floats() -> dict[str, Any]:
    """Options of `pandas.read_csv` under which floats are parsed with correct rounding."""
    return {"float_precision": "round_trip"} if _exact_floats_need_asking() else {}


@cache
def _exact_floats_need_asking() -> bool:
    """Whether pandas must be asked for correctly rounded floats; from 3.1 on it parses no other way."""
    import pandas as pd

    return tuple(int(n) for n in pd.__version__.split(".")[:2]) < (3, 1)


def read_submission(path: Path, *, max_bytes: int = MAX_BYTES, **options: Any) -> pd.DataFrame:
    """The submission as a table.

    Args:
        path: The file; a link is refused.
        max_bytes: Largest size that is read.
        options: For `pandas.read_csv`.

    Raises:
        InvalidSubmission: Not a plain CSV file of text in UTF-8, or too large.
    """
    import pandas as pd

    check_file(path, max_bytes=max_bytes)
    _check_bytes(path)
    try:
        table = _text_where_too_large(path, read_table(path, **options), options)
    except pd.errors.EmptyDataError:
        raise InvalidSubmission(f"{path.name} is empty; write a header and a row for each prediction") from None
    except UnicodeDecodeError:
        raise InvalidSubmission(f"{path.name} is not UTF-8 text{_first_bad_byte(path)}; save it as UTF-8") from None
    except (pd.errors.ParserError, ValueError, OverflowError) as ex:
        raise InvalidSubmission(f"{path.name} is not a readable CSV table: {_parser_fault(ex)}") from None
    if len(table.columns) > MAX_COLUMNS:
        raise InvalidSubmission(f"{path.name} has more than {MAX_COLUMNS:,} columns")
    return table


def _first_bad_byte(path: Path) -> str:
    """Where in the file the first byte stands that is not UTF-8."""
    decoder, done = codecs.getincrementaldecoder("utf-8")(), 0
    with open(path, "rb") as file:
        while True:
            block = file.read(1 << 20)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as ex:
                return f" (byte {done + len(block) - len(ex.object) + ex.start:,}: {ex.reason})"
            if not block:
                return ""
            done += len(block)


_FIELDS = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")


def _parser_fault(fault: Exception) -> str:
    """The parser's message; that on a line with too many fields in our words."""
    text = str(fault).strip()
    if found := _FIELDS.search(text):
        expected, line, seen = found.groups()
        return f"line {line} has {seen} fields, those before it {expected}; look for an extra comma or a missing quote"
    return text[:300]


def extra_fields(table: pd.DataFrame) -> str | None:
    """What is to be said of a table whose first row has more fields than the header; None if it has not.

    pandas then takes the first fields of every row for its name, and the others move to the left.

    Args:
        table: As `read_submission` returns it.
    """
    import pandas as pd

    if isinstance(table.index, pd.RangeIndex) or not len(table):
        return None
    extra, columns = table.index.nlevels, len(table.columns)
    first = "field" if extra == 1 else f"{extra} fields"
    return (
        f"the first row has {extra + columns} fields and the header {columns}, so that the first {first} of every row "
        "served as its name and the others moved to the left; look for an extra comma"
    )


def _text_where_too_large(path: Path, table: pd.DataFrame, options: dict[str, Any]) -> pd.DataFrame:
    """Makes text of columns that hold a number too large for a float, such as 1e400, as pandas before 3.1 reads them.

    pandas parses a file in blocks of rows, and each block by itself: in a long file the blocks without such a number
    keep their floats.

    Args:
        path: The file that `table` was read from.
        table: Whole table, its rows in the order of the file.
        options: With which it was read.
    """
    import numpy as np
    import pandas as pd

    infinite = [k for k in range(table.shape[1]) if _is_infinite(table.iloc[:, k])]
    if not infinite:
        return table
    words = pd.read_csv(path, **{**options, "dtype": str})
    block = 1 << ((2**20 // max(table.shape[1], 1) - 1).bit_length() - 1)
    for k in infinite:
        column, text = table.iloc[:, k], words.iloc[:, k]
        number = np.isposinf(column.to_numpy()) & ~text.str.strip().str.lower().str.lstrip("+").isin(_INFINITY)
        if number.any():
            rows = np.isin(np.arange(len(table)) // block, np.flatnonzero(number) // block)
            mixed = column.astype(object).where(~rows, text.astype(object))
            table = table.assign(**{str(table.columns[k]): mixed})
    return table


_INFINITY = ("inf", "infinity")


def _is_infinite(column: pd.Series) -> bool:
    import numpy as np
    import pandas as pd

    return pd.api.types.is_float_dtype(column) and bool(np.isposinf(column.to_numpy()).any())
