"""The checks of a submission that graders share.

Whatever is wrong with a submission ends in `InvalidSubmission`, whose text may go to the agent: it names the defect
(column, row, value) and the mend, and never anything that depends on the answers' values. The agent's check and the
final grading run the same code, the one with the sample submission and the other with the answers as `known` table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mlebench_inspect.graders.header import header_found

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Revision = Literal["v1", "v2"]
REVISIONS: tuple[Revision, ...] = ("v1", "v2")
Tables: TypeAlias = "tuple[pd.DataFrame, pd.DataFrame]"
"""What is known, the sample submission or the answers, and the submission."""

MAX_BYTES = 2 * 1024**3


class InvalidSubmission(ValueError):
    """The submission cannot be scored. The message is one line or a few, fit for an agent: what, where, the mend."""


def doubt(refuse: Callable[..., None], *arguments: Any, **options: Any) -> str | None:
    """What a check says of a submission that may be valid all the same: only rows that are scored must pass it.

    Args:
        refuse: One of the checks below.
        arguments: Its arguments.
        options: Its options.

    Returns:
        Words for the agent, None if the whole submission passes.
    """
    try:
        refuse(*arguments, **options)
    except InvalidSubmission as ex:
        return f"{ex}; where this is scored, it is refused"
    return None


def show(value: object, limit: int = 60) -> str:
    """`repr` of a value out of a submission, cut to a length fit for a message."""
    text = repr(value.item() if hasattr(value, "item") else value)  # 3.0 rather than np.float64(3.0)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


def _listing(names: Iterable[object], most: int = 5) -> str:
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(show(n) for n in names[:most]) + more


def require_columns(submission: pd.DataFrame, columns: Sequence[str], *, exact: bool = False) -> None:
    """Refuses a table that lacks a column, or, with `exact`, one that has further columns.

    Raises:
        InvalidSubmission: Naming the columns that are missing or unexpected.
    """
    missing = [c for c in columns if c not in submission.columns]
    if missing:
        raise InvalidSubmission(
            f"column{'s' * (len(missing) > 1)} {_listing(missing)} missing; the header must hold "
            + ", ".join(columns[:20])
            + (" ..." if len(columns) > 20 else "")
            + f"; found was {header_found(submission.columns, missing)}"
        )
    unexpected = [c for c in submission.columns if c not in set(columns)]
    if exact and unexpected:
        raise InvalidSubmission(
            f"unexpected column{'s' * (len(unexpected) > 1)} {_listing(unexpected)}; leave them out"
        )


def require_rows(submission: pd.DataFrame, count: int) -> None:
    """Refuses another number of rows than `count`.

    Raises:
        InvalidSubmission: Naming both numbers.
    """
    if len(submission) != count:
        raise InvalidSubmission(f"{len(submission):,} rows; exactly {count:,} are needed, one for each row to predict")


def require_ids(
    submission: pd.DataFrame, answers: pd.DataFrame, id_column: str, *, repeats: bool = False, gaps: bool = False
) -> None:
    """Refuses repeated, unknown and missing ids. The answers' ids are unique.

    Args:
        submission: Table to check.
        answers: Table with all ids.
        id_column: Name of the id column in both.
        repeats: Whether an id may occur more than once.
        gaps: Whether an id may be missing.

    Raises:
        InvalidSubmission: Naming the first ids at fault.
    """
    import pandas as pd

    given, wanted = submission[id_column], answers[id_column]
    if len(given) == len(wanted) and _places(given, wanted) is not None:
        return
    repeated = given[given.duplicated()]
    if len(repeated) and not repeats:
        raise InvalidSubmission(
            f"{id_column} {_listing(repeated.unique())} occurs more than once; give each id one row"
        )
    unknown = given[~given.isin(wanted)]
    if len(unknown) and pd.api.types.is_numeric_dtype(wanted):
        words = unknown[pd.to_numeric(unknown, errors="coerce").isna()]
        unknown = words if len(words) else unknown  # one word makes text of the other ids as well
    if len(unknown):
        raise InvalidSubmission(
            f"{id_column} {_listing(unknown)} ({len(unknown):,} in all) not among the ids to predict; "
            "take the ids from the sample submission"
        )
    missing = wanted[~wanted.isin(given)]
    if len(missing) and not gaps:
        raise InvalidSubmission(f"no row for {id_column} {_listing(missing)} ({len(missing):,} in all); add them")


def aligned(
    answers: pd.DataFrame, submission: pd.DataFrame, id_column: str, columns: Sequence[str] = ()
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables sorted by id, so that rows with the same position belong together.

    Checks the columns, the number of rows and the ids on the way.

    Args:
        answers: Table with unique ids.
        submission: Table to check.
        id_column: Name of the id column in both.
        columns: Further columns that the submission must have.

    Returns:
        (answers, submission), sorted, with a fresh index.

    Raises:
        InvalidSubmission: A column, a row or an id is missing or too many.
    """
    import numpy as np

    require_columns(submission, [id_column, *columns])
    require_rows(submission, len(answers))
    require_ids(submission, answers, id_column)
    in_order = answers.reset_index(drop=True)
    if not in_order[id_column].is_monotonic_increasing:
        in_order = in_order.sort_values(id_column)
    places = _places(submission[id_column], answers[id_column])
    if places is None:
        return in_order.reset_index(drop=True), submission.sort_values(id_column, ignore_index=True)
    rows = np.empty_like(places)
    rows[places] = np.arange(len(places))
    return in_order.reset_index(drop=True), submission.take(rows[in_order.index]).reset_index(drop=True)


def _places(given: pd.Series, wanted: pd.Series) -> np.ndarray | None:
    """Where each given id stands among the wanted ones; None unless each of these is given exactly once."""
    import numpy as np
    import pandas as pd

    index = pd.Index(wanted)
    if not index.is_unique:
        return None
    places: np.ndarray = index.get_indexer(pd.Index(given))
    if (places < 0).any() or len(places) != len(index) or (np.bincount(places, minlength=len(index)) != 1).any():
        return None
    return places


def _refuse_row(submission: pd.DataFrame, bad: Any, column: str, id_column: str | None, must: str) -> None:
    """Raises for the first row in which the boolean vector `bad` is true."""
    if not bad.any():
        return
    row = int(bad.argmax())
    where = (
        f"row {row + 1}" if id_column is None else f"the row with {id_column} {show(submission[id_column].iloc[row])}"
    )
    raise InvalidSubmission(
        f"column {column} must hold {must}; {where} has {show(submission[column].iloc[row])}"
        f" ({int(bad.sum()):,} such row{'s' * (int(bad.sum()) != 1)})"
    )


def require_numbers(
    submission: pd.DataFrame,
    columns: Sequence[str],
    *,
    id_column: str | None = None,
    minimum: float = float("-inf"),
    maximum: float = float("inf"),
    finite: bool = True,
    missing: bool = False,
    booleans: bool = True,
    whole: bool = False,
) -> None:
    """Refuses columns that hold anything but numbers in [minimum, maximum].

    Args:
        submission: Table to check.
        columns: Columns that must be numeric.
        id_column: Names the row in the message.
        minimum: Smallest allowed value.
        maximum: Largest allowed value.
        finite: Whether infinite values are refused.
        missing: Whether missing values are allowed.
        booleans: Whether True and False count as 1 and 0; else they are refused.
        whole: Whether numbers with a fractional part, and those beyond 64 bits, are refused; 3.0 is whole.

    Raises:
        InvalidSubmission: Naming column, row and value.
    """
    import numpy as np
    import pandas as pd

    low, high = minimum > float("-inf"), maximum < float("inf")
    limits = f" between {minimum:g} and {maximum:g}" if low and high else f" of at least {minimum:g}" if low else ""
    limits = limits or (f" of at most {maximum:g}" if high else "")
    for column in columns:
        series = submission[column]
        if not booleans:
            truth_values = _booleans(series)
            _refuse_row(submission, truth_values, column, id_column, f"numbers{limits}, not True or False")
        if pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_complex_dtype(series):
            values = series.to_numpy(dtype=float, na_value=np.nan)
            absent = np.isnan(values)
        else:
            converted = pd.to_numeric(series, errors="coerce")
            values = converted.to_numpy(dtype=float, na_value=np.nan)
            absent = series.isna().to_numpy()
            _refuse_row(submission, np.isnan(values) & ~absent, column, id_column, f"numbers{limits}")
        if not missing:
            _refuse_row(submission, absent, column, id_column, f"a number{limits} in every row")
        if finite:
            _refuse_row(submission, np.isinf(values), column, id_column, f"finite numbers{limits}")
        with np.errstate(invalid="ignore"):
            _refuse_row(submission, (values < minimum) | (values > maximum), column, id_column, f"numbers{limits}")
            if whole and not pd.api.types.is_integer_dtype(series):
                broken = (values % 1 != 0) | (values >= 2.0**63) | (values < -(2.0**63))
                broken |= (values == -(2.0**63)) & (series.dtype == object)  # rounded, from a smaller number
                _refuse_row(submission, broken & ~absent, column, id_column, f"whole numbers{limits}")


def refuse_text(submission: pd.DataFrame, columns: Sequence[str], *, gaps: bool = False) -> None:
    """Refuses columns that are no numbers to pandas, though each cell may be readable as one.

    Such hold whole numbers beyond 64 bits, floats beyond 1.8e308, or True and False beside numbers or empty cells.

    Args:
        submission: Table to check.
        columns: Columns that must be of a numeric type.
        gaps: Whether True and False beside empty cells pass.

    Raises:
        InvalidSubmission: Naming the column and its first such cell.
    """
    import pandas as pd

    for column in columns:
        cells = submission[column]
        if pd.api.types.is_numeric_dtype(cells) or (gaps and (cells.isna() | _booleans(cells)).all()):
            continue
        row = int(cells.map(_is_no_plain_number).to_numpy(dtype=bool).argmax()) if len(cells) else 0
        found = f"{show(cells.iloc[row])} in row {row + 1} is none, or" if len(cells) else "one may be"
        raise InvalidSubmission(
            f"column {column} is not one of numbers ({found} beyond 64 bits); write plain decimal numbers alone"
        )


def _is_no_plain_number(cell: object) -> bool:
    import math

    try:
        number = float(cell) if isinstance(cell, str) else math.nan
    except ValueError:
        number = math.nan
    return not abs(number) < 2.0**63


def as_floats(submission: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The table with columns of text as floats, if Python's `float` reads every cell: so does NumPy convert text.

    `1_000` is 1000, `1e400` infinite. A column with any other cell is left as it is; so are columns of numbers.
    """
    import pandas as pd

    converted = {}
    for column in columns:
        if not pd.api.types.is_numeric_dtype(submission[column]):
            try:
                converted[column] = submission[column].map(float).astype(float)
            except (TypeError, ValueError):
                continue
    return submission.assign(**converted)


def halves_for_truth_values(submission: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The table with columns of True and False in half precision, in which NumPy computes functions of truth values."""
    import pandas as pd

    return submission.astype({c: "float16" for c in columns if pd.api.types.is_bool_dtype(submission[c])})


def require_labels(submission: pd.DataFrame, column: str, *, id_column: str | None = None) -> None:
    """Refuses what cannot be compared with labels that are whole numbers.

    Whole numbers in any notation and truth values pass. So does a column of nothing but text, which equals no label;
    numbers mixed with text (pandas parses a long column in pieces) do not.

    Raises:
        InvalidSubmission: Naming column, row and value.
    """
    if not all_text(submission[column]):
        require_numbers(submission, [column], id_column=id_column, whole=True)


def truncated_integers(submission: pd.DataFrame, column: str, *, id_column: str | None = None) -> np.ndarray:
    """The cells of a column as Python's `int` reads them: 7.9 is 7, True is 1, and so is the text "1".

    Returns:
        An int64 array.

    Raises:
        InvalidSubmission: Naming column, row and value that is missing, infinite, beyond 64 bits or no number.
    """
    import numpy as np
    import pandas as pd

    series, must = submission[column], "a whole number in every row"
    if pd.api.types.is_bool_dtype(series) or pd.api.types.is_signed_integer_dtype(series):
        return series.to_numpy(dtype=np.int64)
    if not pd.api.types.is_numeric_dtype(series):
        numbers = series.map(_integer)
        _refuse_row(submission, numbers.isna().to_numpy(), column, id_column, must)
        return numbers.to_numpy(dtype=np.int64)
    values = series.to_numpy(dtype=float)
    _refuse_row(submission, ~((values < 2.0**63) & (values >= -(2.0**63))), column, id_column, must)
    return values.astype(np.int64)


def _integer(cell: Any) -> int | None:
    """`int(cell)`, None where that fails or leads beyond 64 bits."""
    try:
        number = int(cell)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if -(2**63) <= number < 2**63 else None


def _booleans(series: pd.Series) -> Any:
    """Which cells hold True or False."""
    import numpy as np
    import pandas as pd

    if pd.api.types.is_bool_dtype(series):
        return np.ones(len(series), dtype=bool)
    if pd.api.types.is_numeric_dtype(series):
        return np.zeros(len(series), dtype=bool)
    return series.map(lambda v: isinstance(v, bool)).to_numpy(dtype=bool)


def require_length(submission: pd.DataFrame, column: str, characters: int, *, id_column: str | None = None) -> None:
    """Refuses a column of text with more than `characters` characters in all, which would take too long to take apart.

    Raises:
        InvalidSubmission: Naming the longest cell.
    """
    lengths = submission[column].map(lambda v: len(v) if isinstance(v, str) else 0).to_numpy(dtype=int)
    if lengths.sum() > characters:
        row = int(lengths.argmax())
        where = f"row {row + 1}" if id_column is None else f"{id_column} {show(submission[id_column].iloc[row])}"
        raise InvalidSubmission(
            f"column {column} holds {int(lengths.sum()):,} characters, at most {characters:,} are read; "
            f"the longest cell ({where}) has {int(lengths[row]):,}"
        )


def require_row_sums(
    submission: pd.DataFrame, columns: Sequence[str], *, id_column: str | None = None, tolerance: float
) -> None:
    """Refuses rows whose sum over `columns` differs from 1 by more than `tolerance`; missing values count as 0.

    Raises:
        InvalidSubmission: Naming the row and its sum.
    """
    sums = submission[list(columns)].sum(axis=1).to_numpy(dtype=float)
    bad = ~(abs(sums - 1) <= tolerance)
    if bad.any():
        row = int(bad.argmax())
        where = (
            f"row {row + 1}"
            if id_column is None
            else f"the row with {id_column} {show(submission[id_column].iloc[row])}"
        )
        raise InvalidSubmission(
            f"the probabilities of each row must sum to 1 (within {tolerance:g}); {where} sums to {float(sums[row]):g} "
            f"({int(bad.sum()):,} such rows); divide each row by its sum"
        )


def rescaled_rows(submission: pd.DataFrame, columns: Sequence[str], *, id_column: str | None = None) -> pd.DataFrame:
    """The table with each row of `columns` divided by its sum; refuses negative values and rows of zeros.

    Raises:
        InvalidSubmission: A value is no number, or negative, or a row has no value above 0.
    """
    require_numbers(submission, columns, id_column=id_column, minimum=0)
    values = submission[list(columns)].astype(float)
    largest = values.max(axis=1)
    must = f"a value above 0 in at least one of the columns {_listing(columns)} in each row"
    refuse_where(submission, largest == 0, columns[0], must, id_column=id_column)
    values = values.div(largest, axis=0)  # keeps the sum finite
    return submission.assign(**values.div(values.sum(axis=1), axis=0))


def all_text(column: pd.Series) -> bool:
    """Whether every cell is text, as `read_table` makes a column in which one cell is neither a number nor empty."""
    import pandas as pd

    return pd.api.types.infer_dtype(column, skipna=False) == "string"


def refuse_where(submission: pd.DataFrame, bad: Any, column: str, must: str, *, id_column: str | None = None) -> None:
    """Refuses the submission where the boolean vector `bad` is true: "column X must hold <must>; the row ... has ...".

    Raises:
        InvalidSubmission: Naming column, row and value of the first such row.
    """
    import numpy as np

    _refuse_row(submission, np.asarray(bad), column, id_column, must)


def blank_if_missing(cells: pd.Series) -> pd.Series:
    """A text column with empty text in the place of missing values."""
    return cells.astype(object).where(cells.notna(), "")
