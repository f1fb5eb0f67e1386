"""Random 90/10 split of four million rows, without holding them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import read_csv, require_unique, train_test_positions, write_csv, write_rows

if TYPE_CHECKING:
    import numpy as np


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test in shuffled order."""

    def parts(rows: int) -> Iterator[tuple[Path, np.ndarray]]:
        train, test = train_test_positions(rows, 0.1)
        yield public / "train.csv", train
        yield private / "test.csv", test

    write_rows(raw / "train.csv", parts, scratch=public, dtype="int64")
    test = read_csv(private / "test.csv")
    require_unique(test, "Id", "train.csv")
    write_csv(test.drop(columns="Cover_Type"), public / "test.csv")
    write_csv(test[["Id"]].assign(Cover_Type=2), public / "sample_submission.csv")
