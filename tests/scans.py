"""Scanners' results beside logs, as Scout keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def written(folder: str | Path, scan: str, question: str, rows: list[tuple[str, str, Any]]) -> None:
    """A scanner's results as Scout keeps them: sample, time, verdict."""
    table = pa.table(
        {
            "transcript_id": [r[0] for r in rows],
            "timestamp": [r[1] for r in rows],
            "metadata": [r[2] if isinstance(r[2], str) else r[2].model_dump_json() for r in rows],
            "input": ["a whole transcript" for _ in rows],
        }
    )
    target = Path(folder) / "scans" / f"scan_id={scan}"
    target.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, target / f"{question}.parquet")
