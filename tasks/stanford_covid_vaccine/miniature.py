"""60 measured RNAs; the letter at a position nearly tells its five values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.tasks._miniature import hex_name

if TYPE_CHECKING:
    import numpy as np

TRAIN, TEST, LENGTH, SCORED = 60, 20, 107, 68
VALUES = {"A": 0.9, "G": 0.7, "C": 0.3, "U": 0.2}
LABELS = ["reactivity", "deg_Mg_pH10", "deg_pH10", "deg_Mg_50C", "deg_50C"]
ERRORS = ["reactivity_error", "deg_error_Mg_pH10", "deg_error_pH10", "deg_error_Mg_50C", "deg_error_50C"]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.json`, `test.json` and a `sample_submission.csv` of one row."""
    import numpy as np

    rng = np.random.default_rng(seed)
    names = [f"id_{hex_name(f'{seed}-{i}', 9)}" for i in range(TRAIN + TEST)]
    train = [_measured(rng, i, name) for i, name in enumerate(names[:TRAIN])]
    test = [_sequence(rng, i, name) for i, name in enumerate(names[TRAIN:])]
    for name, rnas in (("train", train), ("test", test)):
        (raw / f"{name}.json").write_text("".join(json.dumps(r) + "\n" for r in rnas), encoding="ascii")
    header, zeros = ",".join(["id_seqpos", *LABELS]), ",".join(["0.0"] * len(LABELS))
    (raw / "sample_submission.csv").write_text(f"{header}\n{names[TRAIN]}_0,{zeros}\n", encoding="ascii")


def _sequence(rng: np.random.Generator, index: int, name: str) -> dict[str, Any]:
    return {
        "index": index,
        "id": name,
        "sequence": "".join(rng.choice(list(VALUES), LENGTH)),
        "structure": "." * LENGTH,
        "predicted_loop_type": "E" * LENGTH,
        "seq_length": LENGTH,
        "seq_scored": SCORED,
    }


def _measured(rng: np.random.Generator, index: int, name: str) -> dict[str, Any]:
    import numpy as np

    rna = _sequence(rng, index, name)
    lengths = {key: rna.pop(key) for key in ("seq_length", "seq_scored")}
    level = np.array([VALUES[letter] for letter in rna["sequence"][:SCORED]])
    return {
        **rna,
        "signal_to_noise": round(float(rng.uniform(0.5, 9)), 3),
        "SN_filter": float(rng.random() < 0.66),
        **{name: rng.uniform(0.05, 0.5, SCORED).round(4).tolist() for name in ERRORS},
        **lengths,
        **{name: (level + rng.normal(0, 0.1, SCORED)).round(4).tolist() for name in LABELS},
    }
