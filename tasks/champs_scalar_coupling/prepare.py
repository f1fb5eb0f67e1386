"""Random split of the molecules, one in ten for the test."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place_named,
    read_csv,
    require_raw_columns,
    require_unique,
    shuffled_group_split,
    write_csv,
)

NAME, TARGET = "molecule_name", "scalar_coupling_constant"
COLUMNS = ["id", NAME, "atom_index_0", "atom_index_1", "type", TARGET]
TABLES = [
    "structures.csv",
    "dipole_moments.csv",
    "magnetic_shielding_tensors.csv",
    "mulliken_charges.csv",
    "potential_energy.csv",
    "scalar_coupling_contributions.csv",
]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv` becomes train and test, whole molecules in shuffled order; the other tables keep train molecules.

    v2 keeps the structures of test molecules too, without which their couplings cannot be predicted.
    """
    table = read_csv(raw / "train.csv")
    require_raw_columns(table, COLUMNS, "train.csv")
    require_unique(table, "id", "train.csv")
    train, test = (table.iloc[rows] for rows in shuffled_group_split(table[NAME], 0.1))
    of_train = train[NAME].unique()
    of_both = table[NAME].unique()

    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns=TARGET), public / "test.csv")
    write_csv(test, private / "answers.csv")
    write_csv(test[["id"]].assign(**{TARGET: 0}), public / "sample_submission.csv")
    del table, train, test
    for file in TABLES:
        molecules = of_both if file == "structures.csv" and revision == "v2" else of_train
        rows = read_csv(raw / file)
        rows = rows[rows[NAME].isin(molecules)]
        if rows[NAME].nunique() != len(molecules):
            raise DataError(f"{file} lacks {len(molecules) - rows[NAME].nunique():,} of the molecules of train.csv")
        write_csv(rows, public / file)
    molecules = of_both if revision == "v2" else of_train
    place_named([f"{m}.xyz" for m in sorted(molecules)], raw / "structures", public / "structures")
