"""60 molecules with a pair of each coupling type; the type nearly tells the constant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks.preparing import write_csv

if TYPE_CHECKING:
    import pandas as pd

LABELLED, UNLABELLED, ATOMS = 60, 6, 9
KINDS = ["1JHC", "1JHN", "2JHC", "2JHH", "2JHN", "3JHC", "3JHH", "3JHN"]
SHIELDING = ["XX", "YX", "ZX", "XY", "YY", "ZY", "XZ", "YZ", "ZZ"]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`, the six further tables and `structures/`. Type number k has constants near 10 k."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    names = [f"dsgdb9nsd_{i:06d}" for i in range(1, LABELLED + UNLABELLED + 1)]
    known = names[:LABELLED]
    elements = rng.choice(list("CHNOF"), (len(names), ATOMS))
    places = rng.normal(0, 2, (len(names), ATOMS, 3)).round(10)

    pairs = pd.DataFrame({"molecule_name": np.repeat(known, len(KINDS))})
    pairs["atom_index_0"] = np.tile(np.arange(1, len(KINDS) + 1), LABELLED)
    pairs["atom_index_1"] = 0
    pairs["type"] = KINDS * LABELLED
    value = (10 * pairs["atom_index_0"] + rng.normal(size=len(pairs))).round(6)
    train = pairs.assign(scalar_coupling_constant=value)
    train.insert(0, "id", np.arange(len(train)))

    def atoms(molecules: list[str]) -> pd.DataFrame:
        rows = pd.DataFrame({"molecule_name": np.repeat(molecules, ATOMS)})
        return rows.assign(atom_index=np.tile(np.arange(ATOMS), len(molecules)))

    def numbers(columns: list[str], rows: int) -> dict[str, np.ndarray]:
        return {c: rng.normal(0, 30, rows) for c in columns}

    structures = atoms(names).assign(atom=elements.ravel())
    structures[["x", "y", "z"]] = places.reshape(-1, 3)
    molecules, known_atoms = pd.DataFrame({"molecule_name": known}), atoms(known)
    tables = {
        "train": train,
        "structures": structures,
        "dipole_moments": molecules.assign(**numbers(["X", "Y", "Z"], LABELLED)),
        "magnetic_shielding_tensors": known_atoms.assign(**numbers(SHIELDING, len(known_atoms))),
        "mulliken_charges": known_atoms.assign(**numbers(["mulliken_charge"], len(known_atoms))),
        "potential_energy": molecules.assign(**numbers(["potential_energy"], LABELLED)),
        "scalar_coupling_contributions": pairs.assign(fc=value, sd=0.0, pso=0.0, dso=0.0),
    }
    for name, table in tables.items():
        write_csv(table, raw / f"{name}.csv")
    (raw / "structures").mkdir()
    for name, kinds, xyz in zip(names, elements, places, strict=True):
        lines = [f"{e} {x} {y} {z}" for e, (x, y, z) in zip(kinds, xyz.tolist(), strict=True)]
        (raw / "structures" / f"{name}.xyz").write_text("\n".join([str(ATOMS), "", *lines, ""]), encoding="ascii")


def perfect(answers: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """Each constant off by the smallest error that v2 tells apart; in v1 none at all has no finite score."""
    return sample.assign(scalar_coupling_constant=answers["scalar_coupling_constant"] + 1e-9)
