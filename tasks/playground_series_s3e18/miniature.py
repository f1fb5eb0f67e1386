"""400 molecules; each label has one feature that tells it."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks.preparing import write_csv

ROWS = 400
FEATURES = [
    "BertzCT",
    "Chi1",
    "Chi1n",
    "Chi1v",
    "Chi2n",
    "Chi2v",
    "Chi3v",
    "Chi4n",
    "EState_VSA1",
    "EState_VSA2",
    "ExactMolWt",
    "FpDensityMorgan1",
    "FpDensityMorgan2",
    "FpDensityMorgan3",
    "HallKierAlpha",
    "HeavyAtomMolWt",
    "Kappa3",
    "MaxAbsEStateIndex",
    "MinEStateIndex",
    "NumHeteroatoms",
    "PEOE_VSA10",
    "PEOE_VSA14",
    "PEOE_VSA6",
    "PEOE_VSA7",
    "PEOE_VSA8",
    "SMR_VSA10",
    "SMR_VSA5",
    "SlogP_VSA3",
    "VSA_EState9",
    "fr_COO",
    "fr_COO2",
]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`. `EC<k>` is 1 where feature number k (from 0) plus normal noise is positive."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    values = rng.normal(size=(ROWS, len(FEATURES))).round(6)
    labels = (values[:, 1:7] + rng.normal(size=(ROWS, 6)) > 0).astype(int)
    table = pd.DataFrame(values, columns=FEATURES)
    table.insert(0, "id", range(ROWS))
    table[[f"EC{k}" for k in range(1, 7)]] = labels
    write_csv(table, raw / "train.csv")
