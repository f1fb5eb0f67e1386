"""Files that no preparation asks for, in folders and archives: what a file manager leaves, and a second geometry."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from mlebench_inspect.tasks import Revision, competition, competition_ids

Prepared = Callable[..., Path]
REAL_NOMAD = Path(__file__).parents[3] / "shared/data/nomad2018-predict-transparent-conductors/raw"
PUBLISHED = "75c3cae354e10f52e5916088c7bdb993"  # of public/train/2121/geometry.xyz


def strays_beside(name: str) -> list[str]:
    """Hidden files in the folder of `name`, one of them with its ending."""
    path = PurePosixPath(name)
    return [str(path.with_name(".DS_Store")), str(path.with_name(f"._{path.name}"))]


def add_strays(raw: Path) -> None:
    """Adds them to every folder below `raw`, and to every folder within the zip archives there."""
    first = {p.parent: p for p in sorted(raw.rglob("*"), reverse=True) if p.is_file()}
    for path in first.values():
        for name in strays_beside(path.name):
            (path.parent / name).write_bytes(b"stray")
    for archive in [p for p in raw.rglob("*.zip") if not p.name.startswith("._")]:
        with zipfile.ZipFile(archive, "a") as zipped:
            members = {PurePosixPath(n).parent: n for n in reversed(zipped.namelist()) if not n.endswith("/")}
            for member in members.values():
                for name in [*strays_beside(member), *(f"__MACOSX/{n}" for n in strays_beside(member)[1:])]:
                    zipped.writestr(name, b"stray")


def contents(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below the folder; of archives their members'."""
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = str(path.relative_to(folder))
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as zipped:
                found |= {f"{name}:{m}": hashlib.sha256(zipped.read(m)).hexdigest() for m in zipped.namelist()}
        else:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@pytest.mark.parametrize("competition_id", competition_ids())
def test_hidden_files_change_no_other_file(competition_id: str, prepared: Prepared, tmp_path: Path) -> None:
    clean = prepared(competition_id)
    raw = tmp_path / "raw"
    shutil.copytree(clean / "raw", raw)
    add_strays(raw)
    competition(competition_id).prepare(raw, tmp_path / "prepared/public", tmp_path / "prepared/private")
    before, after = contents(clean / "prepared"), contents(tmp_path / "prepared")
    assert {name: after.get(name) for name in before} == before
    assert [n for n in after if n not in before and not PurePosixPath(n.replace(":", "/")).name.startswith(".")] == []


@pytest.mark.parametrize("revision", ["v1", "v2"])
def test_of_two_geometries_the_last_by_name_is_published(
    revision: Revision, prepared: Prepared, tmp_path: Path
) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(prepared("nomad2018-predict-transparent-conductors") / "raw", raw)
    with zipfile.ZipFile(raw / "train.zip", "a") as zipped:
        listed = zipped.read("train/7/geometry.xyz")
        zipped.writestr("train/7/tmp_geometry.xyz", b"the later name")
        zipped.writestr("train/7/a_geometry.xyz", b"the earlier name")
    competition("nomad2018-predict-transparent-conductors").prepare(
        raw, tmp_path / "public", tmp_path / "private", revision
    )
    files = {p.read_bytes() for p in (tmp_path / "public").rglob("*.xyz")}
    assert {p.name for p in (tmp_path / "public").rglob("*.xyz")} == {"geometry.xyz"}
    assert (b"the later name" in files, listed in files) == ((True, False) if revision == "v1" else (False, True))
    assert b"the earlier name" not in files


def test_the_published_geometry_of_the_real_data(tmp_path: Path) -> None:
    if not REAL_NOMAD.is_dir():
        pytest.skip("no real data beside the checkout (it is not part of the project)")
    competition("nomad2018-predict-transparent-conductors").prepare(
        REAL_NOMAD, tmp_path / "public", tmp_path / "private"
    )
    made = (tmp_path / "public/train/2121/geometry.xyz").read_bytes()
    assert hashlib.md5(made, usedforsecurity=False).hexdigest() == PUBLISHED
