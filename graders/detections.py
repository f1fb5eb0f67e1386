"""Objects in a text field: groups of a fixed number of items, for instance "class confidence xmin ymin xmax ymax"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import InvalidSubmission, refuse_where, show

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

MAX_CHARACTERS = 1 << 24  # of one field
MAX_GROUPS = 5_000_000  # of one table


class GroupsError(ValueError):
    """A field is faulty. `row` is its position in the table, the message the reason."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(reason)
        self.row = row


@dataclass(frozen=True)
class Groups:
    """The groups of all rows, in the order of the table.

    Attributes:
        row: Position of each group's row, shape (n,).
        label: Position of each group's label in `classes`, -1 for others; 0 where groups have no label. Shape (n,).
        numbers: The other items, shape (n, items).
        classes: The labels that are told apart.
    """

    row: NDArray[np.int64]
    label: NDArray[np.int64]
    numbers: NDArray[np.float64]
    classes: list[str]


def parse(
    fields: Sequence[str],
    items: int,
    *,
    separator: str | None = None,
    label_at: int | None = None,
    classes: Sequence[str] | None = None,
    blank: bool = True,
) -> Groups:
    """Reads groups of `items` items.

    Args:
        fields: One text per row.
        items: Number of items of a group.
        separator: Between items; any white space when None.
        label_at: Position of the item that is a text; all are numbers when None.
        classes: Labels that are told apart; when None those that occur, sorted.
        blank: Whether a blank field stands for no groups.

    Raises:
        GroupsError: Naming the first faulty field's position and the reason.
    """
    import numpy as np

    known = {c: k for k, c in enumerate(classes or ())}
    counts, labels, numbers, total = [], [], [], 0
    for row, field in enumerate(fields):
        if len(field) > MAX_CHARACTERS:
            raise GroupsError(row, f"the field has {len(field):,} characters; at most {MAX_CHARACTERS:,} are read")
        tokens = [] if blank and not field.strip() else field.split(separator)
        count, rest = divmod(len(tokens), items)
        if rest:
            raise GroupsError(row, f"{len(tokens)} items; give {items} for each object{_blanks(tokens)}")
        total += count
        if total > MAX_GROUPS:
            raise GroupsError(row, f"more than {MAX_GROUPS:,} objects up to here; leave out the least confident")
        counts.append(count)
        if label_at is not None:
            names = tokens[label_at::items]
            del tokens[label_at::items]
            if classes is None:
                for name in names:
                    known.setdefault(name, len(known))
            labels.append(np.fromiter((known.get(n, -1) for n in names), dtype=np.int64, count=count))
        try:
            numbers.append(np.fromiter(map(float, tokens), dtype=np.float64, count=len(tokens)))
        except ValueError:
            wrong = next(t for t in tokens if not _is_float(t))
            raise GroupsError(row, f"{show(wrong)} is not a number{_blanks(tokens)}") from None
    label = np.concatenate([*labels, np.empty(0, dtype=np.int64)]) if labels else np.zeros(total, dtype=np.int64)
    found = sorted(known) if classes is None else list(classes)
    if classes is None and known:
        position = {c: k for k, c in enumerate(found)}
        label = np.array([position[c] for c in known], dtype=np.int64)[label]
    width = items - (label_at is not None)
    flat = np.concatenate([*numbers, np.empty(0)])
    return Groups(np.repeat(np.arange(len(counts)), counts), label, flat.reshape(-1, width), found)


def submitted_groups(
    submission: pd.DataFrame,
    column: str,
    items: int,
    *,
    id_column: str,
    separator: str | None = None,
    label_at: int | None = None,
    classes: Sequence[str] | None = None,
    blank: bool = True,
) -> Groups:
    """Reads the groups of a submission's column (see `parse`).

    Raises:
        InvalidSubmission: Naming the row and what is wrong with its field.
    """
    fields = submission[column]
    bad = ~fields.map(lambda f: isinstance(f, str)).to_numpy(dtype=bool)
    refuse_where(submission, bad, column, f"text, {items} items for each object", id_column=id_column)
    try:
        return parse(fields.tolist(), items, separator=separator, label_at=label_at, classes=classes, blank=blank)
    except GroupsError as ex:
        where = f"column {column}, the row with {id_column} {show(submission[id_column].iloc[ex.row])}"
        raise InvalidSubmission(f"{where}: {ex}") from None


def refuse_groups(
    submission: pd.DataFrame, groups: Groups, bad: NDArray[np.bool_], column: str, id_column: str, must: str
) -> None:
    """Refuses the submission if `bad` (one flag per group) holds: "column X, ... : object 3 <must>".

    Raises:
        InvalidSubmission: Naming the first such group's row and its place in it.
    """
    if bad.any():
        group = int(bad.argmax())
        row = int(groups.row[group])
        place = group - int((groups.row < row).sum()) + 1
        raise InvalidSubmission(
            f"column {column}, the row with {id_column} {show(submission[id_column].iloc[row])}: object {place} {must}"
        )


def _blanks(tokens: list[str]) -> str:
    return " (there is a blank too many)" if "" in tokens else ""


def _is_float(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True
