"""Clips of a tenth of a second; each label adds a tone of its own."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks import competition
from mlebench_inspect.tasks._miniature import hex_name, wav
from mlebench_inspect.tasks.preparing import write_csv, zip_files

CURATED, NOISY, TEST, PUBLIC = 160, 160, 100, 5
RATE, SAMPLES = 44_100, 2_205


def make_raw(raw: Path, seed: int) -> None:
    """Writes the tables, three folders of clips and the archive with the published labels. Tones are 100 Hz apart."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    time = np.arange(SAMPLES) / RATE
    classes = competition("freesound-audio-tagging-2019").submission.target_columns

    def clips(folder: str, count: int) -> pd.DataFrame:
        (raw / folder).mkdir()
        rows = []
        for i in range(count):
            labels = sorted({i % len(classes), (7 * i + 3) % len(classes)} if i % 5 == 0 else {i % len(classes)})
            name = f"{hex_name(f'{folder} {i} {seed}', 8)}.wav"
            tones = sum(3000 * np.sin(2 * np.pi * 100 * (k + 2) * time) for k in labels)
            (raw / folder / name).write_bytes(wav(rng.normal(0, 300, SAMPLES) + tones, RATE))
            rows.append((name, ",".join(classes[k] for k in labels)))
        return pd.DataFrame(rows, columns=["fname", "labels"])

    for folder, count in (("train_curated", CURATED), ("train_noisy", NOISY)):
        write_csv(clips(folder, count).sort_values("fname"), raw / f"{folder}.csv")
    test = clips("test", TEST)
    sample = test[["fname"]].sort_values("fname").assign(**dict.fromkeys(classes, 0))
    write_csv(sample, raw / "sample_submission.csv")

    public = [(f"{hex_name(f'public {i} {seed}', 8)}.wav", classes[i]) for i in range(PUBLIC)]
    published = pd.concat(
        [
            pd.DataFrame(public, columns=["fname", "labels"]).assign(usage="Public"),
            test.assign(usage="Private"),
        ]
    ).assign(freesound_id=range(PUBLIC + TEST), license="CC0")
    table = published.to_csv(index=False).encode()
    zip_files(raw / "FSDKaggle2019.meta.zip", [("FSDKaggle2019.meta/test_post_competition.csv", table)])
