"""Random split of the labelled requests, in the proportion of the original train and test files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    require_unique,
    train_test_split,
    write_answers_and_sample,
    zip_files,
)

ID, TARGET = "request_id", "requester_received_pizza"
TELLTALE = "giver_username_if_known"  # a known giver means that there was a pizza


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.json` becomes train and test; test requests keep the fields of `test.json`. v2 drops the giver's name."""
    import pandas as pd

    labelled, unlabelled = _read(raw / "train.json"), _read(raw / "test.json")
    fields = list(unlabelled[0])
    missing = [f for f in [ID, TARGET, *fields] if f not in labelled[0]]
    if missing or TARGET in fields:
        raise DataError(f"train.json lacks {missing[0]}" if missing else f"test.json holds {TARGET}")
    train, test = train_test_split(labelled, len(unlabelled) / (len(labelled) + len(unlabelled)))

    answers = pd.DataFrame({ID: [r[ID] for r in test], TARGET: [int(r[TARGET]) for r in test]})
    require_unique(answers, ID, "train.json")
    write_answers_and_sample(answers, {TARGET: 0}, private / "test.csv", public / "sampleSubmission.csv")
    hidden = {TELLTALE} if revision == "v2" else set()
    for name, requests, shown in (("train", train, None), ("test", test, fields)):
        kept = [{f: r[f] for f in shown or r if f not in hidden} for r in requests]
        path = public / f"{name}.json"
        path.write_text(json.dumps(kept, indent=4), encoding="ascii")
        zip_files(public / f"{name}.zip", [(path.name, path)])


def _read(path: Path) -> list[dict[str, Any]]:
    requests: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    if not requests:
        raise DataError(f"{path.name} holds no request")
    for number, request in enumerate(requests, start=1):
        if request.keys() != requests[0].keys():
            raise DataError(f"{path.name}: request {number} has other fields than the first one")
    return requests
