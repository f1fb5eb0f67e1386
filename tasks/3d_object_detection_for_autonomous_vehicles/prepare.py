"""Random split of the logs; every table, image and point cloud follows its log."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, place, place_files, read_csv, train_test_split, write_csv

Record = dict[str, Any]
SIDES = ("train", "test")
ITEMS = 8  # per object in train.csv: position, size, yaw, class
FOLDERS = {"jpeg": "images", "bin": "lidar"}


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Test tables lack annotations and instances. v1 lists the test logs in both maps; v2 each side's own."""
    tables = raw / "train_data"
    for side in SIDES:
        (public / f"{side}_data").mkdir()

    logs = _read(tables / "log.json")
    if len({r["token"] for r in logs}) != len(logs):
        raise DataError("train_data/log.json holds a token more than once")
    by_side = dict(zip(SIDES, train_test_split([r["token"] for r in logs], 0.2), strict=True))
    log_tokens = {side: set(tokens) for side, tokens in by_side.items()}
    _split(logs, "token", log_tokens, public, "log.json")
    _split(_read(tables / "scene.json"), "log_token", log_tokens, public, "scene.json")

    samples = _read(tables / "sample.json")
    ids = {side: {r["token"] for r in samples if r["scene_token"] in log_tokens[side]} for side in SIDES}
    hidden = {"anns"} if revision == "v2" else set()  # would tell the number of objects of a test sample
    _split(samples, "scene_token", log_tokens, public, "sample.json", hidden_in_test=hidden)
    _write_csvs(raw, public, private, ids)

    readings = _read(tables / "sample_data.json")
    sides = _split(readings, "sample_token", ids, public, "sample_data.json")
    for name, once in (("calibrated_sensor", True), ("ego_pose", False)):
        _follow(_read(tables / f"{name}.json"), f"{name}_token", sides, public, name, once)
    for name in ("attribute", "category", "sensor", "visibility"):
        for side in SIDES:
            place(tables / f"{name}.json", public / f"{side}_data" / f"{name}.json")
    _write_maps(raw, public, by_side, revision)
    _write_annotations(tables, public, ids)
    _place_media(raw, public, sides)


def _read(path: Path) -> list[Record]:
    records: list[Record] = json.loads(path.read_bytes())
    return records


def _write(records: Iterable[Record], path: Path) -> None:
    """As `json.dump` writes the list, record by record."""
    with open(path, "w", encoding="ascii") as file:
        for number, record in enumerate(records):
            file.write(", " if number else "[")
            file.write(json.dumps(record))
        file.write("]" if file.tell() else "[]")


def _split(
    records: list[Record],
    key: str,
    tokens: dict[str, set[str]],
    public: Path,
    name: str,
    hidden_in_test: Collection[str] = (),
) -> dict[str, list[Record]]:
    """Writes the records whose `key` is among a side's tokens to that side."""
    parts = {side: [r for r in records if r[key] in tokens[side]] for side in SIDES}
    if sum(map(len, parts.values())) != len(records):
        raise DataError(f"train_data/{name} holds records whose {key} belongs to no log or sample")
    for side, part in parts.items():
        shown = [{k: v for k, v in r.items() if k not in hidden_in_test} for r in part] if side == "test" else part
        _write(shown, public / f"{side}_data" / name)
    return parts


def _follow(
    records: list[Record], key: str, readings: dict[str, list[Record]], public: Path, name: str, once: bool
) -> None:
    """Writes the record that each reading refers to, in the order of the readings; at first use only if `once`."""
    by_token = {r["token"]: r for r in records}
    used: set[str] = set()
    for side, part in readings.items():
        tokens = [r[key] for r in part]
        if unknown := [t for t in tokens if t not in by_token]:
            raise DataError(f"train_data/{name}.json lacks {unknown[0]}, which sample_data.json names")
        _write((by_token[t] for t in (dict.fromkeys(tokens) if once else tokens)), public / f"{side}_data/{name}.json")
        used.update(tokens)
    if len(used) != len(by_token):
        raise DataError(f"train_data/{name}.json holds {len(by_token) - len(used)} records that no reading names")


def _write_csvs(raw: Path, public: Path, private: Path, ids: dict[str, set[str]]) -> None:
    """The training objects, the answers (confidence 1.0 before each object) and an empty sample submission."""
    table = read_csv(raw / "train.csv")
    train, test = (table[table["Id"].isin(ids[side])] for side in SIDES)
    if len(train) + len(test) != len(table) or [len(train), len(test)] != [len(ids[s]) for s in SIDES]:
        raise DataError("train.csv and train_data/sample.json do not hold the same samples")
    write_csv(train, public / "train.csv")
    write_csv(test.assign(PredictionString=[_with_confidence(*r) for r in test.values]), private / "test.csv")
    write_csv(test[["Id"]].assign(PredictionString=""), public / "sample_submission.csv")


def _with_confidence(sample: str, objects: object) -> str:
    items = objects.split(" ") if isinstance(objects, str) else []
    if not items or len(items) % ITEMS:
        raise DataError(f"train.csv: sample {sample} has {len(items)} items; {ITEMS} for each object are expected")
    return " ".join(item for k in range(0, len(items), ITEMS) for item in ("1.0", *items[k : k + ITEMS]))


def _write_maps(raw: Path, public: Path, log_tokens: dict[str, list[str]], revision: Revision) -> None:
    maps = _read(raw / "train_data/map.json")
    if len(maps) != 1:
        raise DataError(f"train_data/map.json holds {len(maps)} records; one is expected")
    for side in SIDES:
        tokens = log_tokens["test" if revision == "v1" else side]
        _write([{**maps[0], "log_tokens": tokens}], public / f"{side}_data/map.json")
        target = public / f"{side}_maps/map_raster_palo_alto.png"
        target.parent.mkdir()
        place(raw / "train_maps" / target.name, target)


def _write_annotations(tables: Path, public: Path, ids: dict[str, set[str]]) -> None:
    """Writes the train side's annotations and instances; the test side's are the labels."""
    annotations = _read(tables / "sample_annotation.json")
    instances: dict[str, set[str]] = {side: set() for side in SIDES}
    for record in annotations:
        side = next((s for s in SIDES if record["sample_token"] in ids[s]), None)
        if side is None:
            raise DataError(f"train_data/sample_annotation.json: {record['token']} belongs to no sample")
        instances[side].add(record["instance_token"])
    _write((r for r in annotations if r["sample_token"] in ids["train"]), public / "train_data/sample_annotation.json")
    records = _read(tables / "instance.json")
    if idle := [r["token"] for r in records if not any(r["token"] in instances[s] for s in SIDES)]:
        raise DataError(f"train_data/instance.json: no annotation names {idle[0]}")
    _write((r for r in records if r["token"] in instances["train"]), public / "train_data/instance.json")


def _place_media(raw: Path, public: Path, readings: dict[str, list[Record]]) -> None:
    """Images and point clouds of each side, each file once."""
    targets: dict[Path, Path] = {}
    for side, part in readings.items():
        for record in part:
            name, kind = record["filename"].rpartition("/")[2], record["fileformat"]
            if kind not in FOLDERS or not name.endswith(kind):
                raise DataError(f"train_data/sample_data.json: {record['filename']} is no file of format {kind!r}")
            targets[public / f"{side}_{FOLDERS[kind]}" / name] = raw / f"train_{FOLDERS[kind]}" / name
    if len(targets) != len({r["filename"] for part in readings.values() for r in part}):
        raise DataError("train_data/sample_data.json: a file belongs to both train and test, or two files share a name")

    place_files(((source, target) for target, source in targets.items()), len(targets))
