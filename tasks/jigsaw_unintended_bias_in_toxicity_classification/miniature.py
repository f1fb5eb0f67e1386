"""2,400 comments to learn from and as many to judge; one word tells most toxic ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks.preparing import write_csv

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ROWS = 2_400
IDENTITIES = """
male female transgender other_gender heterosexual homosexual_gay_or_lesbian bisexual other_sexual_orientation
christian jewish muslim hindu buddhist atheist other_religion black white asian latino other_race_or_ethnicity
physical_disability intellectual_or_learning_disability psychiatric_or_mental_illness other_disability
"""


def make_raw(raw: Path, seed: int) -> None:
    """Writes `train.csv` and `test_private_expanded.csv`. Even rows name one identity, odd ones have no such labels."""
    import numpy as np

    rng = np.random.default_rng(seed)
    write_csv(_comments(rng, 0).rename(columns={"toxicity": "target"}), raw / "train.csv")
    write_csv(_comments(rng, 7_000_000), raw / "test_private_expanded.csv")


def _comments(rng: np.random.Generator, first: int) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    n, identities = np.arange(ROWS), IDENTITIES.split()
    toxic = rng.random(ROWS) < 0.3
    # The first rows of each identity give both classes whatever the seed.
    visit = n // 2 // len(identities)
    toxic = np.where(visit < 4, visit % 2 == 0, toxic)
    word = np.where(toxic & (n % 7 != 0), "awful", "nice")
    named = np.where(n % 2, np.nan, n // 2 % len(identities))
    table = {
        "id": first + n,
        "comment_text": [f"{w} comment {i}" for i, w in zip(n, word, strict=True)],
        "created_date": "2017-03-18 14:54:25.967686+00",
        "publication_id": 21,
        "parent_id": np.nan,
        "article_id": 26662,
        "rating": "approved",
        **dict.fromkeys(("funny", "wow", "sad", "likes", "disagree"), 0),
        "toxicity": np.where(toxic, 0.8, 0.1),
        **dict.fromkeys(("severe_toxicity", "obscene", "sexual_explicit", "identity_attack", "insult", "threat"), 0.0),
        **{name: np.where(np.isnan(named), np.nan, named == i) for i, name in enumerate(identities)},
        "identity_annotator_count": np.where(n % 2, 0, 4),
        "toxicity_annotator_count": 10,
    }
    return pd.DataFrame(table)


def perfect(answers: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """The true share of raters as the prediction."""
    return answers[["id"]].assign(prediction=answers["toxicity"])
