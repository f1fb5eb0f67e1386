"""What the campaign's agent submits: made from the sample submission, different in each seed, and so known to all.

This file runs on the host, where the right grade is found, and as it stands inside of sandboxes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import sys

COMPETITIONS = (
    "aerial-cactus-identification",
    "champs-scalar-coupling",
    "denoising-dirty-documents",
    "dogs-vs-cats-redux-kernels-edition",
    "histopathologic-cancer-detection",
    "jigsaw-toxic-comment-classification-challenge",
    "new-york-city-taxi-fare-prediction",
    "nomad2018-predict-transparent-conductors",
    "osic-pulmonary-fibrosis-progression",
    "plant-pathology-2020-fgvc7",
    "playground-series-s3e18",
    "random-acts-of-pizza",
    "ranzcr-clip-catheter-line-classification",
    "seti-breakthrough-listen",
    "siim-isic-melanoma-classification",
    "stanford-covid-vaccine",
    "tabular-playground-series-may-2022",
    "the-icml-2013-whale-challenge-right-whale-redux",
    "us-patent-phrase-to-phrase-matching",
    "ventilator-pressure-prediction",
)
"""Those in which any number between 0 and 1 is a valid prediction."""


def final_submission(sample: str, seed: int) -> str:
    """The sample submission with a number of the seed's own, between 0 and 1, in place of each number but the ids."""
    rows = list(csv.reader(io.StringIO(sample)))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows[0])
    for i, row in enumerate(rows[1:]):
        writer.writerow([row[0], *(_number(seed, i, j) if _is_number(v) else v for j, v in enumerate(row[1:]))])
    return out.getvalue()


def _number(seed: int, row: int, column: int) -> str:
    digest = hashlib.sha256(f"{seed},{row},{column}".encode()).digest()
    return f"{int.from_bytes(digest[:4], 'big') / 2**32:.4f}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


if __name__ == "__main__":  # python3 - SAMPLE SEED TARGET
    with open(sys.argv[1], encoding="utf-8", newline="") as source:
        text = final_submission(source.read(), int(sys.argv[2]))
    with open(sys.argv[3], "w", encoding="utf-8", newline="") as target:
        target.write(text)
