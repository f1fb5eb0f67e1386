"""Reading tables, trusted and untrusted ones.

A submission is hostile input: what would cost minutes or gigabytes is refused before it is parsed.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mlebench_inspect.graders.errors import is_lack_of_memory
from mlebench_inspect.graders.shape import Shape, shape_of
from mlebench_inspect.graders.submission import MAX_BYTES, InvalidSubmission

if TYPE_CHECKING:
    import pandas as pd

MAX_COLUMNS = 10_000
MAX_HEADER_BYTES = 4 * 1024**2
MAX_EXTRA_FIELDS = 64  # of the first row, beyond the header's
MAX_MISSING = 50_000_000  # cells that a file has no bytes for
MAX_TEXTS = 25_000_000  # cells of text, each an object of some 60 bytes and its characters


MISSING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"),
    *("NULL", "NaN", "None", "n/a", "nan", "null"),
)
"""Cells that `pandas.read_csv` documents to read as missing."""


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


def _check_content(path: Path) -> None:
    """Refuses by its first bytes and by its shape what the CSV parser would take minutes or gigabytes to choke on."""
    with open(path, "rb") as file:
        head = file.read(MAX_HEADER_BYTES)
    for magic, kind in ((b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"PAR1", "Parquet"), (b"BZh", "bzip2")):
        if head.startswith(magic):
            raise InvalidSubmission(f"{path.name} holds {kind} data, not text; write plain, uncompressed CSV")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InvalidSubmission(f"{path.name} is UTF-16 text; save it as UTF-8")
    if b"\x00" in head:
        raise InvalidSubmission(f"{path.name} holds NUL bytes (first at byte {head.index(0)}); write plain UTF-8 text")
    _check_shape(path.name, shape_of(path, most_fields=MAX_COLUMNS + MAX_EXTRA_FIELDS))


def _check_shape(name: str, shape: Shape) -> None:
    if shape.header_fields > MAX_COLUMNS:
        raise InvalidSubmission(f"{name} has more than {MAX_COLUMNS:,} columns")
    if shape.header_bytes > MAX_HEADER_BYTES:
        raise InvalidSubmission(f"the first line of {name} is longer than {MAX_HEADER_BYTES:,} bytes")
    if shape.first_row_fields > shape.header_fields + MAX_EXTRA_FIELDS:
        raise InvalidSubmission(
            f"the first row of {name} has more than {MAX_EXTRA_FIELDS} fields beyond the header's "
            f"{shape.header_fields:,}; look for extra commas"
        )
    cells = shape.lines * shape.header_fields  # a row with all its fields has a comma or an end of line for each
    if cells - shape.bytes > MAX_MISSING:
        raise InvalidSubmission(
            f"{name} has {shape.lines:,} lines and {shape.header_fields:,} columns but only {shape.bytes:,} bytes, "
            "so that most cells hold nothing; give each row a value for each column"
        )


def read_table(source: Path | IO[bytes], **options: Any) -> pd.DataFrame:
    """`pandas.read_csv` as all tables of the benchmark are read, alike under pandas 2 and 3.

    Floats are parsed with correct rounding, and text columns come as `object` with NaN for missing values. A column of
    whole numbers some of which need more than 64 bits comes as text.

    Args:
        source: A file, or an open binary stream.
        options: For `pandas.read_csv`.
    """
    return _with_objects(_parsed(source, options))


def _parsed(source: Path | IO[bytes], options: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    table: pd.DataFrame = pd.read_csv(source, **{**exact_floats(), **options})
    if options.get("keep_default_na", True) and options.get("na_filter", True):
        for column in _text_columns(table):
            # pandas 3 leaves them as they are beside a whole number beyond 64 bits and words. Beside whole numbers
            # alone of which one needs the 64th bit, pandas 2.2 does so, too.
            missing = table[column].isin(MISSING)
            if missing.any() and not _have_64_bits(table[column][~missing]):
                table[column] = table[column].mask(missing)
    return table


def _have_64_bits(cells: Iterable[str]) -> bool:
    """Whether all are whole numbers that 64 bits hold, with or without a sign."""
    try:
        return all(c.isascii() and "_" not in c and -(2**63) <= int(c) < 2**64 for c in cells)
    except ValueError:  # no number, or one of thousands of digits
        return False


def _with_objects(table: pd.DataFrame) -> pd.DataFrame:
    """The table with Python's objects in the place of pandas' own texts, which exist from pandas 3 on.

    Raises:
        MemoryError: There is no room for them.
    """
    import pandas as pd
    from pyarrow import ArrowException

    text = _text_columns(table)
    for column in table.columns[[pd.api.types.is_object_dtype(dtype) for dtype in table.dtypes]]:
        if pd.api.types.infer_dtype(table[column]) == "integer":  # Python's own numbers, in pandas 3
            table[column] = table[column].map(str, na_action="ignore").astype(object)
    try:
        return table.astype(dict.fromkeys(text, object)) if text else table
    except ArrowException as ex:  # valid text fails for no other reason
        raise MemoryError(str(ex)) from ex


def _holds_text(dtype: Any) -> bool:
    import pandas as pd

    return isinstance(dtype, pd.StringDtype) or bool(pd.api.types.is_object_dtype(dtype))


def _text_columns(table: pd.DataFrame) -> list[str]:
    import pandas as pd

    return [c for c, dtype in zip(table.columns, table.dtypes, strict=True) if isinstance(dtype, pd.StringDtype)]


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
        MemoryError: It needs more memory than there is.
    """
    import pandas as pd

    check_file(path, max_bytes=max_bytes)
    _check_content(path)
    try:
        table = _parsed(path, options)
        if (texts := sum(map(_holds_text, table.dtypes)) * len(table)) > MAX_TEXTS:
            raise InvalidSubmission(f"{path.name} has {texts:,} cells of text; at most {MAX_TEXTS:,} are read")
        table = _text_where_too_large(path, _with_objects(table), options)
    except pd.errors.EmptyDataError:
        raise InvalidSubmission(f"{path.name} is empty; write a header and a row for each prediction") from None
    except UnicodeDecodeError:
        raise InvalidSubmission(f"{path.name} is not UTF-8 text{_first_bad_byte(path)}; save it as UTF-8") from None
    except InvalidSubmission:
        raise
    except (pd.errors.ParserError, ValueError, OverflowError) as ex:
        if is_lack_of_memory(ex):
            raise MemoryError(str(ex)) from ex
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

    infinite = [k for k in range(table.shape[1]) if _is_infinite(table.iloc[:, k])]
    if not infinite:
        return table
    block = 1 << ((2**20 // max(table.shape[1], 1) - 1).bit_length() - 1)
    mixed = {}
    for k, words in zip(infinite, _words(path, table, infinite, options), strict=True):
        column = table.iloc[:, k]
        number = np.isposinf(column.to_numpy()) & ~words.str.strip().str.lower().str.lstrip("+").isin(_INFINITY)
        if number.any():
            rows = np.isin(np.arange(len(table)) // block, np.flatnonzero(number) // block)
            mixed[str(table.columns[k])] = column.astype(object).where(~rows, words.astype(object))
    return table.assign(**mixed)


def _words(path: Path, table: pd.DataFrame, columns: list[int], options: dict[str, Any]) -> list[pd.Series]:
    """Those columns of the file as text, whole; other columns are read only where they tell rows apart."""
    import pandas as pd

    chosen = {} if extra_fields(table) else {"usecols": columns}
    words = pd.read_csv(path, **{**options, "dtype": str, **chosen})
    return [words.iloc[:, i if chosen else k] for i, k in enumerate(columns)]


_INFINITY = ("inf", "infinity")


def _is_infinite(column: pd.Series) -> bool:
    import numpy as np
    import pandas as pd

    return pd.api.types.is_float_dtype(column) and bool(np.isposinf(column.to_numpy()).any())
