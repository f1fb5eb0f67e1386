"""30 spectrograms; the class sets the frequency of the waves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks.preparing import write_csv

if TYPE_CHECKING:
    import pandas as pd

SPECTROGRAMS, SAMPLES = 30, 10_000
CLASSES = ["Seizure", "LPD", "GPD", "LRDA", "GRDA", "Other"]
VOTES = [f"{c.lower()}_vote" for c in CLASSES]
ELECTRODES = (
    *("Fp1", "F3", "C3", "P3", "F7", "T3", "T5", "O1", "Fz", "Cz", "Pz"),
    *("Fp2", "F4", "C4", "P4", "F8", "T4", "T6", "O2", "EKG"),
)
BANDS = [f"{region}_{hertz}" for region in ("LL", "RL", "LP", "RP") for hertz in (0.59, 0.78, 10.16, 19.92)]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv`, the EEGs, the spectrograms and a figure. Class c has waves of 2 (c + 1) hertz."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    for folder in ("train_eegs", "train_spectrograms", "example_figures"):
        (raw / folder).mkdir()
    (raw / "example_figures/example.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    rows = []
    time = np.arange(SAMPLES) / 200
    for s in range(SPECTROGRAMS):
        kind = s % len(CLASSES)
        spectrogram = pd.DataFrame({"time": np.arange(1, 600, 2)})
        for column in BANDS:
            near = abs(float(column.partition("_")[2]) - 2 * (kind + 1)) < 4
            spectrogram[column] = rng.gamma(2, 5.0 if near else 0.5, len(spectrogram)).astype(np.float32)
        spectrogram.to_parquet(raw / f"train_spectrograms/{1000 + 7 * s}.parquet", index=False)
        for e in range(rng.integers(1, 3)):
            eeg = 10 * s + e
            waves = {
                name: np.rint(40 * np.sin(2 * np.pi * (2 * (kind + 1) * time + rng.random()))).astype(np.float32)
                for name in ELECTRODES
            }
            pd.DataFrame(waves).to_parquet(raw / f"train_eegs/{eeg}.parquet", index=False, compression="zstd")
            for piece in range(rng.integers(1, 4)):
                votes = [3 * (c == kind) for c in range(len(CLASSES))]
                votes[-1] += int(rng.integers(3))
                label = 1_000_003 * (100 * eeg + piece + 1) % 4_294_967_291
                offset = 2.0 * piece
                rows.append(
                    [eeg, piece, offset, 1000 + 7 * s, piece, offset, label, s // 2, CLASSES[kind], *votes],
                )
    names = ["eeg_id", "eeg_sub_id", "eeg_label_offset_seconds", "spectrogram_id", "spectrogram_sub_id"]
    names += ["spectrogram_label_offset_seconds", "label_id", "patient_id", "expert_consensus"]
    write_csv(pd.DataFrame(rows, columns=[*names, *VOTES]), raw / "train.csv")


def perfect(answers: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """The shares of votes."""
    shares = answers[VOTES].div(answers[VOTES].sum(axis=1), axis=0)
    shares.insert(0, sample.columns[0], answers[sample.columns[0]])
    return shares
