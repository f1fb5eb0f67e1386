"""A simple, honest model for whatever competition lies in the data folder; runs inside the sandbox.

The sample submission is submitted first, so that there is always something valid. Then a training table (or classes in
the names of folders and files), the test rows and, where rows name pictures, recordings or arrays, those files are
found; features are built (numbers, category codes, words, thumbnails, spectra), a scikit-learn model is fitted, and the
sample's target columns are filled in. Where nothing is found to learn from, the sample submission stays. Knows no
competition by name.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

MAX_ROWS = 50_000
MAX_CLASSES = 200
MAX_LABELS = 100
MAX_TABLE_BYTES = 2 * 1024**3
MAX_SAMPLE_BYTES = 150 * 1024**2
MAX_ARCHIVE_BYTES = 1024**3
MAX_INDEXED_FILES = 2_000_000
MAX_TRAINING_FILES = 6_000
FILES_PER_ROW = 4

TABLES = (".csv", ".tsv", ".json", ".txt")
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")
KINDS = (*PICTURES, ".wav", ".aif", ".aiff", ".npy", ".csv", ".parquet", ".dcm", ".dicom")
SMALL = 12  # pixels of a thumbnail's side


class Deadline:
    """How much time is left."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.end = seconds, time.monotonic() + seconds

    def left(self) -> float:
        return self.end - time.monotonic()

    def share(self, part: float) -> float:
        """The moment when that part of all time is used up."""
        return self.end - self.seconds * (1 - part)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--submission", type=Path, required=True)
    parser.add_argument("--sample", required=True, help="name of the sample submission below the data folder")
    parser.add_argument("--metric", required=True)
    parser.add_argument("--ids", nargs="+", required=True, help="id columns of a submission")
    parser.add_argument("--targets", nargs="+", required=True, help="columns to predict")
    parser.add_argument("--mode", choices=["baseline", "dummy"], default="baseline")
    parser.add_argument("--seconds", type=float, default=1800, help="after that time the sample submission stays")
    args = parser.parse_args()
    warnings.filterwarnings("ignore")

    with tempfile.TemporaryDirectory() as scratch:
        folder = DataFolder(args.data, Path(scratch))
        sample_file = folder.sample(args.sample) or folder.table_like_a_submission([*args.ids, *args.targets])
        if sample_file is None:
            print(f"no sample submission in {args.data}", file=sys.stderr)
            return 1
        put(sample_file, args.submission)
        if args.mode == "dummy":
            print("submitted the sample submission as it is")
            return 0
        deadline = Deadline(args.seconds)
        signal.signal(signal.SIGALRM, _out_of_time)
        signal.setitimer(signal.ITIMER_REAL, args.seconds, 5)  # again, should it be raised where nothing can be
        try:
            table, how = predict(folder, sample_file, args.ids, args.targets, args.metric, deadline)
            aside = Path(scratch) / "submission.csv"
            table.rename(columns=lambda c: "" if str(c).startswith("Unnamed:") else c).to_csv(aside, index=False)
            signal.setitimer(signal.ITIMER_REAL, 0)
            put(aside, args.submission)
            print(how)
        except (Exception, OutOfTime) as ex:  # whatever data it meets, the sample submission is better than none
            signal.setitimer(signal.ITIMER_REAL, 0)
            print(f"no model, the sample submission stays: {type(ex).__name__}: {str(ex)[:300]}")
    return 0


class OutOfTime(BaseException):
    """No `Exception`: it is raised anywhere, and libraries pass over those that they meet on their way."""


def _out_of_time(*_: object) -> None:
    raise OutOfTime("the time is used up")


def put(source: Path, target: Path) -> None:
    """Puts a file in its place in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, aside)
    os.replace(aside, target)


# Finding files


class DataFolder:
    """The files of the data folder: plain, in zip archives, or in small other archives, which are unpacked once."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root, self.scratch = root, scratch
        self.plain: list[str] = []
        self.zipped: list[tuple[str, str]] = []
        self._archives: dict[str, zipfile.ZipFile] = {}
        self._walk(root, "")
        for name in [n for n in self.plain if n.endswith((".7z", ".tar.gz", ".tgz", ".tar"))]:
            self._unpack(name)
        for name in [n for n in self.plain if n.endswith(".zip")]:
            try:
                self._archives[name] = zipfile.ZipFile(self.path(name))
                self.zipped += [(name, m) for m in self._archives[name].namelist() if not m.endswith("/")]
            except (zipfile.BadZipFile, OSError):
                continue

    def _walk(self, folder: Path, prefix: str) -> None:
        for at, _, names in os.walk(folder):
            here = os.path.relpath(at, folder)
            here = prefix if here == "." else f"{prefix}{here}/"
            self.plain += [here + n for n in names]
            if len(self.plain) > MAX_INDEXED_FILES:
                return

    def _unpack(self, name: str) -> None:
        source, place = self.root / name, self.scratch / re.sub(r"\.(7z|tar|gz|tgz)$", "", name.replace("/", "_"))
        if source.stat().st_size > MAX_ARCHIVE_BYTES:
            return
        try:
            if name.endswith(".7z"):
                import py7zr

                with py7zr.SevenZipFile(source) as archive:
                    if sum(f.uncompressed or 0 for f in archive.list()) > 4 * MAX_ARCHIVE_BYTES:
                        return
                    archive.extractall(place)
            else:
                import tarfile

                with tarfile.open(source) as archive:
                    archive.extractall(place, filter="data")
        except Exception as ex:  # a broken or unsupported archive is left alone
            print(f"{name} was not unpacked: {type(ex).__name__}")
            return
        self._walk(place, f"{place.name}/")

    def path(self, name: str) -> Path:
        found = self.root / name
        return found if found.exists() else self.scratch / name

    def names(self) -> Iterator[str]:
        """Names of all files; members of a zip as `archive.zip//member`."""
        yield from self.plain
        yield from (f"{a}//{m}" for a, m in self.zipped)

    def read(self, name: str) -> bytes:
        if "//" in name:
            archive, member = name.split("//", 1)
            return self._archives[archive].read(member)
        return self.path(name).read_bytes()

    def as_file(self, name: str) -> Path:
        """A file on disk with those bytes."""
        if "//" not in name:
            return self.path(name)
        target = self.scratch / f"table-{os.path.basename(name)}"
        target.write_bytes(self.read(name))
        return target

    def size(self, name: str) -> int:
        if "//" in name:
            archive, member = name.split("//", 1)
            return self._archives[archive].getinfo(member).file_size
        return self.path(name).stat().st_size

    def sample(self, name: str) -> Path | None:
        """The sample submission by its name, else by what it looks like."""
        tables = [n for n in self.names() if n.endswith(".csv")]
        by_name = [n for n in tables if os.path.basename(n) == name]
        alike = [n for n in tables if re.search("sample.?submission", os.path.basename(n).lower())]
        best = min(by_name or alike, key=lambda n: (n.count("/"), n), default=None)
        return None if best is None else self.as_file(best)

    def table_like_a_submission(self, columns: list[str]) -> Path | None:
        """A test table that holds all columns of a submission: what comes in can go out."""
        for name in self.tables():
            if is_test(name) and set(columns) <= set(self.table(name, rows=5).columns):
                return self.as_file(name)
        return None

    def tables(self) -> list[str]:
        """Names of the tables about the whole data, those that stand near the top first."""
        places: dict[str, list[str]] = defaultdict(list)
        for name in self.names():
            if name.endswith(TABLES) and name.replace("//", "/").count("/") <= 2:
                places[os.path.dirname(name)].append(name)
        found = [n for names in places.values() if len(names) <= 20 for n in names]
        found = [n for n in found if not re.search("sample.?submission|readme|description", n.lower())]
        return sorted(found, key=lambda n: (n.count("/"), n))[:40]

    def table(self, name: str, rows: int | None = None) -> pd.DataFrame:
        """A table with all cells as text (lists in JSON stay lists)."""
        if self.size(name) > MAX_TABLE_BYTES:
            rows = rows or 2 * MAX_ROWS
        source = io.BytesIO(self.read(name)) if "//" in name else self.path(name)
        if name.endswith(".json"):
            return json_table(source)
        return pd.read_csv(
            source,
            sep="\t" if name.endswith(".tsv") else ",",
            dtype=str,
            nrows=rows,
            keep_default_na=False,
            na_values=["", "NA", "NaN", "nan"],
            on_bad_lines="skip",
        )


def json_table(source: io.BytesIO | Path) -> pd.DataFrame:
    """JSON records, JSON lines, or pictures with annotations in the COCO layout."""
    text = source.getvalue() if isinstance(source, io.BytesIO) else source.read_bytes()
    if len(text) > MAX_ARCHIVE_BYTES:
        raise ValueError("JSON too large")
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        content = [json.loads(line) for line in text.splitlines() if line.strip()]
    if isinstance(content, dict) and isinstance(content.get("images"), list):
        table = pd.DataFrame(content["images"])
        if "annotations" in content:
            notes = pd.DataFrame(content["annotations"])
            key = "id" if "id" in table else "image_id"
            notes = notes.drop(columns="id", errors="ignore").drop_duplicates("image_id")
            again = [c for c in notes if c in table and c != "image_id"]
            table = table.merge(notes.drop(columns=again), left_on=key, right_on="image_id")
    elif isinstance(content, dict):
        table = pd.DataFrame(content)
    else:
        table = pd.DataFrame.from_records(content)
    for name in table:
        if not table[name].map(lambda v: isinstance(v, list | dict)).any():
            table[name] = table[name].map(lambda v: None if v is None or v != v else str(v)).astype("string")
    return table


def is_test(name: str) -> bool:
    return "test" in name.lower()


def is_train(name: str) -> bool:
    return "train" in name.lower()


def key(name: object) -> str:
    """What a file is called in a table: its name without folders and without the ending of a known kind."""
    base = os.path.basename(str(name))
    stem, ending = os.path.splitext(base)
    return stem if ending.lower() in KINDS else base


class Media:
    """Pictures, recordings and arrays by key, apart for training and test."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.by_key: dict[bool, dict[str, list[str]]] = {True: defaultdict(list), False: defaultdict(list)}
        self.by_folder: dict[bool, dict[str, list[str]]] = {True: defaultdict(list), False: defaultdict(list)}
        for name in folder.names():
            parents = os.path.dirname(name)
            if not name.lower().endswith(KINDS) or (not parents and name.endswith(TABLES)):
                continue
            for test in (True, False):
                if is_train(parents) if test else is_test(parents):
                    continue
                self.by_key[test][key(name)].append(name)
                for parent in parents.split("/"):
                    if len(self.by_folder[test][parent]) < 400:
                        self.by_folder[test][parent].append(name)

    def files(self, value: object, *, test: bool) -> list[str]:
        """The files of one row: the one that is named so, else some of those in the folder that is named so."""
        found = self.by_key[test].get(key(value), [])
        if found:
            whole = [n for n in found if n.endswith(str(value))] if "/" in str(value) else []
            return [min(whole or found, key=self.preference)]
        found = sorted(self.by_folder[test].get(key(value), []))
        return [found[i] for i in np.linspace(0, len(found) - 1, min(FILES_PER_ROW, len(found))).astype(int)]

    @staticmethod
    def preference(name: str) -> tuple[int, int, int, str]:
        return ("old" in name, KINDS.index(os.path.splitext(name)[1].lower()), name.count("//"), name)

    def column(self, table: pd.DataFrame, first: str | None, *, test: bool) -> str | None:
        """The column that names files."""
        columns = [c for c in table if c != first]
        for name in [first, *sorted(columns, key=lambda c: ("file" not in c, "image" not in c))]:
            if name in table:
                head = table[name].dropna().astype(str).head(40)
                if len(head) and sum(bool(self.files(v, test=test)) for v in head) >= 0.8 * len(head):
                    return str(name)
        return None

    def features(self, rows: list[list[str]], until: float) -> np.ndarray:
        """A vector for each row's files, in random order until the time is over; rows that were not reached are NaN."""
        order = np.random.default_rng(0).permutation(len(rows))
        vectors: dict[int, np.ndarray] = {}
        with ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0)))) as pool:
            for start in range(0, len(order), 128):
                if time.monotonic() > until:
                    break
                batch = order[start : start + 128]
                for i, vector in zip(batch, pool.map(self._row, [rows[j] for j in batch]), strict=True):
                    if vector is not None:
                        vectors[int(i)] = vector
        if not vectors:
            return np.empty((len(rows), 0))
        width = Counter(len(v) for v in vectors.values()).most_common(1)[0][0]
        out = np.full((len(rows), width), np.nan, dtype=np.float32)
        for i, vector in vectors.items():
            if len(vector) == width:
                out[i] = vector
        return out

    def _row(self, names: list[str]) -> np.ndarray | None:
        vectors = []
        for name in names:
            try:
                vectors.append(file_vector(name, self.folder))
            except Exception:  # one broken file is no reason to give up
                continue
        widths = {len(v) for v in vectors}
        return np.nanmean(vectors, axis=0) if len(widths) == 1 else None


# Vectors of files


def file_vector(name: str, folder: DataFolder) -> np.ndarray:
    ending = os.path.splitext(name)[1].lower()
    if ending == ".npy" and "//" not in name:
        return array_vector(np.load(folder.path(name), mmap_mode="r", allow_pickle=False))
    if ending == ".csv":
        return columns_vector(pd.read_csv(io.BytesIO(folder.read(name)), nrows=100_000))
    if ending == ".parquet":
        return columns_vector(pd.read_parquet(io.BytesIO(folder.read(name))))
    content = folder.read(name)
    if ending in PICTURES:
        return picture_vector(content)
    if ending in (".dcm", ".dicom"):
        import pydicom

        pixels = pydicom.dcmread(io.BytesIO(content)).pixel_array
        return array_vector(pixels)
    if ending == ".npy":
        return array_vector(np.load(io.BytesIO(content), allow_pickle=False))
    return sound_vector(*(wav(content) if ending == ".wav" else aiff(content)))


def picture_vector(content: bytes) -> np.ndarray:
    """A small thumbnail, and means and spreads of the colours of it and of its edges."""
    from PIL import Image

    with Image.open(io.BytesIO(content)) as picture:
        size = picture.size
        if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
            return array_vector(np.asarray(picture))
        picture.draft("RGB", (96, 96))
        small = picture.convert("RGB").resize((SMALL * 4, SMALL * 4), Image.Resampling.BOX)
    pixels = np.asarray(small, dtype=np.float32) / 255
    cells = pixels.reshape(SMALL, 4, SMALL, 4, 3).mean((1, 3))
    edges = [np.abs(np.diff(pixels, axis=a)).mean((0, 1)) for a in (0, 1)]
    numbers = [pixels.mean((0, 1)), pixels.std((0, 1)), *edges, np.percentile(pixels, (5, 50, 95), (0, 1)).ravel()]
    return np.concatenate([cells.ravel(), *numbers, np.log(size)]).astype(np.float32)


def array_vector(values: np.ndarray) -> np.ndarray:
    """Statistics of an array of any shape, of its rows' and columns' profile, and of its edges."""
    values = np.asarray(
        values if values.size <= 4_000_000 else values[:: values.size // 4_000_000 + 1], dtype=np.float32
    )
    plane = values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values.reshape(1, -1)
    numbers = [plane.mean(), plane.std(), plane.min(), plane.max(), *np.percentile(plane, (5, 25, 50, 75, 95))]
    numbers += [np.abs(np.diff(plane, axis=a)).mean() if plane.shape[a] > 1 else 0.0 for a in (0, 1)]
    profiles = [shortened(plane.mean(a), 16) for a in (0, 1)] + [shortened(plane.std(a), 16) for a in (0, 1)]
    return np.nan_to_num(np.concatenate([numbers, *profiles])).astype(np.float32)


def shortened(values: np.ndarray, length: int) -> np.ndarray:
    return np.array([part.mean() if len(part) else 0.0 for part in np.array_split(values, length)])


def columns_vector(table: pd.DataFrame) -> np.ndarray:
    """Mean, spread, extremes and roughness of each number column."""
    values = table.select_dtypes("number").to_numpy(dtype=np.float32)[:, :64]
    steps = np.abs(np.diff(values, axis=0)) if len(values) > 1 else np.zeros_like(values)
    return np.nan_to_num(
        np.concatenate(
            [f(values, axis=0) for f in (np.nanmean, np.nanstd, np.nanmin, np.nanmax)] + [np.nanmean(steps, axis=0)]
        )
    )


def wav(content: bytes) -> tuple[int, np.ndarray]:
    from scipy.io import wavfile

    rate, sound = wavfile.read(io.BytesIO(content))
    return rate, sound


def aiff(content: bytes) -> tuple[int, np.ndarray]:
    """16-bit samples of an AIFF file."""
    at, sound = 12, b""
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "big")
        if name == b"SSND":
            sound = content[at + 16 : at + 8 + size]
        at += 8 + size + size % 2
    return 1, np.frombuffer(sound[: len(sound) // 2 * 2], ">i2")


def sound_vector(rate: int, sound: np.ndarray) -> np.ndarray:
    """Loudness, and mean and spread over time of the energy in bands of frequency."""
    sound = np.asarray(sound[: 30 * max(rate, 44_100)], dtype=np.float32)
    sound = sound.mean(1) if sound.ndim > 1 else sound
    sound = sound / (np.abs(sound).max() + 1e-9)
    window = 512
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, (0, window)), window)[:: window // 2][:1500]
    energy = np.abs(np.fft.rfft(frames * np.hanning(window), axis=1))[:, 1:] ** 2
    fine = np.log(energy.mean(0) + 1e-6)
    bands = np.log(energy.reshape(len(energy), 32, 8).mean(2) + 1e-6)
    numbers = [sound.std(), np.log(len(sound) + 1), np.abs(np.diff(np.sign(sound))).mean(), fine.argmax()]
    return np.concatenate([fine.reshape(64, 4).mean(1), bands.std(0), numbers]).astype(np.float32)


# Finding rows and labels


class NothingToLearn(Exception):
    """The data has a layout that this script does not know."""


def predict(
    folder: DataFolder, sample_file: Path, ids: list[str], targets: list[str], metric: str, deadline: Deadline
) -> tuple[pd.DataFrame, str]:
    """The filled-in sample submission, and how it was made."""
    if sample_file.stat().st_size > MAX_SAMPLE_BYTES:
        raise NothingToLearn("the test set is large")
    sample = pd.read_csv(sample_file, dtype=str, keep_default_na=False)
    ids = [c for c in ids if c in sample]
    targets = [c for c in targets if c in sample] or [c for c in sample if c not in ids]
    tables = {name: head for name in folder.tables() if (head := _head(folder, name)) is not None}
    test, row_of = find_test(folder, tables, sample, ids)
    media = Media(folder)
    train, labels = find_training(folder, tables, media, sample, ids, targets, test)
    if len(train) > MAX_ROWS:
        train = train.sample(MAX_ROWS, random_state=0)
    train = train.reset_index(drop=True)

    shared = [c for c in train if c in test and c not in (*labels, *targets, ids[0] if row_of is not None else "")]
    shared = [c for c in shared if not is_row_number(train[c])]
    where = media.column(train, ids[0], test=False), media.column(test, ids[0], test=True)
    shared = [c for c in shared if c not in where]
    target = labels[0]
    if len(labels) == len(targets) == 1:
        source = copied_column(train, target, shared)
        if source is not None:
            answers = lookup(train, source, target, test)
            return filled(sample, targets, {targets[0]: answers}, row_of), f"answers taken over from {source}"

    blocks = []
    if where[0] is not None and where[1] is not None:
        if len(train) > MAX_TRAINING_FILES:
            train = train.sample(MAX_TRAINING_FILES, random_state=0).reset_index(drop=True)
        rows = [
            [media.files(v, test=t) for v in table[c]]
            for table, c, t in ((train, where[0], False), (test, where[1], True))
        ]
        x = media.features(rows[0], deadline.share(0.4))
        x_test = media.features(rows[1], deadline.share(0.8))
        if x.shape[1] and x.shape[1] == x_test.shape[1]:
            read = ~np.isnan(x).any(axis=1)
            train, x = train[read].reset_index(drop=True), x[read]
            centre = x.mean(0)
            blocks.append((x, np.where(np.isnan(x_test), centre, x_test)))
    if shared:
        with contextlib.suppress(NothingToLearn):
            blocks.append(features(train[shared], test[shared]))
    if not blocks:
        raise NothingToLearn("neither columns in common nor files that the rows name")
    x, x_test = (stacked(parts) for parts in zip(*blocks, strict=True))
    answers = targets_of(train, labels, sample, targets, x, x_test, metric)
    return filled(sample, targets, answers, row_of), f"a model of {x.shape[1]} features on {x.shape[0]} rows"


def _head(folder: DataFolder, name: str) -> pd.DataFrame | None:
    try:
        return folder.table(name, rows=200)
    except Exception:  # a text file that is no table
        return None


def find_test(
    folder: DataFolder, tables: dict[str, pd.DataFrame], sample: pd.DataFrame, ids: list[str]
) -> tuple[pd.DataFrame, np.ndarray | None]:
    """The test rows, and the sample row that each belongs to (None: the same row)."""
    wanted = sample[ids].astype(str).agg("_".join, axis=1) if len(ids) > 1 else sample[ids[0]]
    positions = pd.Series(np.arange(len(wanted)), index=wanted.to_numpy())
    named_so = [n for n in tables if is_test(n)] + [n for n in tables if not is_test(n) and not is_train(n)]
    for name in named_so:
        head = tables[name]
        if not is_test(name) and len(head) >= 200:
            continue
        test = folder.table(name)
        if len(test) == len(sample) and (set(ids) <= set(test) or is_test(name)):
            same = [c for c in ids if c in test]
            if all((test[c].fillna("").to_numpy() == sample[c].to_numpy()).all() for c in same):
                joined = same or any(_joined(test, n) == wanted[0] for n in (2, 3))
                if joined:
                    return test, None
        if len(ids) == 1 and positions.index.is_unique:
            for column in sorted(test.columns, key=lambda c: c != ids[0]):
                values = test[column].astype("string")
                if wanted.isin(set(values.dropna()) if len(test) >= len(sample) else ()).all():
                    rows = values.map(positions)
                    test = test[rows.notna().to_numpy()].reset_index(drop=True)
                    return test, rows.dropna().to_numpy(dtype=int)
    return sample[ids].copy(), None


def _joined(test: pd.DataFrame, columns: int) -> str:
    return "_".join(test.iloc[0, :columns].astype(str))


def find_training(
    folder: DataFolder,
    tables: dict[str, pd.DataFrame],
    media: Media,
    sample: pd.DataFrame,
    ids: list[str],
    targets: list[str],
    test: pd.DataFrame,
) -> tuple[pd.DataFrame, list[str]]:
    """The training table, and its columns that hold the labels."""
    candidates = sorted((n for n in tables if not is_test(n)), key=lambda n: (not is_train(n), n.count("/"), len(n)))
    for name in candidates:  # all the submission's columns
        by_lower = {str(c).lower(): c for c in tables[name]}
        if all(t.lower() in by_lower for t in targets) and len(tables[name].columns) > len(targets):
            return folder.table(name), [by_lower[t.lower()] for t in targets]
    for name in candidates:  # a column of classes (or lists of them) that are the submission's columns
        for column in tables[name] if len(targets) > 1 else ():
            words = tables[name][column].dropna().astype(str).str.split(r"[,; ]").explode()
            if len(words) and set(words) <= set(targets):
                return folder.table(name), [column]
    if len(targets) == 1:
        for name in candidates:  # a column that is called a class
            for column in ("category_id", "label", "labels", "class", "target"):
                if column in tables[name] and column not in ids and len(tables[name].columns) > 1:
                    return folder.table(name), [column]
        named = media.column(test, ids[0], test=True)
        like = sample[targets[0]].head(200)
        words = like.str.fullmatch(r"-?[\d.]+|[A-Za-z][A-Za-z _\-]*").all()
        if named is not None and words and key(test[named].iloc[0]) in media.by_key[True]:
            table = labels_in_names(media, folder)
            if table is not None:
                return table, ["label"]
    raise NothingToLearn("no training labels")


def labels_in_names(media: Media, folder: DataFolder) -> pd.DataFrame | None:
    """Classes from the names of the folders that files lie in, or from a part of their own names."""
    files = []
    for names in media.by_key[False].values():
        files += [n for n in names if "//" not in n] or names
    files.sort()
    marked = [n for n in files if is_train(os.path.dirname(n))]
    files = [n for n in marked or files if not os.path.basename(os.path.dirname(n)).startswith("_")]
    if len(files) < 10:
        return None
    parents = pd.Series([os.path.basename(os.path.dirname(n)) for n in files])
    if parents.nunique() > 1:
        labels = parents
        text = folder.read("description.md").decode(errors="replace") if "description.md" in folder.plain else ""
        if "unknown" in text:  # classes that the description does not name
            named = {c for c in labels.unique() if re.search(rf"\b{re.escape(c)}\b", text)}
            labels = labels.where(labels.isin(named), "unknown") if len(named) > 1 else labels
        return pd.DataFrame({"file": files, "label": labels})
    parts = pd.DataFrame([re.split(r"[._\-]", key(n)) for n in files])
    for column in reversed(parts.columns):
        counts = parts[column].value_counts()
        if 2 <= len(counts) <= 20 and counts.min() >= 2 and parts[column].notna().all():
            return pd.DataFrame({"file": files, "label": parts[column]})
    return None


def copied_column(train: pd.DataFrame, target: str, shared: list[str]) -> str | None:
    """The column that the target's text is mostly a part of, or that mostly decides it, if there is one."""
    part = train.head(2000)
    answers = part[target].astype(object).where(part[target].notna(), "").astype(str)
    if answers.nunique() <= 10:
        return None
    best = {}
    for column in shared:
        cells = part[column].astype(object).where(part[column].notna(), "").astype(str)
        within = np.mean([bool(a) and a in c for a, c in zip(answers, cells, strict=True)])
        usual = answers.groupby(cells).agg(lambda a: a.value_counts().iloc[0]).sum() / len(cells)
        if within > 0.5 or (cells.nunique() < 0.8 * len(cells) and usual > 0.8):
            best[column] = cells.str.len().mean()
    return min(best, key=best.__getitem__, default=None)


def lookup(train: pd.DataFrame, source: str, target: str, test: pd.DataFrame) -> np.ndarray:
    """The most frequent answer to the same text, else the text itself."""
    pairs = train[[source, target]].dropna().value_counts().reset_index()
    known = pairs.drop_duplicates(source).set_index(source)[target]
    return test[source].map(known).fillna(test[source]).fillna("").to_numpy(dtype=object)


def is_row_number(column: pd.Series) -> bool:
    """Whether a column is unique whole numbers or codes: an id, not a feature."""
    head = column.dropna().astype(str).head(500)
    return len(head) > 20 and head.is_unique and bool(head.str.fullmatch(r"\d+|\w*\d\w*|[0-9a-f\-]{8,}").all())


def filled(
    sample: pd.DataFrame, targets: list[str], answers: dict[str, np.ndarray], row_of: np.ndarray | None
) -> pd.DataFrame:
    """The sample submission with answers; where there is none, the sample's value stays."""
    out = sample.copy()
    for target in targets:
        values = pd.Series(answers[target])
        if row_of is not None:
            groups = values.groupby(row_of)
            values = groups.mean() if pd.api.types.is_numeric_dtype(values) else groups.first()
        if pd.api.types.is_float_dtype(values):
            values = values[np.isfinite(values)]
        column = out[target].astype(object)
        column.loc[values.index] = values.to_numpy(dtype=object)
        out[target] = column
    return out


# Features of tables


def features(train: pd.DataFrame, test: pd.DataFrame):
    """One matrix each: numbers as they are, few-valued text as codes, parts of structured text, TF-IDF of prose."""
    both = pd.concat([train, test], ignore_index=True)
    numbers, prose, names = {}, [], []
    for name in both.columns:
        column = both[name]
        if column.map(lambda v: isinstance(v, list | dict)).any():
            vectors = list_features(column)
            numbers.update({f"{name} {i}": pd.Series(v) for i, v in enumerate(vectors.T)})
            continue
        text = column.astype("string")
        as_number = pd.to_numeric(text, errors="coerce")
        if as_number.notna().sum() > 0.8 * text.notna().sum():
            numbers[name] = as_number.astype(float)
            continue
        if text.str.count(" ").mean() > 1.5:
            prose.append(text.fillna(""))
            numbers[f"{name} length"] = text.str.len().astype(float)
            continue
        moment = pd.to_datetime(text.head(50), errors="coerce", utc=True, format="mixed")
        if moment.notna().mean() > 0.8:
            moment = pd.to_datetime(text, errors="coerce", utc=True, format="mixed")
            for part in ("year", "month", "dayofweek", "hour"):
                numbers[f"{name} {part}"] = getattr(moment.dt, part).astype(float)
            continue
        if text.nunique() > 255 or text.str.contains(" ").mean() > 0.3:
            names.append(text.fillna(""))
        if text.str.len().max() <= 12 and text.nunique() > 255 and not text.str.contains(" ").any():
            for i in range(int(text.str.len().max())):
                numbers[f"{name} letter {i}"] = text.str.get(i).map(ord, na_action="ignore").astype(float)
        for i, part in text.str.split(r"[/_\-]", expand=True).items():
            if i > 3:
                break
            as_number = pd.to_numeric(part, errors="coerce")
            if as_number.notna().sum() > 0.8 * part.notna().sum():
                numbers[f"{name} {i}"] = as_number.astype(float)
            elif part.nunique() <= 255:
                numbers[f"{name} {i}"] = pd.Series(pd.factorize(part)[0]).astype(float)
    if prose or len(numbers) < 5:  # names and the like tell less than a handful of numbers
        prose += names
    blocks = [pd.DataFrame(numbers).astype(float)] if numbers else []
    if prose and sum(p.str.count(" ").mean() > 0.3 for p in prose):
        from scipy import sparse
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = prose[0].str.slice(0, 10_000)
        for more in prose[1:]:
            texts = texts + " " + more.str.slice(0, 10_000)
        words = TfidfVectorizer(
            sublinear_tf=True, min_df=2, max_features=60_000, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b"
        ).fit_transform(texts)
        if blocks:
            dense = blocks[0].fillna(0).to_numpy()
            dense = (dense - dense.mean(0)) / (dense.std(0) + 1e-9)
            words = sparse.hstack([words, sparse.csr_matrix(dense * 0.1)]).tocsr()
        return words[: len(train)], words[len(train) :]
    if not blocks:
        raise NothingToLearn("no usable feature")
    matrix = blocks[0].to_numpy(dtype=float)
    return matrix[: len(train)], matrix[len(train) :]


def list_features(column: pd.Series) -> np.ndarray:
    """Statistics of lists of numbers (a picture's pixels, say)."""
    rows = []
    for cell in column:
        try:
            values = np.asarray(cell, dtype=np.float32).ravel()
        except (TypeError, ValueError):
            values = np.empty(0)
        if len(values):
            spread = [values.mean(), values.std(), values.min(), values.max(), *np.percentile(values, (5, 50, 95))]
            rows.append(np.concatenate([spread, shortened(values, 25)]))
        else:
            rows.append(np.zeros(32))
    return np.nan_to_num(np.array(rows))


def stacked(parts: tuple) -> np.ndarray:
    from scipy import sparse

    if any(not isinstance(p, np.ndarray) for p in parts):
        scaled = [p if not isinstance(p, np.ndarray) else sparse.csr_matrix(np.nan_to_num(p)) for p in parts]
        return sparse.hstack(scaled).tocsr()
    return np.hstack(parts)


# Models


def targets_of(
    train: pd.DataFrame, labels: list[str], sample: pd.DataFrame, targets: list[str], x, x_test, metric: str
) -> dict[str, np.ndarray]:
    """Predictions of every target column."""
    if len(labels) < len(targets):
        cells = train[labels[0]].fillna("").astype(str)
        if set(cells) <= set(targets):
            found = classify(x, cells, x_test, cautious="log_loss" in metric)
        else:
            found = multi_label(x, cells, x_test)
        found = found.reindex(columns=targets, fill_value=0.0).clip(1e-4, 1)
        if set(cells) <= set(targets):
            found = found.div(found.sum(axis=1), axis=0)
        return {t: found[t].to_numpy() for t in targets}
    if len(targets) > 1:
        like = sample[targets].apply(pd.to_numeric, errors="coerce").to_numpy()
        known = train[labels].apply(pd.to_numeric, errors="coerce").fillna(0).to_numpy()
        if np.allclose(like.sum(1), 1, atol=1e-3) and (known.sum(1) > 0).all() and (known >= 0).all():
            shares = known / known.sum(1, keepdims=True)
            found = np.clip(regress(x, shares, x_test), 1e-3, 1)
            if ((shares == 0) | (shares == 1)).all():
                classes = classify(x, pd.Series(shares.argmax(1).astype(str)), x_test, cautious="log_loss" in metric)
                found = np.clip(
                    np.column_stack([classes.get(str(i), 0 * classes.iloc[:, 0]) for i in range(len(targets))]), 1e-3, 1
                )
            found = found / found.sum(1, keepdims=True)
            return dict(zip(targets, found.T, strict=True))
        if len(targets) > 2 and not set(np.unique(known)) <= {0.0, 1.0}:
            found = regress(x, known, x_test).clip(known.min(0), known.max(0))
            if "spearman" in metric:  # has no value for a constant column
                found = found * (1 - 1e-6) + np.linspace(0, 1e-6, len(found))[:, None]
            return dict(zip(targets, found.T, strict=True))
    return {t: one_target(x, train[c], x_test, metric, sample[t]) for t, c in zip(targets, labels, strict=True)}


def is_sparse(x) -> bool:
    return not isinstance(x, np.ndarray)


def classify(x, y: pd.Series, x_test, *, cautious: bool = False) -> pd.DataFrame:
    """Class probabilities, one column per class.

    A cautious model is drawn towards the classes' shares as far as a part of the data, which it has not seen, asks for.
    """
    counts = y.value_counts()
    if len(counts) > MAX_CLASSES:  # rare classes are given up
        kept = y.isin(counts.index[:MAX_CLASSES]).to_numpy()
        x, y = x[kept], y[kept]
    if y.nunique() < 2:
        raise NothingToLearn("a single class")
    y = y.reset_index(drop=True)
    found = _probabilities(x, y, x_test)
    if cautious and len(y) < 20_000:
        shares = y.value_counts(normalize=True)
        seen = np.random.default_rng(0).random(len(y)) < 0.7
        guess = _probabilities(x[seen], y[seen], x[~seen]).reindex(columns=shares.index, fill_value=0.0)
        truth = shares.index.get_indexer(y[~seen])

        def loss(weight: float) -> float:
            mixed = weight * guess.to_numpy() + (1 - weight) * shares.to_numpy()
            return -float(np.log(np.clip(mixed[np.arange(len(truth)), truth], 1e-6, 1)).mean())

        weight = min((0.98, 0.9, 0.7, 0.4, 0.2, 0.0), key=loss)
        found = weight * found + (1 - weight) * shares.reindex(found.columns)
    return found


def _probabilities(x, y: pd.Series, x_test) -> pd.DataFrame:
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    if is_sparse(x):
        model = LogisticRegression(C=10, max_iter=300)
    elif x.shape[1] > 100 or y.nunique() > 20 or len(y) < 200:
        x, x_test = np.nan_to_num(x), np.nan_to_num(x_test)
        model = ExtraTreesClassifier(200, min_samples_leaf=2 if y.nunique() < 20 else 1, random_state=0, n_jobs=-1)
    else:
        model = HistGradientBoostingClassifier(max_iter=120, learning_rate=0.08, l2_regularization=1, random_state=0)
    with few_threads(len(y)):
        model.fit(x, y)
    return pd.DataFrame(model.predict_proba(x_test), columns=[str(c) for c in model.classes_])


def few_threads(rows: int):
    """One thread for small data, where waiting for one another takes longer than the work."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1 if rows < 5000 else None)


def regress(x, y: np.ndarray, x_test) -> np.ndarray:
    """Predictions of one number or of several at once."""
    from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    if is_sparse(x):
        model = Ridge(alpha=1.0)
    elif y.ndim > 1 or x.shape[1] > 100 or len(y) < 200:
        x, x_test = np.nan_to_num(x), np.nan_to_num(x_test)
        model = ExtraTreesRegressor(
            100, min_samples_leaf=2, max_samples=min(1.0, 10_000 / len(y)), bootstrap=True, random_state=0, n_jobs=-1
        )
    else:
        model = HistGradientBoostingRegressor(max_iter=200, random_state=0)
    with few_threads(len(y)):
        return model.fit(x, y).predict(x_test)


def multi_label(x, cells: pd.Series, x_test) -> pd.DataFrame:
    """Probabilities of the most frequent labels of cells that hold several, one column per label."""
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import SGDClassifier
    from sklearn.multiclass import OneVsRestClassifier

    sets = [set(re.split(r"[,; ]+", c.strip())) - {""} for c in cells]
    names = [n for n, _ in Counter(n for s in sets for n in s).most_common(MAX_LABELS)]
    y = np.array([[n in s for n in names] for s in sets], dtype=int)
    if is_sparse(x):
        model = OneVsRestClassifier(SGDClassifier(loss="log_loss", alpha=1e-5, max_iter=20, random_state=0))
        return pd.DataFrame(model.fit(x, y).predict_proba(x_test), columns=names)
    model = ExtraTreesClassifier(200, min_samples_leaf=2, random_state=0, n_jobs=-1)
    model.fit(np.nan_to_num(x), y)
    found = model.predict_proba(np.nan_to_num(x_test))
    columns = [
        p[:, list(c).index(1)] if 1 in c else np.zeros(len(p)) for p, c in zip(found, model.classes_, strict=True)
    ]
    return pd.DataFrame(np.column_stack(columns), columns=names)


def one_target(x, y: pd.Series, x_test, metric: str, like: pd.Series) -> np.ndarray:
    """Predictions of one column: probabilities, labels, lists of labels or numbers, as metric and sample want them."""
    known = y.notna().to_numpy()
    x, y = x[known], y[known].astype(str)
    numbers = pd.to_numeric(y, errors="coerce")
    like_numbers = pd.to_numeric(like, errors="coerce").notna().all()
    wants_probability = any(word in metric for word in ("auc", "log_loss", "gini", "probabilistic"))
    if not like_numbers and is_structured(y):
        raise NothingToLearn("answers that are lists of places")
    listed = like.str.contains(" ").any() and metric.startswith("map_at")
    if not listed and not like_numbers and y.str.contains(r"[, ]").mean() > 0.02 and _few_words(y):
        found = multi_label(x, y, x_test)
        best = found.to_numpy() >= np.minimum(0.35, found.max(axis=1)).to_numpy()[:, None]
        return np.array([" ".join(found.columns[row]) for row in best], dtype=object)
    fractions = numbers.notna().all() and bool((numbers % 1 != 0).any())
    classes = y.nunique()
    many = classes > 20 and numbers.notna().all() and like_numbers and not _is_category(metric)
    if not fractions and not many:
        if classes > max(5000, len(y) // 2) and not listed:
            raise NothingToLearn("answers that are all different")
        found = classify(x, y, x_test, cautious="log_loss" in metric)
        if wants_probability and like_numbers:
            positive = next((c for c in found if c.lower() in ("1", "1.0", "true")), None)
            return (found[positive] if positive is not None else 1 - found.iloc[:, 0]).to_numpy()
        if listed:
            first = np.argsort(-found.to_numpy(), axis=1)[:, : len(like.iloc[0].split())]
            return np.array([" ".join(found.columns[row]) for row in first], dtype=object)
        return found.columns.to_numpy(dtype=object)[found.to_numpy().argmax(1)]
    if numbers.isna().any():
        raise NothingToLearn("answers that are neither numbers nor classes")
    return regress(x, numbers.to_numpy(dtype=float), x_test).clip(numbers.min(), numbers.max())


def is_structured(y: pd.Series) -> bool:
    """Whether cells are run lengths, boxes or points: pairs of numbers, or names and numbers mixed."""
    cells = y[y.str.contains(" ")].head(500).str.split()
    if not len(cells):
        return False
    number = cells.map(lambda words: [re.fullmatch(r"-?\d+(\.\d+)?", w) is not None for w in words])
    pairs = cells.map(len).mod(2).eq(0).all() and number.map(all).all()
    return bool(pairs or number.map(lambda n: any(n) and not all(n)).mean() > 0.5)


def _is_category(metric: str) -> bool:
    return any(word in metric for word in ("accuracy", "f1", "top_", "map_at"))


def _few_words(y: pd.Series) -> bool:
    words = y.str.split(r"[, ]+").explode()
    return words.nunique() < 0.2 * len(words)


if __name__ == "__main__":
    sys.exit(main())
