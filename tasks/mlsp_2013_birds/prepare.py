"""The labelled recordings (fold 0) of the archive, renumbered; a fifth of them become the test set."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    read_zipped_csv,
    require_unique,
    train_test_positions,
    unzip_renamed,
    write_csv,
)

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "mlsp_contest_dataset"
SPECIES, TEST_RECORDINGS = 19, 64
TABLES = ("histogram_of_segments.txt", "segment_features.txt", "segment_rectangles.txt")
PICTURES = ("spectrograms", "filtered_spectrograms", "supervised_segmentation", "segmentation_examples")


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Hides the labels of the test recordings; v2 also hides their hand-drawn segmentations and mends two headers."""
    import pandas as pd

    archive = raw / "mlsp_contest_dataset.zip"
    essential, supplemental = public / "essential_data", public / "supplemental_data"

    folds = read_zipped_csv(archive, f"{FOLDER}/essential_data/CVfolds_2.txt")
    folds = folds[folds["fold"] == 0].reset_index(drop=True)
    require_unique(folds, "rec_id", "CVfolds_2.txt")
    new_ids = {old: new for new, old in enumerate(folds["rec_id"].tolist())}
    _, test_rows = train_test_positions(len(folds), round(0.2 * len(folds)))
    test = set(test_rows.tolist())
    if len(test) != TEST_RECORDINGS:
        raise DataError(f"CVfolds_2.txt gives {len(test)} test recordings; {TEST_RECORDINGS} are expected")

    names = read_zipped_csv(archive, f"{FOLDER}/essential_data/rec_id2filename.txt")
    names = names[names["rec_id"].isin(list(new_ids))]
    names = names.assign(rec_id=names["rec_id"].map(new_ids))
    if len(names) != len(folds):
        raise DataError(f"rec_id2filename.txt names {len(names)} of {len(folds)} labelled recordings")

    essential.mkdir()
    supplemental.mkdir()
    folds = folds.assign(rec_id=folds.index, fold=folds.index.isin(list(test)).astype(int))
    write_csv(folds[["rec_id", "fold"]], essential / "CVfolds_2.txt")
    write_csv(names, essential / "rec_id2filename.txt")

    _, lines = _lines(archive, f"{FOLDER}/essential_data/rec_labels_test_hidden.txt", new_ids)
    shown = [(rec_id, "?" if rec_id in test else labels) for rec_id, labels in lines]
    _write_lines(essential / "rec_labels_test_hidden.txt", "rec_id,[labels]", shown)

    present = {rec_id: {int(s) for s in labels.split(",") if s} for rec_id, labels in lines if rec_id in test}
    if len(present) != len(test):
        raise DataError(f"rec_labels_test_hidden.txt has labels of {len(present)} of {len(test)} test recordings")
    answers = [(100 * rec_id + s, int(s in labels)) for rec_id, labels in present.items() for s in range(SPECIES)]
    write_csv(pd.DataFrame(answers, columns=["Id", "Probability"]), private / "answers.csv")
    sample = [(100 * rec_id + s, 0) for rec_id in sorted(test) for s in range(SPECIES)]
    write_csv(pd.DataFrame(sample, columns=["Id", "Probability"]), public / "sample_submission.csv")

    for table in TABLES:
        header, lines = _lines(archive, f"{FOLDER}/supplemental_data/{table}", new_ids)
        if revision == "v1":  # the published files all have this header
            header = "rec_id,[histogram of segment features]"
        _write_lines(supplemental / table, header, lines)
    _unpack_media(archive, names, test if revision == "v2" else set(), public)


def _lines(archive: Path, member: str, new_ids: dict[int, int]) -> tuple[str, list[tuple[int, str]]]:
    """The header, and (new rec_id, text behind the first comma) of each line of a known recording."""
    with zipfile.ZipFile(archive) as zipped:
        try:
            header, *lines = zipped.read(member).decode().splitlines()
        except KeyError:
            raise DataError(f"{archive.name} holds no {member}") from None
    parts = (line.partition(",") for line in lines if line.strip())
    return header, [(new_ids[int(old)], text) for old, _, text in parts if int(old) in new_ids]


def _write_lines(path: Path, header: str, lines: list[tuple[int, str]]) -> None:
    text = [f"{rec_id},{rest}" if rest else f"{rec_id}" for rec_id, rest in lines]
    path.write_text("\n".join([header, *text]) + "\n", encoding="utf-8", newline="\n")


def _unpack_media(archive: Path, names: pd.DataFrame, without_examples: set[int], public: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        known = set(zipped.namelist())
    members = [
        "essential_data/species_list.txt",
        "supplemental_data/segment_clusters.bmp",
        "supplemental_data/segment_mosaic.bmp",
    ]
    members += [f"essential_data/src_wavs/{name}.wav" for name in names["filename"]]
    for folder in PICTURES:
        for rec_id, name in zip(names["rec_id"], names["filename"], strict=True):
            member = f"supplemental_data/{folder}/{name}.bmp"
            hand_drawn = folder == "segmentation_examples"
            if not hand_drawn or (f"{FOLDER}/{member}" in known and rec_id not in without_examples):
                members.append(member)
    for parent in {PurePosixPath(m).parent for m in members}:
        (public / parent).mkdir(parents=True, exist_ok=True)
    unzip_renamed(archive, ((f"{FOLDER}/{m}", public / m) for m in members), len(members))
