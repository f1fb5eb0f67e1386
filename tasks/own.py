"""Where competitions of one's own come from: folders outside this package, each with the files of a built-in one.

They lie in folders that `MLEBENCH_COMPETITIONS` names, in those of installed packages that have an entry point in the
group `mlebench_inspect.competitions`, and in those that `add` was given. Such a folder is a competition's, or holds
folders of competitions. Their code runs on this host as that of any installed package does, and only once it is needed.

What is wrong with one of them keeps nobody from the others: it is told where that competition is asked for, and by
`faults`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

VARIABLE, GROUP = "MLEBENCH_COMPETITIONS", "mlebench_inspect.competitions"
MANIFEST = "competition.yaml"
HOW = f"name its folder with -T competitions_dir=DIR or in the variable {VARIABLE}, or install its package"
_PACKAGE = "mlebench_inspect_own"
_ID = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_added: dict[Path, None] = {}


class Source(NamedTuple):
    """A place that was named, and what is wrong with it."""

    named_by: str
    folder: Path | None
    fault: str | None = None


class Found(NamedTuple):
    """What lies in all sources: folders by id, and what is wrong, a line each."""

    folders: dict[str, Path]
    faults: dict[str, str]
    """By id, or by the name of a source."""


def add(folder: Path | str) -> tuple[str, ...]:
    """Makes the competitions in a folder known in this process.

    Args:
        folder: Of a competition, or one that holds folders of competitions.

    Returns:
        Their ids.

    Raises:
        ValueError: There is no competition in it, or one whose id is no id or belongs to another one.
    """
    place = _resolved(folder)
    if not os.path.isdir(place):
        raise ValueError(f"there is no folder {folder}; mend the path")
    inside = list(_competitions_in(place))
    if not inside:
        raise ValueError(
            f"there is no competition in {folder}: no {MANIFEST} in it or in a folder of it; lay one out with "
            "mlebench-inspect new NAME"
        )
    _added[place] = None
    found, ids = discovered(), tuple(sorted(map(id_of, inside)))
    for one in ids:
        if one in found.faults:
            del _added[place]
            raise ValueError(found.faults[one])
    return ids


def is_added(folder: Path) -> bool:
    """Whether a competition's folder is known to this process alone, since `add` was given it or what it lies in."""
    if not {folder, folder.parent} & _added.keys():
        return False
    return not any({folder, folder.parent} & {s.folder} for s in _lasting(os.environ.get(VARIABLE, "")))


def id_of(folder: Path) -> str:
    """The id of the competition in a folder: the folder's name, with `-` for `_`."""
    return folder.name.replace("_", "-")


def discovered() -> Found:
    """What there is now, in the folders that are named now. Nothing is imported, and no file is read."""
    return _discovered(os.environ.get(VARIABLE, ""), tuple(_added))


def forget() -> None:
    """Has the folders looked through again, and modules loaded anew, as after a change of files."""
    _discovered.cache_clear()
    _installed.cache_clear()
    for name in [n for n in sys.modules if n.startswith(_PACKAGE)]:
        del sys.modules[name]


def module(folder: Path, name: str) -> ModuleType:
    """A module in a competition's folder, by the path of its file: no folder comes onto `sys.path`.

    It may import its neighbours (`from .helpers import ...`), and lies in a package of its own, so that two
    competitions may have files of the same name.

    Raises:
        ModuleNotFoundError: There is no such file; `name` of the exception begins with `mlebench_inspect_own`.
        ImportError: It ends the process instead of being loaded.
    """
    package = f"{_PACKAGE}_{folder.name.replace('-', '_')}_{sha256(str(folder).encode()).hexdigest()[:8]}"
    if package not in sys.modules:
        made = ModuleType(package, f"The competition in {folder}.")
        made.__path__ = [str(folder)]
        sys.modules[package] = made
        importlib.invalidate_caches()
    try:
        return importlib.import_module(f"{package}.{name}")
    except SystemExit as ex:
        raise ImportError(f"{folder / name}.py ends the process ({ex}); let it define functions alone") from None


@lru_cache(16)
def _discovered(variable: str, added: tuple[Path, ...]) -> Found:
    from mlebench_inspect.tasks import RESERVED, built_in_ids

    folders: dict[str, Path] = {}
    faults: dict[str, str] = {}
    known: dict[str, Path] = {}
    taken = {i.lower(): i for i in (*built_in_ids(), *RESERVED)}
    for source in [*(Source("given", folder) for folder in added), *_lasting(variable)]:
        if source.folder is None or source.fault:
            faults[source.named_by] = f"{source.named_by}: {source.fault}"
            continue
        for folder in _competitions_in(source.folder):
            own = id_of(folder)
            other = known.setdefault(own.lower(), folder)
            if not _ID.fullmatch(own):
                faults[own] = f"{folder}: {own!r} is no id; name the folder with letters, digits and hyphens"
            elif own.lower() in taken:
                faults[own] = f"{folder}: {taken[own.lower()]} is built in already; choose another id and folder name"
            elif other != folder:
                told = f"{own} is the id of two competitions, in {other} and {folder}; rename one"
                faults |= {own: told, id_of(other): told}
            else:
                folders[own] = folder
    return Found({i: f for i, f in folders.items() if i not in faults}, faults)


def _lasting(variable: str) -> list[Source]:
    """The sources that other processes have, too."""
    named = [_resolved(p) for p in variable.split(os.pathsep) if p.strip()]
    return [*(_checked(VARIABLE, p) for p in named), *_installed()]


def _checked(named_by: str, folder: Path) -> Source:
    if not os.path.isdir(folder):
        return Source(f"{named_by}={folder}", None, "there is no such folder; mend the variable")
    if not os.access(folder, os.R_OK | os.X_OK):
        return Source(f"{named_by}={folder}", None, "you may not look into it; change its rights, or mend the variable")
    if next(_competitions_in(folder), None) is None:
        return Source(f"{named_by}={folder}", None, f"there is no {MANIFEST} in it or in a folder of it")
    return Source(named_by, folder)


@lru_cache(1)
def _installed() -> tuple[Source, ...]:
    from importlib.metadata import entry_points

    return tuple(_source(point.name, point.value) for point in entry_points(group=GROUP))


def _source(name: str, value: str) -> Source:
    """The folder of an entry point's module. Only packages that it lies in are imported."""
    named_by = f"entry point {name} = {value}"
    try:
        spec = importlib.util.find_spec(value.strip())
    except (Exception, SystemExit) as ex:  # whatever the packages around it raise
        return Source(named_by, None, f"cannot be imported ({type(ex).__name__}: {ex}); install its package anew")
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        return Source(named_by, None, "is no package with competitions; let it name one")
    if next(_competitions_in(_resolved(places[0])), None) is None:
        return Source(named_by, None, f"there is no {MANIFEST} in {places[0]} or a folder of it; package the files")
    return Source(named_by, _resolved(places[0]))


def _competitions_in(folder: Path) -> Iterator[Path]:
    """The folder itself, or those of its folders that are a competition's."""
    if _has_manifest(folder):
        yield folder
        return
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return
    yield from (_resolved(p) for p in inside if not p.name.startswith(".") and _has_manifest(p))


def _has_manifest(folder: Path) -> bool:
    """Whether it is a competition's; False also where one may not look, for which `Path.is_file` raises."""
    return os.path.isfile(folder / MANIFEST)


def _resolved(path: Path | str) -> Path:
    """Absolute and without links, also where they lead nowhere or in a circle, for which `Path.resolve` raises."""
    return Path(os.path.realpath(os.path.expanduser(path)))
