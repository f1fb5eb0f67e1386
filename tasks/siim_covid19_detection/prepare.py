"""Random split of the studies; all images of a study go with it."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, place_tree, read_csv, train_test_split, write_csv

APPEARANCES = {
    "Negative for Pneumonia": "negative",
    "Typical Appearance": "typical",
    "Indeterminate Appearance": "indeterminate",
    "Atypical Appearance": "atypical",
}


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """The answers hold one row per test study and then one per test image, both as prediction strings."""
    import numpy as np
    import pandas as pd

    studies = train_test_split(read_csv(raw / "train_study_level.csv"), 0.1)
    train_studies, test_studies = (part.sort_values("id") for part in studies)
    images = read_csv(raw / "train_image_level.csv").sort_values("id")
    study = images["StudyInstanceUID"] + "_study"
    in_train, in_test = study.isin(train_studies["id"]), study.isin(test_studies["id"])
    if not (in_train ^ in_test).all():
        raise DataError("train_image_level.csv holds images of studies that train_study_level.csv lacks")
    test_images = images[in_test]

    write_csv(train_studies, public / "train_study_level.csv")
    write_csv(images[in_train], public / "train_image_level.csv")
    kinds = np.array(list(APPEARANCES.values()))[test_studies[list(APPEARANCES)].to_numpy().argmax(axis=1)]
    of_studies = pd.DataFrame({"id": test_studies["id"], "PredictionString": [f"{k} 1 0 0 1 1" for k in kinds]})
    of_images = pd.DataFrame({"id": test_images["id"], "PredictionString": test_images["label"]})
    write_csv(pd.concat([of_studies, of_images]), private / "test.csv")
    nothing = [t.assign(PredictionString=f"{k} 1 0 0 1 1") for t, k in ((of_studies, "negative"), (of_images, "none"))]
    write_csv(pd.concat(nothing), public / "sample_submission.csv")

    for side, part in (("train", train_studies), ("test", test_studies)):
        for name in part["id"].str.removesuffix("_study"):
            place_tree(raw / "train" / name, public / side / name)
