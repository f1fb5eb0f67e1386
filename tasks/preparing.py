"""The shared steps of preparations: tables, random splits, media files, archives.

All functions take and return paths or tables; none knows a competition. Where several preparations need the same
step it belongs here; what only one needs stays in that competition's folder.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TypeVar

from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.graders.reading import exact_floats, read_table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

T = TypeVar("T")

read_csv = read_table  # raw and prepared tables are read alike


class DataError(MlebenchError, ValueError):
    """Raw data is not as the competition's preparation expects. The message says which file and what is wrong."""


# ---- tables -------------------------------------------------------------------------------------------------------


_CARRIAGE_RETURN = "\ue00d"  # private-use character that stands for "\r" while the csv module decides on quotes
_ROWS_AT_A_TIME = 1 << 16


def write_csv(table: pd.DataFrame, path: Path | IO[bytes], **options: Any) -> None:
    """`DataFrame.to_csv` without the index, byte for byte as pandas on Python 3.11 writes it.

    Newer versions of Python's csv module quote a cell whose only special character is a lone carriage return; here it
    stays unquoted on every version, since the published checksums have it so.
    """
    path_or_buffer: Any = path
    lone = [c for c in table.columns if _has_lone_carriage_return(table[c])]
    if not lone:
        table.to_csv(path_or_buffer, index=False, **options)
        return
    table = table.copy()
    for column in lone:
        cells = table[column].astype(object)
        plain = cells.map(_has_lone)
        table[column] = cells.where(
            ~plain, cells.map(lambda v: v.replace("\r", _CARRIAGE_RETURN) if isinstance(v, str) else v)
        )
    header = options.pop("header", True)
    with open(path, "wb") if isinstance(path, (str, os.PathLike)) else nullcontext(path) as file:
        for first in range(0, len(table), _ROWS_AT_A_TIME):
            text = io.StringIO(newline="")
            part = table.iloc[first : first + _ROWS_AT_A_TIME]
            part.to_csv(text, index=False, header=header if first == 0 else False, **options)
            file.write(text.getvalue().replace(_CARRIAGE_RETURN, "\r").encode("utf-8"))


def _has_lone_carriage_return(column: pd.Series) -> bool:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return False
    return any(_has_lone(v) for v in column.unique())


def _has_lone(value: object) -> bool:
    return isinstance(value, str) and "\r" in value and not any(c in value for c in ',"\n')


def read_csv_plain(path: Path, **options: Any) -> pd.DataFrame:
    """A table whose floats are those of the default parser of pandas before 3.1, whatever pandas is installed.

    That parser rounds several times, so the last digit of a long number may differ from the nearest float. Some
    published checksums come from tables that were read by it and written out again.

    Args:
        path: A file; it is read twice.
        options: For `pandas.read_csv`, but `usecols` and `dtype`.
    """
    import numpy as np
    import pandas as pd

    table = read_table(path, **options)
    floats = [c for c in table.columns if pd.api.types.is_float_dtype(table[c])]
    if not floats:
        return table
    done = 0
    values = {c: table[c].to_numpy(copy=True) for c in floats}
    with pd.read_csv(path, usecols=floats, dtype=str, chunksize=1 << 17, **options) as blocks:
        for block in blocks:
            for column in floats:
                texts = block[column].fillna("").to_numpy(dtype=object).astype("S")
                part = values[column][done : done + len(texts)]
                long = (np.char.str_len(texts) > 16) | (np.char.find(np.char.lower(texts), b"e") >= 0)
                long &= np.isfinite(part)  # shorter numbers are exact either way
                part[long] = _floats_of_several_roundings(texts[long])
            done += len(block)
    return table.assign(**values)


def _floats_of_several_roundings(texts: np.ndarray) -> np.ndarray:
    """Decimal numbers as pandas before 3.1 reads them.

    The first 17 digits, zeros in front included, are gathered in a double, which is multiplied or divided once (twice
    below 1e-308) by a power of ten.

    Args:
        texts: Bytes, shape (n,); each a number with optional sign, point and exponent.

    Returns:
        float64, shape (n,).
    """
    import numpy as np

    n = len(texts)
    number, digits, exponent, written = (np.zeros(n, dtype=t) for t in (float, int, int, int))
    negative, below_one = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    after_point, after_e = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    characters = np.frombuffer(texts.tobytes(), dtype=np.uint8).reshape(n, -1) if n else np.empty((0, 0), np.uint8)
    for character in characters.T:
        digit = character.astype(int) - ord("0")
        is_digit = (digit >= 0) & (digit <= 9)
        taken = is_digit & ~after_e & (digits < 17)
        number = np.where(taken, number * 10 + digit, number)
        digits += taken
        exponent -= taken & after_point
        exponent += is_digit & ~after_e & ~taken & ~after_point
        written = np.where(is_digit & after_e, np.minimum(written * 10 + digit, 10**6), written)
        minus = character == ord("-")
        negative |= minus & ~after_e
        below_one |= minus & after_e
        after_point |= character == ord(".")
        after_e |= (character == ord("e")) | (character == ord("E"))
    exponent += np.where(below_one, -written, written)
    powers = np.array([float(f"1e{k}") for k in range(309)])
    with np.errstate(over="ignore", under="ignore"):
        number = number * np.where(exponent > 308, np.inf, powers[exponent.clip(0, 308)])
        number /= powers[(-308 - exponent).clip(0, 308)]
        number /= powers[(-exponent).clip(0, 308)]
    return np.where(negative, -number, number)


def read_zipped_csv(archive: Path, member: str, **options: Any) -> pd.DataFrame:
    """A CSV member of a zip archive as a table, without unpacking it to disk."""
    with zipfile.ZipFile(archive) as zipped, zipped.open(member) as file:
        return read_csv(file, **options)


def write_rows(
    source: Path,
    parts: Callable[[int], Iterable[tuple[Path, np.ndarray]]],
    *,
    scratch: Path,
    rows_at_a_time: int = 500_000,
    **options: Any,
) -> None:
    """Writes rows of a CSV file in another order to new CSV files, without ever holding the table in memory.

    The files are what `write_csv` makes of the whole table.

    Args:
        source: The CSV file.
        parts: Gives (target, row positions in the wanted order) of every file to write for the number of rows in all.
        scratch: Folder with room for a nameless file of the size of the table.
        rows_at_a_time: Rows that are parsed at once.
        options: For `read_csv`. They should fix the dtypes, which are inferred anew in each block else.

    Raises:
        DataError: A cell holds a line break.
    """
    import numpy as np
    import pandas as pd

    with tempfile.TemporaryFile(dir=scratch) as written:
        header, ends, size = b"", [np.zeros(1, dtype=np.int64)], 0
        options = {**exact_floats(), **options, "chunksize": rows_at_a_time}
        with pd.read_csv(source, **options) as blocks:
            for block in blocks:
                text = io.BytesIO()
                write_csv(block, text, header=False)
                data = text.getvalue()
                breaks = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
                if len(breaks) != len(block):
                    raise DataError(f"{source.name}: a cell holds a line break, which no cell of this file should")
                if not header:
                    first = io.BytesIO()
                    write_csv(block[:0], first)
                    header = first.getvalue()
                ends.append(breaks + 1 + size)
                written.write(data)
                size += len(data)
        written.flush()
        bounds = np.concatenate(ends)
        if not size:
            raise DataError(f"{source.name} has no rows")
        lines = np.memmap(written, np.uint8, "r")
        for target, positions in parts(len(bounds) - 1):
            with open(target, "xb") as file:
                file.write(header)
                for i in range(0, len(positions), _ROWS_AT_A_TIME):
                    file.write(_gather(lines, bounds, positions[i : i + _ROWS_AT_A_TIME]))


def _gather(data: np.ndarray, bounds: np.ndarray, positions: np.ndarray) -> bytes:
    """The stretches data[bounds[p]:bounds[p + 1]] one after another."""
    import numpy as np

    start, length = bounds[positions], bounds[positions + 1] - bounds[positions]
    end = np.cumsum(length)
    return data[np.repeat(start - (end - length), length) + np.arange(end[-1])].tobytes()  # type: ignore[no-any-return]


def require_raw_columns(table: pd.DataFrame, columns: Sequence[str], file: str) -> None:
    """Refuses a table that does not have exactly these columns in this order.

    Raises:
        DataError: Naming the file and both lists.
    """
    if list(table.columns) != list(columns):
        raise DataError(f"{file} has the columns {', '.join(map(str, table.columns))}; expected: {', '.join(columns)}")


def require_unique(table: pd.DataFrame, column: str, file: str) -> None:
    """Refuses a table whose key column has repeated values.

    Raises:
        DataError: Naming file, column and value.
    """
    repeated = table.loc[table[column].duplicated(), column]
    if len(repeated):
        raise DataError(f"{file}: {column} {repeated.iloc[0]!r} occurs more than once")


# ---- random splits ------------------------------------------------------------------------------------------------


class Draw(NamedTuple):
    """Another split than the preparation's own: another share of test rows, another seed."""

    share: float
    seed: int


_DRAW: ContextVar[Draw | None] = ContextVar("draw", default=None)


@contextmanager
def drawing(share: float, seed: int) -> Iterator[None]:
    """Within this block the splits below draw that share of the rows (groups, keys), by another seed."""
    token = _DRAW.set(Draw(share, seed))
    try:
        yield
    finally:
        _DRAW.reset(token)


def drawn() -> Draw | None:
    """What `drawing` says, for a preparation that draws by itself; None where it is to split as it always does."""
    return _DRAW.get()


def train_test_positions(
    n: int, test_size: float | int, seed: int = 0, train_size: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Positions (train, test) of a shuffled, unstratified split, as scikit-learn's `train_test_split` draws them.

    Args:
        n: Number of rows.
        test_size: Share (float; the test set has ceil(share * n) rows) or number (int) of test rows.
        seed: Seed of the legacy generator `numpy.random.RandomState`.
        train_size: Number of training rows; all the rest when None.

    Returns:
        Two int arrays in the shuffled order.
    """
    import math

    import numpy as np

    draw = _DRAW.get()
    if draw is not None:
        test_size, train_size = draw.share, None
    order = np.random.RandomState(seed if draw is None else [seed, draw.seed]).permutation(n)
    k = math.ceil(test_size * n) if isinstance(test_size, float) else test_size
    return order[k : None if train_size is None else k + train_size], order[:k]


def train_test_split(items: T, test_size: float | int, seed: int = 0, train_size: int | None = None) -> tuple[T, T]:
    """(train, test) of a table, array or list, split as by `train_test_positions`; a table keeps its index."""
    train, test = train_test_positions(len(items), test_size, seed, train_size)  # type: ignore[arg-type]
    if hasattr(items, "iloc"):
        return items.iloc[train], items.iloc[test]
    if isinstance(items, list):
        return [items[i] for i in train], [items[i] for i in test]  # type: ignore[return-value]
    return items[train], items[test]  # type: ignore[index]


def group_split(groups: pd.Series, test_size: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Positions (train, test) of a split that keeps rows with equal `groups` on one side.

    The same as scikit-learn's `GroupShuffleSplit(1, test_size=..., random_state=...)`.

    Args:
        groups: One value a row, none missing.
        test_size: Share of the groups (not of the rows), rounded up.
        seed: Seed of the legacy generator `numpy.random.RandomState`.

    Returns:
        Two int arrays in ascending order.
    """
    import numpy as np

    names, codes = np.unique(groups.to_numpy(), return_inverse=True)
    _, test = train_test_positions(len(names), test_size, seed)
    in_test = np.isin(codes, test)
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def shuffled_group_split(groups: pd.Series, test_size: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Positions (train, test) of a split of the list of groups, the groups of each part in the shuffled order.

    Args:
        groups: One value a row, none missing. The list of groups that is shuffled is in ascending order.
        test_size: Share of the groups (not of the rows), rounded up.
        seed: Seed of the legacy generator `numpy.random.RandomState`.

    Returns:
        Two int arrays; rows of one group keep their order.
    """
    import numpy as np
    import pandas as pd

    codes, names = pd.factorize(groups, sort=True)
    place = np.empty(len(names), dtype=np.int64)

    def rows(part: np.ndarray) -> np.ndarray:
        place[:] = -1
        place[part] = np.arange(len(part))
        found = np.flatnonzero(place[codes] >= 0)
        return found[np.argsort(place[codes[found]], kind="stable")]

    train, test = train_test_positions(len(names), test_size, seed)
    return rows(train), rows(test)


def digest_split(keys: Sequence[str], test_size: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions (train, test) of a split that depends on the keys alone, neither on their order nor on a seed.

    Args:
        keys: Unique texts. Where names tell nothing about labels, names; else digests of the contents.
        test_size: Share of test rows, those whose keys have the smallest SHA-256; rounded up.

    Returns:
        Two int arrays, each in the order of the digests.
    """
    import hashlib
    import math

    import numpy as np

    share, salt = _DRAW.get() or (test_size, "")
    digests = np.array([hashlib.sha256(f"{salt}{k}".encode()).hexdigest() for k in keys])
    order = np.argsort(digests, kind="stable")
    k = math.ceil(share * len(order))
    return order[k:], order[:k]


def content_seed(file: Path) -> list[int]:
    """A seed for `numpy.random` that nobody knows who has not the file: its SHA-256 as eight 32-bit numbers."""
    import hashlib

    with open(file, "rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").digest()
    return [int.from_bytes(digest[i : i + 4], "big") for i in range(0, 32, 4)]


def write_answers_and_sample(
    answers: pd.DataFrame, constants: dict[str, Any], private: Path, sample: Path
) -> pd.DataFrame:
    """Writes the answers, and a sample submission: the same table with the columns of `constants` overwritten."""
    write_csv(answers, private)
    submission = answers.assign(**constants)
    write_csv(submission, sample)
    return submission


# ---- progress -----------------------------------------------------------------------------------------------------

Progress = Callable[[int, int, int], None]  # files done, files in all (0: unknown), bytes done
_PROGRESS: ContextVar[Progress | None] = ContextVar("progress", default=None)


@contextmanager
def reporting_progress(report: Progress) -> Iterator[None]:
    """Within this block the file steps below tell `report` how far they are (files done, files in all, bytes done)."""
    token = _PROGRESS.set(report)
    try:
        yield
    finally:
        _PROGRESS.reset(token)


class _Counter:
    def __init__(self, total: int) -> None:
        self.report, self.total, self.files, self.bytes = _PROGRESS.get(), total, 0, 0

    def add(self, size: int) -> None:
        self.files += 1
        self.bytes += size
        if self.report is not None and (self.files % 64 == 0 or self.files == self.total):
            self.report(self.files, self.total, self.bytes)


# ---- media files --------------------------------------------------------------------------------------------------


_LINKS: ContextVar[bool] = ContextVar("links", default=True)


@contextmanager
def without_links() -> Iterator[None]:
    """Within this block files are placed as new ones (reflinks or copies), for sources that others may change."""
    token = _LINKS.set(False)
    try:
        yield
    finally:
        _LINKS.reset(token)


def visible(names: Iterable[str], suffix: str = "") -> list[str]:
    """The names that end in `suffix`, sorted, without what file managers leave: hidden files, and macOS's `__MACOSX`.

    Splits are drawn from such lists, so that one stray name would change all of them.

    Args:
        names: File names, or members of an archive with `/` between folders.
        suffix: For instance ".jpg".
    """
    return sorted(
        n for n in names if n.endswith(suffix) and not any(p.startswith(".") or p == "__MACOSX" for p in n.split("/"))
    )


def place(source: Path, target: Path) -> None:
    """Makes `target` the same file as `source`: hard link where the file system allows it, else reflink, else a copy.

    What a symbolic link leads to is not linked, nor is anything within `without_links`.

    Raises:
        FileExistsError: The target exists.
    """
    if not _LINKS.get() or source.is_symlink():
        if target.exists():
            raise FileExistsError(target)
        clone(source, target)
        return
    try:
        os.link(source, target, follow_symlinks=True)
    except FileExistsError:
        raise
    except OSError:
        if target.exists():
            raise FileExistsError(target) from None
        clone(source, target)


def forget_time(path: Path) -> None:
    """Gives a file the same modification time as all others, so that the order of writing tells nothing of labels."""
    os.utime(path, (_SOME_TIME, _SOME_TIME))


_SOME_TIME = 946684800  # 2000-01-01


def time_is_forgotten(path: Path | os.DirEntry[str]) -> bool:
    """Whether `forget_time` was applied to the file."""
    return path.stat().st_mtime == _SOME_TIME


def clone(source: Path, target: Path) -> None:
    """Makes `target` a new file with the contents of `source`: reflink where the file system has it, else a copy."""
    ficlone = 0x40049409  # Linux ioctl FICLONE: share the blocks, copy on write
    try:
        import fcntl

        with open(source, "rb") as src, open(target, "xb") as dst:
            fcntl.ioctl(dst.fileno(), ficlone, src.fileno())
    except (ImportError, OSError):
        target.unlink(missing_ok=True)
        shutil.copyfile(source, target)
    forget_time(target)


def place_files(pairs: Iterable[tuple[Path, Path]], total: int = 0, *, fresh: bool = False) -> int:
    """Places each (source, target) pair (see `place`), making the targets' folders; returns their number.

    Args:
        pairs: The files.
        total: Their number if known, for the display of progress.
        fresh: Whether new files are made instead of links. The inode number of a link tells beside which others the
            raw file was unpacked. Where raw folders or names tell labels, test files must not be links.
    """
    counter, made = _Counter(total), set()
    reporting = counter.report is not None
    for source, target in pairs:
        parent = target.parent
        if parent not in made:
            parent.mkdir(parents=True, exist_ok=True)
            made.add(parent)
        if not fresh:
            place(source, target)
        elif target.exists():
            raise FileExistsError(target)
        else:
            clone(source, target)
        counter.add(target.stat().st_size if reporting else 0)
    return counter.files


def place_named(names: Sequence[str], source: Path, target: Path) -> int:
    """Places the files `names` of the folder `source` in the folder `target` under the same names."""
    target.mkdir(parents=True, exist_ok=True)
    return place_files(((source / n, target / n) for n in names), len(names))


def place_tree(source: Path, target: Path) -> int:
    """Places all files below the folder `source` below the folder `target`; returns their number.

    Raises:
        FileNotFoundError: `source` is no folder.
    """
    if not source.is_dir():
        raise FileNotFoundError(f"{source} is not a folder")
    target.mkdir(parents=True, exist_ok=True)

    def pairs() -> Iterator[tuple[Path, Path]]:
        for folder, folders, files in os.walk(source):
            folders.sort()
            here = target / os.path.relpath(folder, source)
            here.mkdir(parents=True, exist_ok=True)
            for name in sorted(files):
                yield Path(folder, name), here / name

    return place_files(pairs())


# ---- archives -----------------------------------------------------------------------------------------------------


def unzip(archive: Path, target: Path, members: Iterable[str] | None = None) -> int:
    """Unpacks members (all files when None) of a zip below `target`; refuses names that lead outside it.

    Returns:
        The number of files written.

    Raises:
        DataError: A member's name is absolute or holds `..`, or a member is missing.
    """
    with zipfile.ZipFile(archive) as zipped:
        infos = [_member(zipped, archive, m) for m in members] if members is not None else zipped.infolist()
        files = [i for i in infos if not i.is_dir()]
        counter = _Counter(len(files))
        for info in files:
            destination = target / safe_name(info.filename, archive)
            destination.parent.mkdir(parents=True, exist_ok=True)
            with zipped.open(info) as src, open(destination, "xb") as dst:
                shutil.copyfileobj(src, dst, 1 << 20)
            forget_time(destination)
            counter.add(info.file_size)
    return counter.files


def unzip_renamed(archive: Path, pairs: Iterable[tuple[str, Path]], total: int = 0) -> int:
    """Unpacks each (member, target file) of a zip; the targets' folders exist.

    Returns:
        The number of files written.

    Raises:
        DataError: A member is missing.
    """
    counter = _Counter(total)
    with zipfile.ZipFile(archive) as zipped:
        for member, target in pairs:
            info = _member(zipped, archive, member)
            with zipped.open(info) as src, open(target, "xb") as dst:
                shutil.copyfileobj(src, dst, 1 << 20)
            forget_time(target)
            counter.add(info.file_size)
    return counter.files


def _member(zipped: zipfile.ZipFile, archive: Path, name: str) -> zipfile.ZipInfo:
    try:
        return zipped.getinfo(name)
    except KeyError:
        raise DataError(f"{archive.name} holds no {name}") from None


def safe_name(name: str, archive: Path) -> str:
    """The member's name, if it stays inside the folder that it is unpacked to.

    Raises:
        DataError: It does not.
    """
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or (len(name) > 1 and name[1] == ":"):
        raise DataError(f"{archive.name} holds the unsafe member name {name!r}; this is not the archive from Kaggle")
    return name


def rezip(source: Path, target: Path, members: Iterable[tuple[str, str]], total: int = 0) -> int:
    """Copies members (name in source, name in target) of one zip into a new one, entry by entry, as they are packed.

    Nothing is unpacked; times are fixed so that the result depends on the contents alone.

    Returns:
        The number of entries.
    """
    counter = _Counter(total)
    with zipfile.ZipFile(source) as src, zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as dst:
        for old, new in members:
            info = _member(src, source, old)
            _copy_packed(src, info, dst, new)
            counter.add(info.file_size)
    return counter.files


def _copy_packed(src: zipfile.ZipFile, info: zipfile.ZipInfo, dst: zipfile.ZipFile, name: str) -> None:
    """Appends a member of `src` to `dst` as it is packed, since packing pictures anew costs time and gains nothing."""
    reading: Any = src.fp
    writing: Any = dst.fp
    if info.flag_bits & 1:
        raise DataError(f"{src.filename}: {info.filename} is encrypted")
    entry = zip_entry(name)
    entry.compress_type, entry.CRC = info.compress_type, info.CRC
    entry.compress_size, entry.file_size = info.compress_size, info.file_size
    reading.seek(info.header_offset)
    header = reading.read(30)  # the member's own header, followed by its name and an extra field
    if header[:4] != b"PK\x03\x04":
        raise DataError(f"{src.filename}: {info.filename} is not where the archive's directory says")
    reading.seek(sum(struct.unpack("<HH", header[26:])), os.SEEK_CUR)
    writing.seek(dst.start_dir)
    entry.header_offset = writing.tell()
    writing.write(entry.FileHeader())
    left = info.compress_size
    while left:
        piece = reading.read(min(left, 1 << 20))
        if not piece:
            raise DataError(f"{src.filename} is cut off at {info.filename}")
        writing.write(piece)
        left -= len(piece)
    dst.filelist.append(entry)
    dst.NameToInfo[name] = entry
    dst.start_dir = writing.tell()


def zip_entry(name: str) -> zipfile.ZipInfo:
    """A deflated entry with a fixed time."""
    entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def zip_files(target: Path, files: Iterable[tuple[str, Path | bytes]], *, store: bool = False) -> int:
    """Writes a new zip of (name, file or contents); times are fixed. `store` leaves the entries uncompressed."""
    counter = _Counter(0)
    with zipfile.ZipFile(target, "x") as zipped:
        for name, content in files:
            entry = zip_entry(name)
            if store:
                entry.compress_type = zipfile.ZIP_STORED
            data = content if isinstance(content, bytes) else content.read_bytes()
            zipped.writestr(entry, data)
            counter.add(len(data))
    return counter.files


def write_tar_gz(target: Path, files: Iterable[tuple[str, Path | bytes]]) -> int:
    """Writes a new .tar.gz of (name, file or contents); times and owners are fixed. Returns the number of files."""
    counter = _Counter(0)
    with ExitStack() as stack:
        file = stack.enter_context(open(target, "xb"))
        packed = stack.enter_context(gzip.GzipFile("", "wb", 1, file, mtime=0))
        tar = stack.enter_context(tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT))
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.mtime = _SOME_TIME
            entry.size = len(content) if isinstance(content, bytes) else content.stat().st_size
            with io.BytesIO(content) if isinstance(content, bytes) else open(content, "rb") as reading:
                tar.addfile(entry, reading)
            counter.add(entry.size)
    return counter.files


def extract_7z(archive: Path, target: Path, members: Sequence[str] | None = None) -> None:
    """Unpacks members (all when None) of a 7z archive below the folder `target`.

    Raises:
        DataError: A member is missing, or its name leads outside the folder.
    """
    import py7zr

    with py7zr.SevenZipFile(archive) as packed:
        names = packed.getnames()
        for name in names:
            safe_name(name, archive)
        if members is not None:
            missing = set(members).difference(names)
            if missing:
                raise DataError(f"{archive.name} holds no {min(missing)}")
        target.mkdir(parents=True, exist_ok=True)
        packed.extract(target, targets=None if members is None else set(members))


def write_7z(target: Path, files: Iterable[tuple[str, Path | bytes]]) -> int:
    """Writes a 7z archive of (name, file or contents), uncompressed; times are fixed. Returns the number of files."""
    import py7zr
    from py7zr.helpers import ArchiveTimestamp

    counter = _Counter(0)
    with py7zr.SevenZipFile(target, "w", filters=[{"id": py7zr.FILTER_COPY}]) as packed:
        for name, content in files:
            data = content if isinstance(content, bytes) else content.read_bytes()
            packed.writestr(data, name)
            packed.header.files_info.files[-1]["lastwritetime"] = ArchiveTimestamp.from_datetime(946684800.0)
            counter.add(len(data))
    return counter.files
