"""Other answers to the same public data: labels of other rows, other rows scored, other classes present."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

from mlebench_inspect.tasks import Competition

Rows = list[dict[str, str]]

LABELS: dict[str, list[str]] = {
    "hotel-id-2021-fgvc8": ["hotel_id"],
    "hubmap-kidney-segmentation": ["encoding"],
    "jigsaw-unintended-bias-in-toxicity-classification": ["toxicity"],
    "stanford-covid-vaccine": ["reactivity", "deg_Mg_pH10", "deg_pH10", "deg_Mg_50C", "deg_50C", "keep"],
    "vinbigdata-chest-xray-abnormalities-detection": ["class_id", "class_name", "x_min", "y_min", "x_max", "y_max"],
}
"""Columns of labels where they are not the submission's target columns."""


def perturb(found: Competition, source: Path, target: Path, public: Path) -> None:
    """Writes other answers.

    Args:
        found: The competition.
        source: The answers' file.
        target: Where the others are written.
        public: The public data.
    """
    chance = random.Random(0)
    text = source.read_text(encoding="utf-8")
    if source.suffix == ".jsonl":
        target.write_text(_other_annotations(text, chance), encoding="utf-8")
        return
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    rows = SPECIAL.get(found.id, _same)(_permuted(found, rows, chance), public, chance)
    with open(target, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _permuted(found: Competition, rows: Rows, chance: random.Random) -> Rows:
    """The labels dealt out to other rows."""
    wanted = LABELS.get(found.id, found.submission.target_columns)
    labels = [c for c in wanted if c in rows[0]]
    order = list(range(len(rows)))
    chance.shuffle(order)
    return [{**row, **{c: rows[k][c] for c in labels}} for row, k in zip(rows, order, strict=True)]


def _other_annotations(text: str, chance: random.Random) -> str:
    examples = [json.loads(line) for line in text.splitlines()]
    annotations = [e["annotations"] for e in examples]
    chance.shuffle(annotations)
    return "".join(json.dumps({**e, "annotations": a}) + "\n" for e, a in zip(examples, annotations, strict=True))


def _same(rows: Rows, public: Path, chance: random.Random) -> Rows:
    return rows


def _other_buyers(rows: Rows, public: Path, chance: random.Random) -> Rows:
    """In v1 the answers list those who bought something; in v2 all."""
    text = (public / "sample_submission.csv").read_text(encoding="utf-8")
    customers = [row["customer_id"] for row in csv.DictReader(io.StringIO(text))]
    listed = {row["customer_id"] for row in rows}
    idle = [c for c in customers if c not in listed]
    return [{**row, "customer_id": idle.pop()} if idle and k % 2 else row for k, row in enumerate(rows)]


def _other_classes(old: str, new: str, column: str = "PredictionString") -> Callable[[Rows, Path, random.Random], Rows]:
    def change(rows: Rows, public: Path, chance: random.Random) -> Rows:
        return [{**row, column: " ".join(new if w == old else w for w in row[column].split(" "))} for row in rows]

    return change


def _other_order(rows: Rows, public: Path, chance: random.Random) -> Rows:
    """Each notebook keeps its own cells, which are public."""
    text = (public / "sample_submission.csv").read_text(encoding="utf-8")
    cells = {row["id"]: row["cell_order"].split() for row in csv.DictReader(io.StringIO(text))}
    return [{**row, "cell_order": " ".join(chance.sample(cells[row["id"]], len(cells[row["id"]])))} for row in rows]


def _nothing_selected(rows: Rows, public: Path, chance: random.Random) -> Rows:
    return [{**row, "selected_text": "" if k % 3 == 0 else row["selected_text"]} for k, row in enumerate(rows)]


def _other_ink(rows: Rows, public: Path, chance: random.Random) -> Rows:
    """There is one fragment, whose mask loses its first run."""
    return [{**row, "Predicted": " ".join(row["Predicted"].split()[2:])} for row in rows]


SPECIAL: dict[str, Callable[[Rows, Path, random.Random], Rows]] = {
    "3d-object-detection-for-autonomous-vehicles": _other_classes("car", "tram"),
    "AI4Code": _other_order,
    "h-and-m-personalized-fashion-recommendations": _other_buyers,
    "siim-covid19-detection": _other_classes("typical", "negative"),
    "tweet-sentiment-extraction": _nothing_selected,
    "vesuvius-challenge-ink-detection": _other_ink,
}
"""What is changed beside the labels' places."""
