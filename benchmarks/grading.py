"""Grading submissions of the real size: `grade()` against the metric alone and a loop over rows, time and memory.

    python benchmarks/grading.py [--quick] [--rounds 3] [--case NAME ...] [--folder DIR]

Answers and submissions are generated with as many rows as the competitions' test sets have. Three ways are measured,
each in a process of its own: ours (`grade()`, with all its checks), direct (scikit-learn, NumPy, rapidfuzz or
pycocotools on tables that are taken to be sound and in the same order) and naive (a Python loop over rows, on the first
rows only and scaled up). Reading the CSV files is measured apart. All ways must come to the same number. Prints one
markdown table and fails where ours takes more than twice as long as direct, or more than 2 GB.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect, insort
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

from mlebench_inspect.graders.reading import read_table
from mlebench_inspect.tasks import competition

Tables = tuple[pd.DataFrame, pd.DataFrame]
LIMIT_RATIO, LIMIT_BYTES = 2.0, 2e9


@dataclass(frozen=True)
class Case:
    """One competition's grading."""

    competition_id: str
    make: Callable[[np.random.Generator, int], Tables]
    direct: Callable[[pd.DataFrame, pd.DataFrame], float]
    naive: Callable[[pd.DataFrame, pd.DataFrame], float]
    rows: int
    naive_rows: int
    revision: str = "v1"
    beyond_memory: bool = False
    """Whether its size excuses it from the limit on memory."""


def words(rng: np.random.Generator, count: int, length: int) -> list[str]:
    """Random lower-case words."""
    letters = rng.integers(97, 123, size=(count, length), dtype=np.uint8)
    return [row.tobytes().decode() for row in letters]


def ids(count: int) -> list[str]:
    return [f"row{i:09d}" for i in range(count)]


# Edit distance


def make_molecules(rng: np.random.Generator, rows: int) -> Tables:
    alphabet = np.array(list("CHNOSFcl()/-,0123456789"))
    truth = ["InChI=1S/" + "".join(alphabet[rng.integers(0, len(alphabet), n)]) for n in rng.integers(40, 200, rows)]
    given = [t[:20] + t[25:-3] + "CH3" if i % 3 else t for i, t in enumerate(truth)]
    return table("image_id", InChI=truth), table("image_id", InChI=given)


def direct_edit_distance(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    from rapidfuzz.distance import Levenshtein

    pairs = zip(answers["InChI"], submission["InChI"], strict=True)
    return sum(Levenshtein.distance(a, b) for a, b in pairs) / len(answers)


def naive_edit_distance(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    total = 0
    for i in range(len(answers)):
        a, b = answers["InChI"].iloc[i], submission["InChI"].iloc[i]
        last = list(range(len(b) + 1))
        for j, letter in enumerate(a, start=1):
            here = [j]
            for k, other in enumerate(b, start=1):
                here.append(min(last[k] + 1, here[-1] + 1, last[k - 1] + (letter != other)))
            last = here
        total += last[-1]
    return total / len(answers)


# Jaccard index of words


def make_texts(column: str, key: str, length: int) -> Callable[[np.random.Generator, int], Tables]:
    def make(rng: np.random.Generator, rows: int) -> Tables:
        vocabulary = np.array(words(rng, 2000, 6))
        truth = [" ".join(vocabulary[rng.integers(0, 2000, length)]) for _ in range(rows)]
        given = [" ".join(t.split()[: length // 2]) + " " + vocabulary[i % 2000] for i, t in enumerate(truth)]
        return table(key, **{column: truth}), table(key, **{column: given})

    return make


def direct_jaccard(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    column = answers.columns[1]
    total = 0.0
    for truth, given in zip(answers[column], submission[column], strict=True):
        a, b = set(truth.lower().split()), set(given.lower().split())
        common = len(a & b)
        total += common / (len(a) + len(b) - common)
    return total / len(answers)


def naive_jaccard(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    column = answers.columns[1]
    scores = []
    for i, row in answers.iterrows():
        a = set(row[column].lower().split())
        b = set(submission[column][i].lower().split())
        scores.append(len(a.intersection(b)) / len(a.union(b)))
    return float(np.mean(scores))


# Mean average precision at 12


def make_baskets(rng: np.random.Generator, rows: int) -> Tables:
    """One customer in eighteen buys in the test week; every customer has a prediction."""
    articles = np.array([f"{i:09d}" for i in range(663_713_001, 663_713_001 + 20_000)])
    customers = [f"{i:064x}" for i in range(rows)]
    buyers = np.sort(rng.choice(rows, max(1, rows // 18), replace=False))
    bought = [" ".join(articles[rng.integers(0, 300, n)]) for n in rng.integers(1, 6, len(buyers))]
    guesses = [" ".join(articles[row]) for row in rng.integers(0, 300, (rows, 12))]
    answers = pd.DataFrame({"customer_id": [customers[i] for i in buyers], "prediction": bought})
    return answers, pd.DataFrame({"customer_id": customers, "prediction": guesses})


def direct_map(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    given = submission.set_index("customer_id")["prediction"].reindex(answers["customer_id"])
    total = 0.0
    for truth, guesses in zip(answers["prediction"], given, strict=True):
        wanted = set(str(truth).split(" "))
        best, hits = min(len(wanted), 12), 0
        for rank, guess in enumerate(str(guesses).split(" ")[:12], start=1):
            if guess in wanted:
                wanted.discard(guess)
                hits += 1
                total += hits / rank / best
    return total / len(answers)


def naive_map(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    scores = []
    for _, row in answers.iterrows():
        wanted = str(row["prediction"]).split(" ")
        guesses = submission[submission["customer_id"] == row["customer_id"]]["prediction"].iloc[0].split(" ")[:12]
        score, hits = 0.0, 0
        for rank, guess in enumerate(guesses, start=1):
            if guess in wanted and guess not in guesses[: rank - 1]:
                hits += 1
                score += hits / rank
        scores.append(score / min(len(set(wanted)), 12))
    return float(np.mean(scores))


# Kendall's rank correlation


def make_orders(rng: np.random.Generator, rows: int) -> Tables:
    truth, given = [], []
    for cells in rng.integers(5, 90, rows):
        names = [f"{n:08x}" for n in rng.choice(2**31, cells, replace=False)]
        truth.append(" ".join(names))
        given.append(" ".join(names[i] for i in np.argsort(np.arange(cells) + rng.normal(0, 5, cells))))
    return table("id", cell_order=truth), table("id", cell_order=given)


def direct_kendall(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    inversions = pairs = 0
    for truth, given in zip(answers["cell_order"], submission["cell_order"], strict=True):
        rank = {cell: place for place, cell in enumerate(truth.split())}
        seen: list[int] = []
        for cell in given.split():
            inversions += len(seen) - bisect(seen, rank[cell])
            insort(seen, rank[cell])
        pairs += len(rank) * (len(rank) - 1)
    return 1 - 4 * inversions / pairs


def naive_kendall(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    inversions = pairs = 0
    for i, row in answers.iterrows():
        truth = row["cell_order"].split()
        places = [truth.index(cell) for cell in submission["cell_order"][i].split()]
        inversions += sum(a > b for n, a in enumerate(places) for b in places[n + 1 :])
        pairs += len(truth) * (len(truth) - 1)
    return 1 - 4 * inversions / pairs


# ROC AUC over identity groups

GROUPS = ("male", "female", "homosexual_gay_or_lesbian", "christian", "jewish", "muslim", "black", "white")
GROUPS += ("psychiatric_or_mental_illness",)


def make_comments(rng: np.random.Generator, rows: int) -> Tables:
    toxicity = np.round(rng.beta(0.4, 3, rows), 3)
    groups = {g: np.where(rng.random(rows) < 0.77, np.nan, np.round(rng.beta(0.3, 2, rows), 3)) for g in GROUPS}
    given = np.clip(toxicity + rng.normal(0, 0.3, rows), 0, 1)
    number = np.arange(7_000_000, 7_000_000 + rows)
    answers = pd.DataFrame({"id": number, "toxicity": toxicity, **groups})
    return answers, pd.DataFrame({"id": number, "prediction": given})


def grouped_auc(answers: pd.DataFrame, submission: pd.DataFrame, auc: Callable[..., float]) -> float:
    y = answers["toxicity"].to_numpy() >= 0.5
    score = (submission["prediction"].to_numpy() >= 0.5).astype(float)
    parts: list[list[float]] = [[], [], []]
    for group in GROUPS:
        inside = answers[group].fillna(0).to_numpy() >= 0.5
        for part, chosen in zip(
            parts, (inside, (inside & ~y) | (~inside & y), (inside & y) | (~inside & ~y)), strict=True
        ):
            part.append(auc(y[chosen], score[chosen]))
    means = [np.mean(np.power(part, -5.0)) ** (-1 / 5) for part in parts]
    return float(0.25 * auc(y, score) + 0.25 * sum(means))


def direct_auc(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    from sklearn.metrics import roc_auc_score

    return grouped_auc(answers, submission, roc_auc_score)


def naive_auc(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    def auc(y: np.ndarray, score: np.ndarray) -> float:
        """The share of pairs in the right order."""
        positive, negative = (
            [s for s, t in zip(score, y, strict=True) if t],
            [s for s, t in zip(score, y, strict=True) if not t],
        )
        right = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
        return right / (len(positive) * len(negative))

    return grouped_auc(answers, submission, auc)


# Angles


def make_directions(rng: np.random.Generator, rows: int) -> Tables:
    truth, given = (
        pd.DataFrame({"event_id": np.arange(rows), "azimuth": 2 * np.pi * u, "zenith": np.arccos(2 * v - 1)})
        for u, v in (rng.random((2, rows)) for _ in range(2))
    )
    return truth, given


def direct_angle(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    a1, z1, a2, z2 = (t[c].to_numpy() for t in (answers, submission) for c in ("azimuth", "zenith"))
    cosine = np.sin(z1) * np.sin(z2) * (np.cos(a1) * np.cos(a2) + np.sin(a1) * np.sin(a2)) + np.cos(z1) * np.cos(z2)
    return float(np.abs(np.arccos(np.clip(cosine, -1, 1))).mean())


def naive_angle(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    total = 0.0
    for i, row in answers.iterrows():
        other = submission.loc[i]
        sines = math.sin(row["zenith"]) * math.sin(other["zenith"]) * math.cos(row["azimuth"] - other["azimuth"])
        cosine = sines + math.cos(row["zenith"]) * math.cos(other["zenith"])
        total += math.acos(min(1.0, max(-1.0, cosine)))
    return total / len(answers)


# Boxes


def make_boxes(rng: np.random.Generator, rows: int) -> Tables:
    """About 14 predicted boxes per picture, half of them near a true one."""
    answers, given = [], []
    for image in ids(rows):
        boxes = []
        for label in sorted(rng.choice(14, rng.integers(1, 6), replace=False)):
            x, y = rng.integers(0, 1500, 2)
            w, h = rng.integers(60, 900, 2)
            answers.append((image, label, float(x), float(y), float(x + w), float(y + h)))
            dx, dy = rng.integers(-60, 60, 2)
            boxes.append(f"{label} {rng.random():.4f} {x + dx} {y + dy} {x + dx + w} {y + dy + h}")
        for label, score, (x, y), (w, h) in zip(
            rng.integers(0, 14, 10),
            rng.random(10),
            rng.integers(0, 1500, (10, 2)),
            rng.integers(60, 900, (10, 2)),
            strict=True,
        ):
            boxes.append(f"{label} {score:.4f} {x} {y} {x + w} {y + h}")
        given.append((image, " ".join(boxes)))
    names = ["image_id", "class_id", "x_min", "y_min", "x_max", "y_max"]
    return pd.DataFrame(answers, columns=names), pd.DataFrame(given, columns=["image_id", "PredictionString"])


def boxes_of(submission: pd.DataFrame) -> list[tuple[str, int, float, list[float]]]:
    found = []
    for image, text in zip(submission["image_id"], submission["PredictionString"], strict=True):
        cells = text.split(" ")
        for i in range(0, len(cells), 6):
            x, y, right, below = map(float, cells[i + 2 : i + 6])
            found.append((image, int(cells[i]), float(cells[i + 1]), [x, y, right - x, below - y]))
    return found


def direct_coco(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    import contextlib
    import io

    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    number = {image: i for i, image in enumerate(submission["image_id"])}
    with contextlib.redirect_stdout(io.StringIO()):
        truth, given = COCO(), COCO()
        images = [{"id": i} for i in number.values()]
        categories = [{"id": int(c)} for c in sorted(answers["class_id"].unique())]
        notes = []
        columns = (answers[c] for c in ("image_id", "class_id", "x_min", "y_min", "x_max", "y_max"))
        for n, (image, label, x, y, right, below) in enumerate(zip(*columns, strict=True), start=1):
            box = [x, y, right - x, below - y]
            notes.append({"id": n, "image_id": number[image], "category_id": int(label), "bbox": box})
            notes[-1] |= {"area": box[2] * box[3], "iscrowd": 0}
        truth.dataset = {"images": images, "categories": categories, "annotations": notes}
        truth.createIndex()
        results = [
            {"image_id": number[i], "category_id": c, "score": s, "bbox": b} for i, c, s, b in boxes_of(submission)
        ]
        given = truth.loadRes(results)
        evaluation = COCOeval(truth, given, "bbox")
        evaluation.params.iouThrs = np.array([0.4])
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, -1]
    return float(precision[precision > -1].mean())


def naive_coco(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    """Average precision with 101 points, class by class, box by box."""
    given = sorted(boxes_of(submission), key=lambda b: -b[2])
    scores = []
    for label in sorted(answers["class_id"].unique()):
        truth: dict[str, list[tuple[float, ...]]] = {}
        for _, row in answers[answers["class_id"] == label].iterrows():
            box = (row["x_min"], row["y_min"], row["x_max"] - row["x_min"], row["y_max"] - row["y_min"])
            truth.setdefault(row["image_id"], []).append(box)
        total, hits, curve = sum(map(len, truth.values())), 0, []
        for n, (image, _, _, box) in enumerate((b for b in given if b[1] == label), start=1):
            overlaps = [overlap(box, t) for t in truth.get(image, [])]
            if overlaps and max(overlaps) >= 0.4:
                del truth[image][overlaps.index(max(overlaps))]
                hits += 1
            curve.append((hits / total, hits / n))
        for i in range(101):
            scores.append(max((p for r, p in curve if r >= i / 100), default=0.0))
    return float(np.mean(scores))


def overlap(a: list[float], b: tuple[float, ...]) -> float:
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(w, 0) * max(h, 0)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


# Masks


def rectangle(side: int, x: int, y: int, w: int, h: int) -> str:
    return " ".join(f"{column * side + y + 1} {h}" for column in range(x, min(x + w, side)))


def make_masks(side: int, **columns: int) -> Callable[[np.random.Generator, int], Tables]:
    key, mask = ("record_id", "encoded_pixels") if columns else ("id", "rle_mask")

    def make(rng: np.random.Generator, rows: int) -> Tables:
        half = side // 2
        corners, sizes = rng.integers(0, half - 8, (rows, 2)), rng.integers(8, half, (rows, 2))
        shift = rng.integers(0, 8, (rows, 2))
        truth = [rectangle(side, x, y, w, h) for (x, y), (w, h) in zip(corners, sizes, strict=True)]
        given = [rectangle(side, x, y, w, h) for (x, y), (w, h) in zip(corners + shift, sizes, strict=True)]
        return table(key, **{mask: truth}, **columns), table(key, **{mask: given}, **columns)

    return make


def dense(text: str, cells: int) -> np.ndarray:
    numbers = np.array(text.split(), dtype=int)
    mask = np.zeros(cells, dtype=bool)
    for start, length in zip(numbers[::2] - 1, numbers[1::2], strict=True):
        mask[start : start + length] = True
    return mask


def pixels(text: str) -> set[int]:
    numbers = [int(n) for n in text.split()]
    found: set[int] = set()
    for i in range(0, len(numbers), 2):
        found.update(range(numbers[i], numbers[i] + numbers[i + 1]))
    return found


def direct_thresholds(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    thresholds, total = np.arange(0.5, 1, 0.05), 0.0
    for truth, given in zip(answers["rle_mask"], submission["rle_mask"], strict=True):
        a, b = dense(truth, 101 * 101), dense(given, 101 * 101)
        total += float((np.count_nonzero(a & b) / np.count_nonzero(a | b) > thresholds).mean())
    return total / len(answers)


def naive_thresholds(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    total = 0.0
    for i, row in answers.iterrows():
        a, b = pixels(row["rle_mask"]), pixels(submission["rle_mask"][i])
        iou = len(a & b) / len(a | b)
        total += sum(iou > 0.5 + 0.05 * n for n in range(10)) / 10
    return total / len(answers)


def direct_dice(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    common = areas = 0
    for truth, given in zip(answers["encoded_pixels"], submission["encoded_pixels"], strict=True):
        a, b = dense(truth, 256 * 256), dense(given, 256 * 256)
        common += np.count_nonzero(a & b)
        areas += np.count_nonzero(a) + np.count_nonzero(b)
    return 2 * common / areas


def naive_dice(answers: pd.DataFrame, submission: pd.DataFrame) -> float:
    common = areas = 0
    for i, row in answers.iterrows():
        a, b = pixels(row["encoded_pixels"]), pixels(submission["encoded_pixels"][i])
        common += len(a & b)
        areas += len(a) + len(b)
    return 2 * common / areas


def table(key: str, **columns: object) -> pd.DataFrame:
    rows = max(len(c) for c in columns.values() if isinstance(c, list))
    return pd.DataFrame({key: ids(rows), **columns})


CASES = {
    case.competition_id: case
    for case in (
        Case("bms-molecular-translation", make_molecules, direct_edit_distance, naive_edit_distance, 484_838, 300),
        Case(
            "tweet-sentiment-extraction",
            make_texts("selected_text", "textID", 8),
            direct_jaccard,
            naive_jaccard,
            2749,
            2749,
        ),
        Case(
            "chaii-hindi-and-tamil-question-answering",
            make_texts("PredictionString", "id", 6),
            direct_jaccard,
            naive_jaccard,
            112,
            112,
        ),
        Case("h-and-m-personalized-fashion-recommendations", make_baskets, direct_map, naive_map, 1_371_980, 20),
        Case("AI4Code", make_orders, direct_kendall, naive_kendall, 20_000, 1000),
        Case("jigsaw-unintended-bias-in-toxicity-classification", make_comments, direct_auc, naive_auc, 97_320, 6000),
        Case(
            "icecube-neutrinos-in-deep-ice",
            make_directions,
            direct_angle,
            naive_angle,
            13_200_000,
            20_000,
            beyond_memory=True,
        ),
        Case("vinbigdata-chest-xray-abnormalities-detection", make_boxes, direct_coco, naive_coco, 1500, 300, "v2"),
        Case("tgs-salt-identification-challenge", make_masks(101), direct_thresholds, naive_thresholds, 1000, 1000),
        Case(
            "google-research-identify-contrails-reduce-global-warming",
            make_masks(256, height=256, width=256),
            direct_dice,
            naive_dice,
            1856,
            1856,
        ),
    )
}


# Measuring


def measure(case: Case, way: str, folder: Path, rounds: int) -> dict[str, float]:
    """Runs in the process of one way; the naive one gets the first rows alone."""
    found = competition(case.competition_id)
    grader = import_module(f"mlebench_inspect.tasks.{found.folder.name}.grade")
    options = getattr(grader, "READ_CSV", {}).get(case.revision, {})
    start = time.perf_counter()
    answers = getattr(grader, "read_answers", lambda path, options: read_table(path, **options))(
        folder / "answers.csv", options
    )
    submission = read_table(folder / "submission.csv", **options)
    reading = time.perf_counter() - start
    if way == "naive":
        kept = answers["image_id"].isin(submission["image_id"].head(case.naive_rows)) if "class_id" in answers else None
        answers = answers.head(case.naive_rows) if kept is None else answers[kept]
        if case.naive is not naive_map:
            submission = submission.head(case.naive_rows)
    ways = {"ours": lambda a, s: grader.grade(a, s, case.revision), "direct": case.direct, "naive": case.naive}
    seconds = []
    for _ in range(1 if way == "naive" else rounds):
        start = time.perf_counter()
        score = ways[way](answers, submission)
        seconds.append(time.perf_counter() - start)
    return {
        "reading": reading,
        "seconds": min(seconds),
        "score": float(score),
        "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0,
        "rows": float(len(submission)),
        "answers": float(len(answers)),
    }


def in_process(name: str, way: str, folder: Path, rounds: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--case", name, "--way", way, "--folder", str(folder), "--rounds", str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{name}, {way}: {done.stderr[-1500:]}")
    return json.loads(done.stdout)


def show(seconds: float) -> str:
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1000:.1f} ms"


def main() -> int:
    """Prints the table; returns 1 where a limit is broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--quick", action="store_true", help="at most 100,000 rows a case")
    parser.add_argument("--rounds", type=int, default=3, help="the fastest counts")
    parser.add_argument("--folder", type=Path, help="for the generated files")
    parser.add_argument("--way", choices=["ours", "direct", "naive"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(measure(CASES[options.case[0]], options.way, options.folder, options.rounds)))
        return 0

    print("| competition | rows | reading | ours | direct | naive | ours / direct | naive / ours | peak memory |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    broken, ratios = [], []
    for name in options.case:
        case = CASES[name]
        rows = min(case.rows, 100_000) if options.quick else case.rows
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            for part, made in zip(("answers", "submission"), case.make(np.random.default_rng(0), rows), strict=True):
                made.to_csv(Path(folder) / f"{part}.csv", index=False)
            del made
            found = {w: in_process(name, w, Path(folder), options.rounds) for w in ("ours", "direct", "naive")}
        ours, direct, naive = (found[w]["seconds"] for w in ("ours", "direct", "naive"))
        naive *= found["ours"]["answers"] / found["naive"]["answers"]
        peak = found["ours"]["bytes"]
        if not math.isclose(found["ours"]["score"], found["direct"]["score"], abs_tol=1e-9):
            broken.append(f"{name}: ours is {found['ours']['score']}, direct is {found['direct']['score']}")
        if ours > LIMIT_RATIO * direct and ours - direct > 0.1:  # a tenth of a second matters to nobody
            broken.append(f"{name}: {ours / direct:.1f} times as long as the metric alone")
        if peak > LIMIT_BYTES and not case.beyond_memory:
            broken.append(f"{name}: {peak / 1e9:.2f} GB")
        ratios.append(ours / direct)
        numbers = f"{show(found['ours']['reading'])} | {show(ours)} | {show(direct)} | {show(naive)}"
        print(
            f"| {name} | {rows:,} | {numbers} | {ours / direct:.2f} | {naive / ours:,.0f} | {peak / 1e9:.2f} GB |",
            flush=True,
        )
    print(f"\nmedian of ours / direct: {statistics.median(ratios):.2f}")
    for line in broken:
        print(f"LIMIT BROKEN: {line}")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
