"""340 recordings of a tenth of a second; each species sings a tone of its own."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.tasks._miniature import encoded, wav
from mlebench_inspect.tasks.preparing import zip_files

RECORDINGS, LABELLED, SPECIES = 340, 322, 19
RATE, SAMPLES = 16_000, 1_600


def make_raw(raw: Path, seed: int) -> None:
    """Writes the archive. Each species present raises one entry of the histogram and adds a sine of its own pitch."""
    import numpy as np

    rng = np.random.default_rng(seed)
    time = np.arange(SAMPLES) / RATE
    fold = np.ones(RECORDINGS, dtype=int)
    fold[rng.permutation(RECORDINGS)[:LABELLED]] = 0
    names = [f"PC{1 + i % 13}_20090606_{50000 + i:06d}_{10 * i:04d}" for i in range(RECORDINGS)]
    files: dict[str, list[str]] = {
        "essential_data/CVfolds_2.txt": ["rec_id,fold", *(f"{i},{f}" for i, f in enumerate(fold))],
        "essential_data/rec_id2filename.txt": ["rec_id,filename", *(f"{i},{n}" for i, n in enumerate(names))],
        "essential_data/species_list.txt": ["class_id,code,species"]
        + [f"{s},SP{s:02d},Species {s}" for s in range(SPECIES)],
        "essential_data/rec_labels_test_hidden.txt": ["rec_id,[labels]"],
        "supplemental_data/histogram_of_segments.txt": ["rec_id,[histogram of segment features]"],
        "supplemental_data/segment_features.txt": ["rec_id,segment_id,[38 features]"],
        "supplemental_data/segment_rectangles.txt": ["rec_id,segment_id,min_x,max_x,min_y,max_y"],
    }
    labels_file, histogram_file, features_file, rectangles_file = list(files)[3:]
    media: list[tuple[str, bytes]] = []
    for i, name in enumerate(names):
        species = sorted(rng.choice(SPECIES, rng.integers(0, 4), replace=False).tolist())
        files[labels_file].append(",".join(map(str, [i, *(species if fold[i] == 0 else "?")])))
        histogram = rng.random(100) * 0.2
        histogram[[5 * s for s in species]] += 1
        files[histogram_file].append(",".join([str(i), *(f"{v:.4f}" for v in histogram / histogram.sum())]))
        for k, s in enumerate(species):
            features = ",".join(f"{v:.3f}" for v in rng.normal(s, 1, 38))
            files[features_file].append(f"{i},{k},{features}")
            files[rectangles_file].append(f"{i},{k},{10 * k},{10 * k + 8},{2 * s},{2 * s + 6}")
        sound = rng.normal(0, 500, SAMPLES) + sum(4000 * np.sin(2 * np.pi * (500 + 350 * s) * time) for s in species)
        media.append((f"essential_data/src_wavs/{name}.wav", wav(sound, RATE)))
        picture = encoded(rng.integers(0, 256, (16, 78), dtype=np.uint8), "BMP")
        for folder in ("spectrograms", "filtered_spectrograms", "supervised_segmentation"):
            media.append((f"supplemental_data/{folder}/{name}.bmp", picture))
        if i % 17 == 0:
            media.append((f"supplemental_data/segmentation_examples/{name}.bmp", picture))
    for name in ("segment_clusters", "segment_mosaic"):
        media.append((f"supplemental_data/{name}.bmp", encoded(np.zeros((16, 16), dtype=np.uint8), "BMP")))
    texts = [(name, ("\n".join(lines) + "\n").encode()) for name, lines in files.items()]
    prefixed = [(f"mlsp_contest_dataset/{name}", data) for name, data in [*texts, *media]]
    zip_files(raw / "mlsp_contest_dataset.zip", prefixed)
