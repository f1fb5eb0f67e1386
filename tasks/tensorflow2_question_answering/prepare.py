"""Random 90/10 split of the questions, a thousand lines at a time."""

from __future__ import annotations

import json
import re
from itertools import islice
from pathlib import Path
from typing import Any

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    train_test_positions,
    write_answers_and_sample,
)

TRAIN, TEST = "simplified-nq-train.jsonl", "simplified-nq-test.jsonl"
LINES_AT_A_TIME = 1000
SHOWN = ["example_id", "question_text", "document_text", "long_answer_candidates"]
_DELETE = re.compile(r"(?<!\\)((?:\\\\)*)\\u007f")


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Each thousand lines are split with the same draw; the answers are whole lines. Alike in v1 and v2."""
    import pandas as pd

    seen: set[str] = set()
    rows: list[tuple[str, str]] = []
    with (
        open(raw / TRAIN, encoding="utf-8", newline="\n") as source,
        open(public / TRAIN, "x", encoding="ascii", newline="\n") as train_file,
        open(public / TEST, "x", encoding="ascii", newline="\n") as test_file,
        open(private / "test.jsonl", "x", encoding="ascii", newline="\n") as answer_file,
    ):
        while lines := list(islice(source, LINES_AT_A_TIME)):
            examples = [json.loads(line) for line in lines]
            for example in examples:
                example["example_id"] = str(example["example_id"])
                if example["example_id"] in seen:
                    raise DataError(f"{TRAIN}: example_id {example['example_id']} occurs more than once")
                seen.add(example["example_id"])
            train, test = train_test_positions(len(examples), 0.1)
            train_file.writelines(to_line(examples[i]) for i in train)
            for example in (examples[i] for i in test):
                answer_file.write(to_line(example))
                test_file.write(to_line({key: example[key] for key in SHOWN}))
                rows += _gold_rows(example)
    gold = pd.DataFrame(rows, columns=["example_id", "PredictionString"])
    write_answers_and_sample(
        gold, {"PredictionString": ""}, private / "gold_submission.csv", public / "sample_submission.csv"
    )


def to_line(example: dict[str, Any]) -> str:
    """One line of JSON, byte for byte as pandas writes it: ASCII, `/` escaped, the character U+007F not."""
    text = json.dumps(example, separators=(",", ":")).replace("/", "\\/")
    return (_DELETE.sub("\\1\x7f", text) if "\\u007f" in text else text) + "\n"


def _gold_rows(example: dict[str, Any]) -> list[tuple[str, str]]:
    name, annotations = example["example_id"], example["annotations"]
    if len(annotations) != 1:
        raise DataError(f"{TRAIN}: the example with example_id {name} has {len(annotations)} annotations, not one")
    short, long = answers_of(annotations[0])
    return [(f"{name}_short", short[0] if short else ""), (f"{name}_long", long[0] if long else "")]


def answers_of(annotation: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The right short and long answers: `YES` or `NO` first, spans as `start:end`."""
    word, long = annotation["yes_no_answer"], annotation["long_answer"]
    short = [] if word == "NONE" else [word]
    short += [f"{span['start_token']}:{span['end_token']}" for span in annotation["short_answers"]]
    return short, [] if long["start_token"] == -1 else [f"{long['start_token']}:{long['end_token']}"]
