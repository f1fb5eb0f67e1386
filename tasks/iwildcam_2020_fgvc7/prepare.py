"""Split by camera location: locations with about 22 % of the pictures are held out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, drawn, place, place_named, train_test_split, write_csv

if TYPE_CHECKING:
    import pandas as pd

SHARE = 0.22
TRAIN, TEST = "iwildcam2020_train_annotations.json", "iwildcam2020_test_information.json"
DETECTIONS = "iwildcam2020_megadetector_results.json"
Records = list[dict[str, Any]]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """The labelled pictures become train and test.

    v1's records all have the same fields (NaN where the raw record lacks one); v2 keeps records as they are and drops
    a `count` of the categories, which would give away how frequent the classes are in the test part.
    """
    import numpy as np
    import pandas as pd

    data = json.loads((raw / TRAIN).read_bytes())
    information = json.loads((raw / TEST).read_bytes())
    for name, found, keys in (
        (TRAIN, data, ("annotations", "images", "categories", "info")),
        (TEST, information, ("images", "categories", "info")),
    ):
        if set(found) != set(keys):
            raise DataError(f"{name} has the keys {sorted(found)}; {sorted(keys)} are expected")

    images = pd.DataFrame({k: [r[k] for r in data["images"]] for k in ("id", "location")})
    annotations = pd.DataFrame({k: [r[k] for r in data["annotations"]] for k in ("image_id", "category_id")})
    in_test = images["location"].isin(test_locations(images["location"])).to_numpy()
    test_ids, train_ids = images["id"][in_test].unique(), images["id"][~in_test].unique()
    if len(test_ids) + len(train_ids) != len(images):
        raise DataError(f"{TRAIN}: image ids repeat")
    of_test = annotations["image_id"].isin(test_ids).to_numpy()
    of_train = annotations["image_id"].isin(train_ids).to_numpy()

    answers = annotations[of_test].set_axis(["Id", "Category"], axis=1)
    write_csv(answers, private / "answers.csv")
    guesses = np.random.RandomState(0).randint(0, 676, size=len(answers))
    write_csv(answers.assign(Category=guesses), public / "sample_submission.csv")

    whole = _whole if revision == "v1" else _as_found
    categories = [whole(part["categories"], slice(None)) for part in (data, information)]
    if revision == "v2":
        categories = [[{k: v for k, v in r.items() if k != "count"} for r in records] for records in categories]
    _write(
        public / TRAIN,
        {
            "annotations": whole(data["annotations"], of_train),
            "images": whole(data["images"], ~in_test),
            "categories": categories[0],
            "info": data["info"],
        },
    )
    test_images = whole(data["images"], in_test)
    _write(public / TEST, {"images": test_images, "categories": categories[1], "info": information["info"]})
    place(raw / DETECTIONS, public / DETECTIONS)
    for part, names in (("train", train_ids), ("test", test_ids)):
        place_named([f"{name}.jpg" for name in names], raw / "train", public / part)


def test_locations(locations: pd.Series) -> list[Any]:
    """The held-out values of a column that gives each picture's location.

    A random fifth of the locations is shifted one by one until it holds close to the wanted share of the pictures,
    where the share is t / (N + t) for t held-out and N pictures in all.
    """
    train, test = (list(part) for part in train_test_split(locations.unique(), SHARE))
    if drawn() is not None:
        return test
    counts, total = locations.value_counts(), len(locations)
    held_out = int(counts[test].sum())
    while held_out / (total + held_out) < SHARE and train:
        test.append(train.pop())
        held_out += int(counts[test[-1]])
    while held_out / (total + held_out) > SHARE:
        train.append(test.pop())
        held_out -= int(counts[train[-1]])
    if not test or not train:
        raise DataError(f"{TRAIN}: there are too few locations to hold some out")
    return test


def _whole(records: Records, chosen: Any) -> Records:
    """The chosen records with the fields of all, in the order of first appearance, and one type per field."""
    import pandas as pd

    columns = {}
    for field in dict.fromkeys(key for record in records for key in record):
        values = [record.get(field, float("nan")) for record in records]
        text = any(isinstance(v, str) for v in values)  # an object column keeps null apart from NaN in every pandas
        columns[field] = pd.Series(values, dtype=object if text else None)
    found: Records = pd.DataFrame(columns)[chosen].to_dict(orient="records")
    return found


def _as_found(records: Records, chosen: Any) -> Records:
    """The chosen records, unchanged."""
    import numpy as np

    return [records[i] for i in np.arange(len(records))[chosen]]


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
