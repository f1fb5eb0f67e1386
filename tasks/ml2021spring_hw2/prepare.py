"""Split of the labelled speech frames, in the proportion of the original train and test arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, train_test_positions, write_answers_and_sample

if TYPE_CHECKING:
    import numpy as np

FOLDER = Path("timit_11/timit_11")
FRAME = 39  # values a frame; a row holds eleven frames, the next row the same ones shifted by one
ROWS_AT_A_TIME = 1 << 14


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """The labelled rows become train and test: v1 splits them one by one, v2 keeps an utterance's rows together."""
    import numpy as np
    import pandas as pd

    features = np.load(raw / FOLDER / "train_11.npy", mmap_mode="r")
    labels = np.load(raw / FOLDER / "train_label_11.npy", mmap_mode="r")
    unlabelled = len(np.load(raw / FOLDER / "test_11.npy", mmap_mode="r"))
    if features.ndim != 2 or labels.shape != features.shape[:1]:
        raise DataError(f"{len(labels):,} labels in train_label_11.npy do not fit train_11.npy {features.shape}")
    share = unlabelled / (len(features) + unlabelled)
    if revision == "v1":
        train, test = train_test_positions(len(features), share)
    else:
        utterance = utterances(features)
        count = int(utterance[-1]) + 1
        if count < 2:
            raise DataError("train_11.npy is a single utterance; there is nothing to split")
        in_test = np.isin(utterance, train_test_positions(count, share)[1])
        train, test = np.flatnonzero(~in_test), np.flatnonzero(in_test)

    (public / FOLDER).mkdir(parents=True)
    _save_rows(features, train, public / FOLDER / "train_11.npy")
    _save_rows(labels, train, public / FOLDER / "train_label_11.npy")
    _save_rows(features, test, public / FOLDER / "test_11.npy")
    answers = pd.DataFrame({"Id": np.arange(len(test)), "ClassId": labels[test]})
    write_answers_and_sample(answers, {"ClassId": 0}, private / "answers.csv", public / "sampleSubmission.csv")


def utterances(features: Any) -> np.ndarray:
    """Number of the utterance of each row, shape (n,): a new one begins where a row is not its predecessor shifted."""
    import numpy as np

    begins = np.zeros(len(features), dtype=bool)
    for i in range(1, len(features), ROWS_AT_A_TIME):
        rows = features[i - 1 : i + ROWS_AT_A_TIME]
        begins[i : i + ROWS_AT_A_TIME] = (rows[1:, :-FRAME] != rows[:-1, FRAME:]).any(axis=1)
    return np.cumsum(begins)


def _save_rows(array: Any, positions: np.ndarray, path: Path) -> None:
    """Writes array[positions] as `numpy.save` does, block by block."""
    import numpy as np

    shape = (len(positions), *array.shape[1:])
    saved = np.lib.format.open_memmap(path, "w+", array.dtype, shape, version=(1, 0))
    for i in range(0, len(positions), ROWS_AT_A_TIME):
        saved[i : i + ROWS_AT_A_TIME] = array[positions[i : i + ROWS_AT_A_TIME]]
    saved.flush()
