"""60 materials whose two energies rise with the share of aluminium."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks.preparing import zip_files

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

TRAIN, TEST = 60, 10


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv.zip`, `train.zip`, `test.csv.zip`, `test.zip`. Both targets are linear in `percent_atom_al`."""
    import numpy as np

    rng = np.random.default_rng(seed)
    for name, rows in (("train", TRAIN), ("test", TEST)):
        table = _materials(rng, rows)
        if name == "test":
            table = table.drop(columns=["formation_energy_ev_natom", "bandgap_energy_ev"])
        geometry = [(f"{name}/{i}/geometry.xyz", _geometry(rng)) for i in table["id"]]
        zip_files(raw / f"{name}.csv.zip", [(f"{name}.csv", table.to_csv(index=False).encode())])
        zip_files(raw / f"{name}.zip", geometry)


def _materials(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    al = rng.random(rows).round(4)
    ga = ((1 - al) * rng.random(rows)).round(4)
    lengths = {f"lattice_vector_{i}_ang": rng.uniform(3, 25, rows).round(4) for i in (1, 2, 3)}
    angles = {f"lattice_angle_{a}_degree": rng.uniform(80, 120, rows).round(4) for a in ("alpha", "beta", "gamma")}
    return pd.DataFrame(
        {
            "id": np.arange(1, rows + 1),
            "spacegroup": rng.choice([12, 33, 167, 194, 206, 227], rows),
            "number_of_total_atoms": rng.choice([10.0, 20.0, 30.0, 40.0, 60.0, 80.0], rows),
            "percent_atom_al": al,
            "percent_atom_ga": ga,
            "percent_atom_in": (1 - al - ga).round(4),
            **lengths,
            **angles,
            "formation_energy_ev_natom": (0.1 + 0.2 * al).round(4),
            "bandgap_energy_ev": (1 + 3 * al).round(4),
        }
    )


def _geometry(rng: np.random.Generator) -> bytes:
    def line(word: str, end: str = "") -> str:
        return f"{word} {' '.join(f'{x:.7f}' for x in rng.uniform(0, 10, 3))}{end}\n"

    vectors = "".join(line("lattice_vector") for _ in range(3))
    return f"# generated\n{vectors}{line('atom', ' Al')}{line('atom', ' O')}".encode()
