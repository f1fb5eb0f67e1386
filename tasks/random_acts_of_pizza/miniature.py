"""200 labelled and 81 further requests; successful ones begin with "thanks"."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

TRAIN, TEST = 200, 81
WORDS = ["hungry", "student", "broke", "until", "payday", "jalapeño", "family", "rent", "long", "week"]
NUMBERS_AT_REQUEST = [
    "requester_number_of_comments_at_request",
    "requester_number_of_comments_in_raop_at_request",
    "requester_number_of_posts_at_request",
    "requester_number_of_posts_on_raop_at_request",
    "requester_number_of_subreddits_at_request",
    "requester_upvotes_minus_downvotes_at_request",
    "requester_upvotes_plus_downvotes_at_request",
]
FORUMS = ["pics", "funny", "AskReddit"]


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.json` and `test.json`. The giver's name tells the outcome as well, as in the real files."""
    import numpy as np

    rng = np.random.default_rng(seed)
    ids = [f"t3_{n:05x}" for n in rng.choice(16**5, TRAIN + TEST, replace=False)]
    requests = [_request(rng, i) for i in ids]
    known = list(_at_request(requests[0]))
    for name, part in (("train", requests[:TRAIN]), ("test", [_at_request(r) for r in requests[TRAIN:]])):
        order = sorted(part[0], key=len) if name == "train" else known
        text = json.dumps([{f: r[f] for f in order} for r in part], ensure_ascii=False)
        (raw / f"{name}.json").write_text(text, encoding="utf-8")


def _request(rng: np.random.Generator, request_id: str) -> dict[str, Any]:
    pizza = bool(rng.random() < 0.25)
    text = " ".join([*(["thanks"] if pizza else []), *rng.choice(WORDS, 6)])
    time = int(rng.integers(1_300_000_000, 1_380_000_000))
    at_request = {
        "giver_username_if_known": f"giver{rng.integers(1000)}" if pizza and rng.random() < 0.9 else "N/A",
        "request_id": request_id,
        "request_text_edit_aware": text,
        "request_title": f"[Request] {rng.choice(WORDS)}",
        "requester_account_age_in_days_at_request": round(float(rng.uniform(0, 2000)), 6),
        "requester_days_since_first_post_on_raop_at_request": 0.0,
        **{name: int(rng.integers(0, 500)) for name in NUMBERS_AT_REQUEST},
        "requester_subreddits_at_request": FORUMS[: rng.integers(0, 4)],
        "requester_username": f"user{request_id[3:]}",
        "unix_timestamp_of_request": float(time),
        "unix_timestamp_of_request_utc": float(time - 3600),
    }
    return {
        **at_request,
        "request_text": text,
        "post_was_edited": bool(rng.random() < 0.1),
        "requester_user_flair": "shroom" if pizza else None,
        "request_number_of_comments_at_retrieval": int(rng.integers(0, 30)),
        "number_of_upvotes_of_request_at_retrieval": int(rng.integers(0, 90)),
        "number_of_downvotes_of_request_at_retrieval": int(rng.integers(0, 30)),
        "requester_received_pizza": pizza,
    }


def _at_request(request: dict[str, Any]) -> dict[str, Any]:
    later = {"request_text", "post_was_edited", "requester_user_flair", "requester_received_pizza"}
    return {f: v for f, v in request.items() if f not in later and not f.endswith("_at_retrieval")}
