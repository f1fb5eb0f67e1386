"""Random split of the cases; of train cases with many days the later days are test data too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, place_files, read_csv, train_test_split, write_csv

DAYS_KEPT = 4


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """A day of a case is train or test as a whole, rows and images alike."""
    table = read_csv(raw / "train.csv")
    parts = table["id"].str.split("_", expand=True)
    case, day, number = parts[0], parts[1], table["id"].str.rpartition("_")[2]
    _, test_cases = train_test_split(case.unique(), 0.1, seed=42)

    days = table.assign(case=case, day=day)[["case", "day"]].drop_duplicates()
    days["number"] = days["day"].str.removeprefix("day").astype(int)
    place = days.sort_values("number").groupby("case").cumcount()
    days["in_test"] = days["case"].isin(test_cases) | (place >= DAYS_KEPT)
    in_test = (case + "_" + day).isin((days["case"] + "_" + days["day"])[days["in_test"]])

    train, test = table[~in_test], table[in_test]
    write_csv(train, public / "train.csv")
    write_csv(test[["id", "class"]], public / "test.csv")
    write_csv(test[["id", "class"]].assign(predicted="1 1 5 2"), public / "sample_submission.csv")

    folders = {(c, d): raw / "train" / c / f"{c}_{d}" for c, d in zip(days["case"], days["day"], strict=True)}
    test_days = set(zip(days["case"][days["in_test"]], days["day"][days["in_test"]], strict=True))
    sizes = image_sizes({key: folders[key] for key in sorted(test_days)})
    keys = zip(case[in_test], day[in_test], number[in_test], strict=True)
    widths, heights = zip(*(size_of(sizes, key) for key in keys), strict=True)
    answers = test[["id", "class"]].assign(predicted=test["segmentation"], image_width=widths, image_height=heights)
    write_csv(answers.astype({"image_width": float, "image_height": float}), private / "test.csv")

    def files() -> Iterator[tuple[Path, Path]]:
        for path in sorted(p for c in case.unique() for p in (raw / "train" / c).iterdir()):
            name = path.parent.name
            side = "test" if (name, path.name.removeprefix(f"{name}_")) in test_days or name in test_cases else "train"
            target = public / side / name / path.name
            for folder, _, names in os.walk(path):
                yield from ((Path(folder, n), target / os.path.relpath(folder, path) / n) for n in sorted(names))

    place_files(files())
    missing = [f"{c}_{d}" for c, d in folders if not (public / _side((c, d), test_days) / c / f"{c}_{d}").is_dir()]
    if missing:
        raise DataError(f"train/ holds no images of {', '.join(missing[:5])} ({len(missing)} days in all)")


def _side(key: tuple[str, str], test_days: set[tuple[str, str]]) -> str:
    return "test" if key in test_days else "train"


def image_sizes(folders: dict[tuple[str, str], Path]) -> dict[tuple[str, str, str], list[tuple[int, int]]]:
    """(width, height) of every image, by case, day and slice, from names such as slice_0001_266_266_1.50_1.50.png."""
    found: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for (case, day), folder in folders.items():
        for name in os.listdir(folder / "scans"):
            parts = name.removesuffix(".png").split("_")
            if parts[0] == "slice" and len(parts) >= 4:
                found.setdefault((case, day, parts[1]), []).append((int(parts[2]), int(parts[3])))
    return found


def size_of(sizes: dict[tuple[str, str, str], list[tuple[int, int]]], key: tuple[str, str, str]) -> tuple[int, int]:
    found = sizes.get(key, [])
    if len(found) != 1:
        raise DataError(f"{len(found)} images of {'_'.join(key[:2])}, slice {key[2]}; exactly one is expected")
    return found[0]
