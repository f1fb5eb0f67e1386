"""Held-back training data of every competition that has a search score: it fits the grader, and nothing leaks."""

from __future__ import annotations

import mmap
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from mlebench_inspect.checks import Case
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import HELD_BACK, competition, competition_ids
from mlebench_inspect.tasks.preparing import extract_7z, read_csv, train_test_positions
from mlebench_inspect.tasks.searching import files_below, hold_back, is_training

COVERED = [i for i in competition_ids() if competition(i).search.why_not is None]
SHORT = [
    *(
        "3d-object-detection-for-autonomous-vehicles",
        "cdiscount-image-classification-challenge",
        "champs-scalar-coupling",
    ),
    *("invasive-species-monitoring", "jigsaw-toxic-comment-classification-challenge", "leaf-classification"),
    *("paddy-disease-classification", "spaceship-titanic", "tgs-salt-identification-challenge"),
]
"""One of each kind; the others are looked at every night."""
each_covered = pytest.mark.parametrize(
    "competition_id", [pytest.param(i, marks=[] if i in SHORT else [pytest.mark.nightly]) for i in COVERED]
)
each_revision = pytest.mark.parametrize("revision", ["v1", "v2"])
SHARE = 0.2
TEXTS = (".csv", ".tsv", ".json", ".jsonl", ".txt")
NUMBERED_ANEW = {
    *("alaska2-image-steganalysis", "billion-word-imputation", "dogs-vs-cats-redux-kernels-edition"),
    *("herbarium-2020-fgvc7", "herbarium-2021-fgvc8", "herbarium-2022-fgvc9", "ml2021spring-hw2"),
    *("nomad2018-predict-transparent-conductors", "plant-pathology-2020-fgvc7"),
    *("tabular-playground-series-may-2022", "tensorflow-speech-recognition-challenge"),
    *("text-normalization-challenge-english-language", "text-normalization-challenge-russian-language"),
    "ventilator-pressure-prediction",
}
"""Competitions whose preparation gives new names or numbers, so that equal ones mean nothing."""
Held = Callable[[str, Revision], Path]
Contents = dict[str, bytes]
"""By path, with `!` before the name in an archive."""


@pytest.fixture(scope="module")
def held(prepared: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Held:
    """`held(id, revision)`: a folder with `public`, and with `prepared`, which is the held-back part's."""

    @cache
    def make(competition_id: str, revision: Revision) -> Path:
        root = tmp_path_factory.mktemp(f"{competition_id}-{revision}-held")
        public = prepared(competition_id, revision) / "prepared/public"
        before = {p: p.read_bytes() for p in files_below(public)}
        hold_back(competition(competition_id), public, root, SHARE, revision, scratch=root / "scratch")
        assert {p: p.read_bytes() for p in files_below(public)} == before, "what was prepared is as it was"
        (root / "prepared").symlink_to(root / "private", target_is_directory=True)
        return root

    return make


@each_revision
@each_covered
def test_the_sample_is_valid_and_perfect_predictions_have_the_perfect_score(
    competition_id: str, revision: Revision, held: Held, tmp_path: Path
) -> None:
    found, root = competition(competition_id), held(competition_id, revision)
    sample = found.grade(root / "prepared" / found.sample_submission, root / "prepared/private", revision)
    assert sample.valid_submission
    case = Case(found, revision, root)
    best = case.grade(case.perfect)
    assert best.error is None
    assert best.score == pytest.approx(case.perfect_score, abs=1e-5)


@each_revision
@each_covered
def test_nothing_of_the_held_back_part_is_left_in_the_training_data(
    competition_id: str, revision: Revision, held: Held, prepared: Callable[..., Path]
) -> None:
    """Neither its inputs, archived or not, nor its names, nor rows that had a label."""
    found, root = competition(competition_id), held(competition_id, revision)
    before = _Tree(prepared(competition_id, revision) / "prepared/public", competition_id, revision)
    now = _Tree(root / "public", competition_id, revision)
    sample = found.public_sample.removeprefix("public/")
    inputs = {name: content for name, content in now.held_back.items() if not name.startswith(sample)}

    once = Counter(c for _, c in {(stem(name), c) for name, c in before.training.items()})
    contents = {c for c in inputs.values() if once[c] == 1}
    names = ids(found.id, root, revision) | {stem(name) for name in inputs}
    names -= {name for name, times in Counter(map(stem, before.training)).items() if times > 2}
    names = {name for name in names & words(before.training) if not name.isdigit()} - words(before.others)
    rows = (lines(before.training, competition_id) - lines(now.training, competition_id)).keys()
    rows -= lines(before.others, competition_id).keys()
    assert contents or names or rows, "there is something to look for"

    assert not contents.intersection(now.training.values())
    assert not rows & lines(now.others, competition_id).keys()
    if competition_id not in NUMBERED_ANEW:
        assert not names & words(now.training)


@each_revision
@each_covered
def test_no_input_of_a_held_back_row_is_in_a_training_table(
    competition_id: str, revision: Revision, held: Held, prepared: Callable[..., Path]
) -> None:
    folder = held(competition_id, revision) / "public"
    tables = [folder / HELD_BACK / "test.csv", folder / "train.csv"]
    if not all(t.is_file() for t in tables):
        pytest.skip("it has no such tables")
    inputs, train = (read_csv(t, dtype=str).fillna("") for t in tables)
    known = read_csv(prepared(competition_id, revision) / "prepared/public/train.csv", dtype=str).fillna("")
    shared = [c for c in inputs.columns if c in train.columns][competition_id in NUMBERED_ANEW :]
    if not shared:
        pytest.skip("its tables have names alone")
    once = known.groupby(shared)[shared[0]].transform("size") == 1
    there = inputs.merge(known[once], on=shared)
    assert len(there), "there is something to look for"
    assert not len(there.merge(train, on=shared))


@each_revision
@each_covered
def test_the_test_set_is_as_it_was(
    competition_id: str, revision: Revision, held: Held, prepared: Callable[..., Path]
) -> None:
    found, root = competition(competition_id), held(competition_id, revision)
    before = prepared(competition_id, revision) / "prepared"
    for file in files_below(before / "public"):
        name = file.relative_to(before / "public").as_posix()
        if not is_training(found.search, name, revision):
            assert (root / "public" / name).samefile(file)
    assert not any((before / "private").samefile(p) for p in root.rglob("*"))
    assert (root / "prepared" / found.answers).read_bytes() != (before / found.answers).read_bytes()


@pytest.mark.parametrize(
    "competition_id",
    [
        *("dog-breed-identification", "dogs-vs-cats-redux-kernels-edition", "nomad2018-predict-transparent-conductors"),
        *("tensorflow-speech-recognition-challenge", "tgs-salt-identification-challenge"),
    ],
)
def test_pictures_sounds_and_structures_are_stored_once(competition_id: str, held: Held) -> None:
    """Also where the preparation unpacks or renames them."""
    media = [p for p in files_below(held(competition_id, "v1") / "public") if HELD_BACK not in p.parts]
    alone = [p for p in media if p.stat().st_nlink == 1 and p.suffix in (".jpg", ".png", ".wav", ".xyz")]
    assert not alone


@each_covered
def test_another_share_and_the_same_share_again(
    competition_id: str, prepared: Callable[..., Path], tmp_path: Path
) -> None:
    found, public = competition(competition_id), prepared(competition_id) / "prepared/public"
    for name, share in (("one", 0.2), ("same", 0.2), ("other", 0.4)):
        hold_back(found, public, tmp_path / name, share, scratch=tmp_path / f"{name}-scratch")
    one, same, other = (Case(found, "v1", linked(tmp_path / n)).answers for n in ("one", "same", "other"))
    assert one.equals(same)
    assert len(one) <= len(other)


def test_a_share_out_of_bounds_is_refused(prepared: Callable[..., Path], tmp_path: Path) -> None:
    found, public = competition("spaceship-titanic"), prepared("spaceship-titanic") / "prepared/public"
    for share in (0.0, 0.6, -1.0):
        with pytest.raises(ValueError, match=r"above 0 and at most 0\.5"):
            hold_back(found, public, tmp_path / "out", share, scratch=tmp_path / "scratch")
    assert not list(tmp_path.iterdir())


def test_ordinary_splits_are_as_they_were() -> None:
    train, test = train_test_positions(10, 0.2)
    assert test.tolist() == [2, 8]
    assert len(train) == 8


class _Tree:
    """The files of a public folder: of the training data, of the held-back part, and others."""

    def __init__(self, folder: Path, competition_id: str, revision: Revision) -> None:
        rule = competition(competition_id).search
        self.training: Contents = {}
        self.held_back: Contents = {}
        self.others: Contents = {}
        for file in files_below(folder):
            name = file.relative_to(folder).as_posix()
            if name.startswith(f"{HELD_BACK}/"):
                self.held_back |= unpacked(file, name.removeprefix(f"{HELD_BACK}/"))
            elif is_training(rule, name, revision):
                self.training |= unpacked(file, name)
            else:
                self.others |= unpacked(file, name)


def unpacked(file: Path, name: str) -> Contents:
    """The file, or what an archive holds."""
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as packed:
            return {f"{name}!{m}": packed.read(m) for m in packed.namelist() if not m.endswith("/")}
    if file.suffix == ".npy":  # a row a file
        return {f"{name}!{i}": row.tobytes() for i, row in enumerate(np.load(file))}
    if file.suffix == ".bson":  # a product a file, without its second field, the category
        return {f"{name}!{i}": product for i, product in enumerate(products(file))}
    if file.suffix == ".7z":
        with TemporaryDirectory() as folder:
            extract_7z(file, Path(folder))
            return {f"{name}!{p.relative_to(folder).as_posix()}": p.read_bytes() for p in files_below(Path(folder))}
    return {name: file.read_bytes()}


def products(file: Path) -> list[bytes]:
    """What follows the first two fields of each document."""
    with open(file, "rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found, at = [], 0
        while at < len(data):
            size = int.from_bytes(data[at : at + 4], "little")
            document = data[at : at + size]
            found.append(document[document.index(b"imgs") :])
            at += size
    return found


def stem(name: str) -> bytes:
    """A file's name without folder, archive and ending."""
    return Path(name.rpartition("!")[2]).stem.encode()


def words(contents: Contents) -> set[bytes]:
    """All words in names and texts."""
    found = {stem(name) for name in contents}
    found |= {part.encode() for name in contents for part in Path(name).parts}
    texts = [c for n, c in contents.items() if Path(n).suffix in TEXTS]
    return found.union(*(re.findall(rb"[\w.-]+", c) + re.findall(rb"[\w-]+", c) for c in texts))


def lines(contents: Contents, competition_id: str) -> Counter[bytes]:
    """The lines of all texts that tell something; without their first cell where rows are numbered anew."""
    tables = [c for n, c in contents.items() if Path(n).suffix in TEXTS]
    found = (line.strip(b" \r,") for table in tables for line in table.split(b"\n"))
    if competition_id in NUMBERED_ANEW:
        found = (re.split(rb"[,\t]", line, maxsplit=1)[-1] for line in found)
    return Counter(line for line in found if len(line) >= 7)


def ids(competition_id: str, root: Path, revision: Revision) -> set[bytes]:
    """What the sample submission of the held-back part names its rows by."""
    found = competition(competition_id)
    options = getattr(found.module("grade"), "READ_CSV", {}).get(revision, {})
    sample = read_csv(root / "prepared" / found.sample_submission, **options)
    return {str(v).encode() for column in found.submission.ids(revision) for v in sample[column]}


def linked(root: Path) -> Path:
    (root / "prepared").symlink_to(root / "private", target_is_directory=True)
    return root
