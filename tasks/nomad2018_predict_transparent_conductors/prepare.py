"""Random 90/10 split of the labelled materials, whose geometry files move with them."""

from __future__ import annotations

import zipfile
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    read_zipped_csv,
    require_unique,
    train_test_split,
    unzip_renamed,
    visible,
    write_csv,
)

TARGETS = ["formation_energy_ev_natom", "bandgap_energy_ev"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.csv.zip` and `train.zip` become train and test, the ids of both numbered from 1.

    Where the archive holds further geometries of a material, v1 publishes the last by name as `geometry.xyz`.
    """
    table = read_zipped_csv(raw / "train.csv.zip", "train.csv")
    require_unique(table, "id", "train.csv")
    parts = train_test_split(table, 0.1)
    geometries = _last_geometries(raw / "train.zip") if revision == "v1" else {}
    for part, name in zip(parts, ("train", "test"), strict=True):
        members = [geometries.get(str(i), f"train/{i}/geometry.xyz") for i in part["id"]]
        targets = [public / name / str(i) / "geometry.xyz" for i in range(1, len(part) + 1)]
        for target in targets:
            target.parent.mkdir(parents=True)
        unzip_renamed(raw / "train.zip", zip(members, targets, strict=True), len(part))
    train, test = (part.assign(id=range(1, len(part) + 1)) for part in parts)

    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns=TARGETS), public / "test.csv")
    write_csv(test, private / "test.csv")
    write_csv(
        test[["id"]].assign(formation_energy_ev_natom=0.1779, bandgap_energy_ev=1.8892),
        public / "sample_submission.csv",
    )


def _last_geometries(archive: Path) -> dict[str, str]:
    """By id, the member `train/<id>/<name>.xyz` whose name sorts last."""
    with zipfile.ZipFile(archive) as zipped:
        members = [m.split("/") for m in visible(zipped.namelist(), ".xyz")]
    return {m[1]: "/".join(m) for m in members if len(m) == 3 and m[0] == "train"}
