"""Random split of the measured RNAs: a tenth, all of good quality, for the test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, drawn, read_csv, require_raw_columns, require_unique, write_csv

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ID = "id_seqpos"
LABELS = ["reactivity", "deg_Mg_pH10", "deg_pH10", "deg_Mg_50C", "deg_50C"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.json` becomes train and test, both in its order; test RNAs keep the fields of `test.json`.

    The answers have a row for each position; positions beyond the measured ones are zeros and not scored (`keep`).
    """
    import numpy as np
    import pandas as pd

    table = pd.read_json(raw / "train.json", lines=True)
    fields = list(pd.read_json(raw / "test.json", lines=True, nrows=1))
    require_raw_columns(read_csv(raw / "sample_submission.csv", nrows=0), [ID, *LABELS], "sample_submission.csv")
    require_unique(table, "id", "train.json")
    if set(fields) & set(LABELS) or not set(fields) <= set(table):
        raise DataError(
            f"test.json has the fields {', '.join(map(str, fields))}; expected some of train.json's, without labels"
        )
    for label in LABELS:
        if (table[label].str.len() != table["seq_scored"]).any():
            raise DataError(f"train.json: a list {label} has not the length that seq_scored says")
    if (table["seq_scored"] >= table["seq_length"]).any():
        raise DataError("train.json: an RNA's seq_scored is not below its seq_length")

    share, seed = drawn() or (0.1, 0)
    good, wanted = np.flatnonzero(table["SN_filter"] > 0), int(len(table) * share)
    if len(good) < wanted:
        raise DataError(f"train.json: only {len(good):,} RNAs pass SN_filter; {wanted:,} are needed for the test")
    in_test = np.zeros(len(table), dtype=bool)
    in_test[good[np.random.RandomState(seed).permutation(len(good))[:wanted]]] = True
    test, train = table[in_test], table[~in_test]
    if test["seq_length"].nunique() > 1:
        raise DataError("train.json: the RNAs differ in seq_length")

    train.assign(index=range(len(train))).to_json(public / "train.json", orient="records", lines=True)
    test[fields].assign(index=range(len(test))).to_json(public / "test.json", orient="records", lines=True)
    answers = _positions(test)
    write_csv(answers, private / "test.csv", float_format="%.10f")
    sample = answers[[ID, *LABELS]].assign(**dict.fromkeys(LABELS, 0.0))
    write_csv(sample, public / "sample_submission.csv", float_format="%.10f")


def _positions(test: pd.DataFrame) -> pd.DataFrame:
    """One row for each position of each RNA: key, labels (0 where not measured), whether it is measured."""
    import numpy as np
    import pandas as pd

    length = int(test["seq_length"].iloc[0])
    position = np.tile(np.arange(length), len(test))
    keep = position < test["seq_scored"].repeat(length).to_numpy()

    def values(label: str) -> np.ndarray:
        padded = np.zeros(len(keep))
        padded[keep] = np.concatenate(test[label].tolist())
        return padded

    keys = test["id"].repeat(length).astype(str).to_numpy(dtype=object) + "_" + position.astype(str).astype(object)
    return pd.DataFrame({ID: keys, **{label: values(label) for label in LABELS}, "keep": keep})
