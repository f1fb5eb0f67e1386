"""A part of the training data held back to score candidates on: the competition's own preparation, run once more.

What agents have of labelled data is laid out as if it were Kaggle's, and prepared again with another draw. So the
split keeps the competition's rule, and files, answers and grader fit. What comes of it:

    public/             what agents see: the training data that is left, all else as it was
    public/held_back/   the inputs of the held-back part, and a sample submission for them
    private/            as prepared data of the held-back part: `private` with its answers, `public` with the sample

Nothing here reads the test set's answers.
"""

from __future__ import annotations

import filecmp
import hashlib
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import HELD_BACK, Competition, GradingError
from mlebench_inspect.tasks.preparing import DataError, drawing, place, write_7z, zip_entry

if TYPE_CHECKING:
    from mlebench_inspect.tasks import SearchScore

MAX_SHARE = 0.5
_ARCHIVES = (".zip", ".7z")
_MANY = 16  # files of one size, all of which are compared
_TRIES = 20  # draws, until the metric is defined on what was drawn


def hold_back(
    found: Competition, public: Path, target: Path, share: float, revision: Revision = "v1", *, scratch: Path
) -> None:
    """Makes the data of a run in which a part of the training data is held back.

    Args:
        found: The competition; its `search` says what is training data.
        public: The prepared public data; not changed.
        target: New folder for `public` and `private`.
        share: Of the training data; above 0 and at most 0.5.
        revision: Of the prepared data.
        scratch: New folder on the same file system, to be deleted by the caller.

    Raises:
        DataError: The metric is not defined on any of the parts that were drawn.
        NoSearchScore: Of this competition nothing can be held back.
        ValueError: The share is out of bounds.
    """
    found.require_search_score()
    if not 0 < share <= MAX_SHARE:
        raise ValueError(f"a search score is of a share above 0 and at most {MAX_SHARE:g} of the training data")
    fault: Exception | None = None
    for attempt in range(_TRIES):
        again = scratch / str(attempt)
        try:
            with drawing(share, _seed(found, share, attempt)):
                _prepare(found, public, again, revision)
            sample = found.grade(again / found.sample_submission, again / "private", revision)
        except (DataError, GradingError) as ex:
            fault = ex
        else:
            if sample.valid_submission:
                _assemble(found, public, again, target, revision)
                return
            fault = DataError(f"the sample submission is invalid: {sample.error}")
        shutil.rmtree(again)
    raise DataError(f"{found.id}: a share of {share:g} of the training data cannot be held back: {fault}") from fault


def _seed(found: Competition, share: float, attempt: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{found.id} {share:g} {attempt}".encode()).digest()[:4], "big")


def _prepare(found: Competition, known: Path, target: Path, revision: Revision) -> None:
    """The competition's own preparation; its list of raw files is not asked, since it needs not all of them."""
    raw, public, private = (target / part for part in ("raw", "public", "private"))
    for folder in (raw, public, private):
        folder.mkdir(parents=True)
    _as_raw(found, known, raw, revision)
    found.module("prepare").prepare(raw, public, private, revision)


# ---- public data as if it were Kaggle's ----------------------------------------------------------------------------


def _as_raw(found: Competition, public: Path, raw: Path, revision: Revision) -> None:
    """What the competition declares under other names, or makes itself (`search.py`), and all else as it is."""
    packed: dict[str, list[tuple[str, Path]]] = {}
    for name, source in found.search.raw.items():
        archive, member = _in_archive(name, source)
        if not (public / source).exists():
            continue
        if archive is None:
            _lay(public / source, raw / name)
        else:
            packed.setdefault(archive, []).extend(_members(public / source, member))
    for archive, members in packed.items():
        (write_7z if archive.endswith(".7z") else _zip)(raw / archive, members)
    if (found.folder / "search.py").is_file():
        found.module("search").make_raw(public, raw, revision)
    for path in sorted(public.iterdir()):
        if not (raw / path.name).exists():
            _lay(path, raw / path.name)


def _in_archive(name: str, source: str) -> tuple[str | None, str]:
    """(archive, member) that a name such as `train.zip` or `data.zip/train/train.csv` means; (None, "") for a file."""
    parts = name.split("/")
    for i, part in enumerate(parts, start=1):
        whole = i == len(parts)
        if part.endswith(_ARCHIVES) and not (whole and source.endswith(_ARCHIVES)):
            return "/".join(parts[:i]), source if whole else "/".join(parts[i:])
    return None, ""


def _members(path: Path, name: str) -> list[tuple[str, Path]]:
    if path.is_file():
        return [(name, path)]
    return [(f"{name}/{f.relative_to(path).as_posix()}", f) for f in files_below(path)]


def _lay(path: Path, target: Path) -> None:
    """A file, or a folder as a link, since nothing is written to it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        target.symlink_to(path.absolute(), target_is_directory=True)
    else:
        place(path, target)


def _zip(target: Path, members: list[tuple[str, Path]]) -> None:
    with zipfile.ZipFile(target, "x") as packed:
        for name, file in members:
            entry = zip_entry(name)
            entry.compress_type = zipfile.ZIP_STORED
            with open(file, "rb") as source, packed.open(entry, "w", force_zip64=True) as member:
                shutil.copyfileobj(source, member, 1 << 20)


# ---- what comes of it ----------------------------------------------------------------------------------------------


def _assemble(found: Competition, public: Path, again: Path, target: Path, revision: Revision) -> None:
    rule, held = found.search, target / "public" / HELD_BACK
    for file in files_below(public):
        name = file.relative_to(public).as_posix()
        if not is_training(rule, name, revision):
            _put(file, target / "public" / name)
    twins = _Twins(f for f in files_below(public) if is_training(rule, f.relative_to(public).as_posix(), revision))
    for file in files_below(again / "public"):
        name = file.relative_to(again / "public").as_posix()
        if is_training(rule, name, revision):
            _put(twins.of(file), target / "public" / name)
        elif not _is_named(name, rule.hidden) and not _is_known(rule, name, file, public / name, revision):
            _put(file, held / name)
    for file in files_below(again / "private"):
        _put(file, target / "private/private" / file.relative_to(again / "private"))
    sample = again / found.sample_submission
    if sample.is_relative_to(again / "public"):
        _put(sample, target / "private" / found.sample_submission)


def is_training(rule: SearchScore, name: str, revision: Revision) -> bool:
    """Whether a public file holds training data, which the held-back part leaves; `name` is relative to `public`."""
    kept = [*rule.kept, *(rule.kept_v2 if revision == "v2" else [])]
    return _is_named(name, rule.train) and not _is_named(name, kept)


def _is_known(rule: SearchScore, name: str, file: Path, public: Path, revision: Revision) -> bool:
    """Whether agents have the file already, outside of what is held back."""
    kept = [*rule.kept, *(rule.kept_v2 if revision == "v2" else [])]
    return _is_named(name, kept) or (public.is_file() and file.samefile(public))


def _is_named(name: str, patterns: list[str]) -> bool:
    return any(name == p or name.startswith(f"{p}/") or fnmatchcase(name, p) for p in patterns)


class _Twins:
    """Finds the prepared file that a file unpacked once more equals, so that it is stored once."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._by_size: dict[int, list[Path]] = {}
        for file in files:
            self._by_size.setdefault(file.stat().st_size, []).append(file)

    def of(self, file: Path) -> Path:
        """The prepared file; the file itself where it is a link already, or there is none."""
        if file.stat().st_nlink > 1:
            return file
        alike = self._by_size.get(file.stat().st_size, [])
        if len(alike) > _MANY:  # such as sounds of one second
            alike = [a for a in alike if a.name == file.name]
        return next((a for a in alike if filecmp.cmp(a, file, shallow=False)), file)


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    place(source, target)


def files_below(folder: Path) -> Iterator[Path]:
    """All files below a folder, in order."""
    return (p for p in sorted(folder.rglob("*")) if p.is_file())
