"""Random split of the labelled records; the test part is as large as the validation part."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks._run_length import encode
from mlebench_inspect.tasks.preparing import DataError, place, place_files, place_tree, train_test_split, write_csv

BANDS = [f"band_{n:02d}.npy" for n in range(8, 17)]
MASKS = ["human_individual_masks.npy", "human_pixel_masks.npy"]
CODES = ["1 3 10 5", "-"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Test records keep their bands only; v2 leaves the image sizes out of the sample submission."""
    import pandas as pd

    records = json.loads((raw / "train_metadata.json").read_text(encoding="utf-8"))
    held_back = len(json.loads((raw / "validation_metadata.json").read_text(encoding="utf-8")))
    if not 0 < held_back < len(records):
        raise DataError(f"validation_metadata.json lists {held_back} records, train_metadata.json {len(records)}")
    train, test = train_test_split(records, held_back)

    (public / "train_metadata.json").write_text(json.dumps(train), encoding="utf-8")
    place(raw / "validation_metadata.json", public / "validation_metadata.json")
    answers = pd.DataFrame([_answer(raw / "train" / r["record_id"]) for r in test])
    write_csv(answers, private / "answers.csv")
    chance = random.Random(0)
    sample = answers.assign(encoded_pixels=[chance.choice(CODES) for _ in test])
    columns = list(sample.columns) if revision == "v1" else ["record_id", "encoded_pixels"]
    write_csv(sample[columns], public / "sample_submission.csv")

    def files() -> Iterator[tuple[Path, Path]]:
        for side, part, names in (("train", train, BANDS + MASKS), ("test", test, BANDS)):
            for record in part:
                source, target = raw / "train" / record["record_id"], public / side / record["record_id"]
                yield from ((source / n, target / n) for n in names)

    place_files(files(), len(train) * len(BANDS + MASKS) + len(test) * len(BANDS))
    place_tree(raw / "validation", public / "validation")


def _answer(record: Path) -> dict[str, object]:
    """The row of a test record: its code, numbered downwards, and the size of its images."""
    import numpy as np

    mask = np.load(record / "human_pixel_masks.npy")
    height, width = np.load(record / "band_08.npy", mmap_mode="r").shape[:2]
    code = encode(mask.T.ravel() == 1, empty="-")
    return {"record_id": record.name, "encoded_pixels": code, "height": height, "width": width}
