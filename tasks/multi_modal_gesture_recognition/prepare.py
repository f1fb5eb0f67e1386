"""The fourth training archive becomes the test set."""

from __future__ import annotations

import io
import random
import re
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    place,
    read_csv,
    require_unique,
    write_csv,
    write_tar_gz,
    zip_entry,
)

if TYPE_CHECKING:
    import numpy as np

TEST_ARCHIVE = "training4.tar.gz"
COMBINED = ["devel01-40.7z", "valid_all_files_combined.7z"]
OTHERS = [
    *(f"training{n}.tar.gz" for n in (1, 2, 3)),
    *(f"validation{n}.tar.gz" for n in (1, 2, 3)),
    *COMBINED,
    "sample_code_mmrgc.zip",
]
GESTURES = [
    "vattene",
    "vieniqui",
    "perfetto",
    "furbo",
    "cheduepalle",
    "chevuoi",
    "daccordo",
    "seipazzo",
    "combinato",
    "freganiente",
    "ok",
    "cosatifarei",
    "basta",
    "prendere",
    "noncenepiu",
    "fame",
    "tantotempo",
    "buonissimo",
    "messidaccordo",
    "sonostufo",
]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """v2 empties the labels that the test samples carry inside, and looks for test samples in the 7z archives."""
    with tarfile.open(raw / TEST_ARCHIVE) as samples:
        ids = sorted(PurePosixPath(name).stem[-4:] for name in samples.getnames() if _is_sample(name))
    table = read_csv(raw / "training.csv", dtype={"Id": str, "Sequence": str})
    require_unique(table, "Id", "training.csv")
    in_test = table["Id"].isin(ids)
    if not ids or in_test.sum() != len(ids):
        raise DataError(f"training.csv: {in_test.sum()} rows for the {len(ids)} samples of {TEST_ARCHIVE}")

    write_csv(table[~in_test], public / "training.csv")
    test = table.loc[in_test, ["Id", "Sequence"]]
    write_csv(test, private / "test.csv")
    sample = test[["Id"]].sort_values("Id")
    write_csv(sample, public / "test.csv")
    rng = random.Random(0)
    guesses = [" ".join(map(str, rng.sample(range(1, 21), 20))) for _ in ids]
    write_csv(sample.assign(Sequence=guesses), public / "randomPredictions.csv")

    for name in OTHERS:
        place(raw / name, public / name)
    if revision == "v1":
        place(raw / TEST_ARCHIVE, public / "test.tar.gz")
        return
    _refuse_test_samples(raw, ids)
    with tempfile.TemporaryDirectory(dir=private) as work:
        write_tar_gz(public / "test.tar.gz", _unlabelled(raw / TEST_ARCHIVE, Path(work)))


def _is_sample(name: str) -> bool:
    path = PurePosixPath(name)
    return len(path.parts) == 1 and path.suffix == ".zip"


def _refuse_test_samples(raw: Path, ids: list[str]) -> None:
    import py7zr

    for archive in COMBINED:
        with py7zr.SevenZipFile(raw / archive) as packed:
            found = {m[-4:] for name in packed.getnames() for m in re.findall(r"Sample(\d{5})", name)}
        if held := found.intersection(ids):
            raise DataError(f"{archive} holds the test sample {min(held)}")


def _unlabelled(archive: Path, work: Path) -> Iterator[tuple[str, Path]]:
    """The archive's samples, one after the other, each without its labels in a file below `work`."""
    before, after = work / "before.zip", work / "after.zip"
    with tarfile.open(archive) as samples:
        for member in samples:
            content = samples.extractfile(member)
            if content is None:
                continue
            if not _is_sample(member.name):
                raise DataError(f"{archive.name} holds {member.name}, which is no sample")
            with open(before, "wb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
            with zipfile.ZipFile(before) as old, zipfile.ZipFile(after, "w") as new:
                for info in old.infolist():
                    entry = zip_entry(info.filename)
                    if info.filename.endswith((".mp4", "/")):
                        entry.compress_type = zipfile.ZIP_STORED
                    if info.filename.endswith("_data.mat"):
                        new.writestr(entry, without_labels(old.read(info), f"{archive.name}/{member.name}"))
                        continue
                    with old.open(info) as reading, new.open(entry, "w", force_zip64=True) as writing:
                        shutil.copyfileobj(reading, writing, 1 << 20)
            yield PurePosixPath(member.name).name, after


def without_labels(matlab: bytes, name: str) -> bytes:
    """A sample's Matlab file with `Video.Labels` empty and all else as it was.

    Raises:
        DataError: The file is of another kind, or holds gesture names elsewhere too.
    """
    import numpy as np
    from scipy.io import loadmat

    try:
        video = loadmat(io.BytesIO(matlab), mat_dtype=True)["Video"]
        fields = video["Labels"][0, 0].dtype.names or ("Name", "Begin", "End")
    except (NotImplementedError, ValueError, KeyError, IndexError) as ex:
        raise DataError(f"{name}: its _data.mat cannot be read as a Matlab 5 file with Video.Labels: {ex}") from None
    video["Labels"][0, 0] = np.empty((1, 0), dtype=[(f, object) for f in fields])
    left = set(GESTURES).intersection(_texts(video))
    if left:
        raise DataError(f"{name}: its _data.mat names gestures outside Video.Labels, such as {min(left)}")
    return matlab_file({"Video": video})


def matlab_file(variables: dict[str, Any]) -> bytes:
    """The variables as a Matlab 5 file whose header tells no time."""
    from scipy.io import savemat

    file = io.BytesIO()
    savemat(file, variables, do_compression=True, long_field_names=True)
    header = b"MATLAB 5.0 MAT-file"
    return header.ljust(116) + file.getvalue()[116:]


def _texts(value: np.ndarray | str) -> Iterator[str]:
    import numpy as np

    if isinstance(value, str):
        yield value
    elif isinstance(value, np.ndarray):
        if value.dtype.names:
            for field in value.dtype.names:
                yield from _texts(value[field])
        elif value.dtype == object or value.dtype.kind == "U":
            for item in value.flat:
                yield from _texts(item)
