"""Grading reports in the layout of the published benchmark, exported from logs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from mlebench_inspect.reporting.grading_reports import totals
from mlebench_inspect.reporting.places import write_text
from mlebench_inspect.reporting.rows import Row


def export(rows: Sequence[Row], folder: str | Path) -> list[str]:
    """Writes one grading report for each row and seed to `folder`, a path or a URL; returns where they lie.

    What ended without a score is in it as a run without a submission; competitions that were not run are not.

    Raises:
        ReportingError: They cannot be written.
    """
    written = []
    for row in rows:
        for seed in range(1, row.seeds + 1):
            results = [row.cells[c, seed] for c in row.competitions if (c, seed) in row.cells]
            if results:
                reports = [r.graded(row.setting.data, row.setting.revision) for r in results]
                written.append(f"{str(folder).rstrip('/')}/{_name(row, seed)}")
                write_text(written[-1], json.dumps(totals(reports), indent=2))
    return written


def _name(row: Row, seed: int) -> str:
    data, *names = row.setting
    revision, solver, model, conditions = map(_plain, names)
    kind = "" if data == "real" else f"{data}_"
    apart = (f"_{conditions}" if conditions else "") + (f"_row{row.variant}" if row.variant > 1 else "")
    return f"{kind}{solver}_{model}_{revision}{apart}_seed{seed}_grading_report.json"


def _plain(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text).strip("-")
