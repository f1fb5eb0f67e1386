"""Rows as a data frame of fixed dtypes, and what is beside them in Inspect's own frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.reporting.records import RunRecord
from mlebench_inspect.run.identity import conditions_of, digest

TEXT, WHOLE, NUMBER, TRUTH, MOMENT = "string", "Int64", "Float64", "boolean", "datetime64[us, UTC]"
Row = dict[str, Any]
Dtypes = Mapping[str, str]


def framed(rows: Iterable[Row], dtypes: Dtypes) -> pd.DataFrame:
    """A data frame with exactly these columns; what a row does not have is `<NA>`."""
    rows = list(rows)
    columns = {name: _column([row.get(name) for row in rows], dtype) for name, dtype in dtypes.items()}
    return pd.DataFrame(columns)


def _column(values: list[Any], dtype: str) -> Any:
    column: Any = pd.Series([None if pd.isna(v) else v for v in values], dtype=object)
    if dtype == MOMENT:
        column = pd.to_datetime(column, utc=True, format="ISO8601")
    return column.astype(dtype)


def about(run: RunRecord) -> Row:
    """Which run a row is of."""
    return {
        "task": run.task,
        "data": run.data,
        "revision": run.revision,
        "solver": run.fields.get("solver"),
        "model": run.fields.get("model"),
        "conditions": conditions_of(run.fields) or None,
    }


def outcome(report: GradingReport) -> Row:
    """What a submission was worth."""
    return {
        "medal": report.medal,
        "any_medal": report.any_medal,
        "score": report.score,
        "percentile": report.percentile,
        "above_median": report.above_median,
        "valid": report.valid_submission,
    }


class Digests:
    """Identities by what was run with, each of which is taken once: many results share an object."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def of(self, fields: Mapping[str, Any]) -> str:
        """The digest."""
        if id(fields) not in self._known:
            self._known[id(fields)] = digest(fields)
        return self._known[id(fields)]
