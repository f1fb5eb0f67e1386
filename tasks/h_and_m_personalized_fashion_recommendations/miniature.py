"""50 customers, each of whom buys the same three of 30 articles again and again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mlebench_inspect.tasks._miniature import encoded, hex_name, hue, noise
from mlebench_inspect.tasks.preparing import write_csv

if TYPE_CHECKING:
    import pandas as pd

CUSTOMERS, ARTICLES, PER_DAY = 50, 30, 10
PRICES = [0.0508305084745762, 0.025406779661016947]


def make_raw(raw: Path, seed: int) -> None:
    """Writes the transactions, the three other tables and two pictures."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    customers = np.array([hex_name(f"{seed} {k}") + hex_name(f"{k} {seed}") for k in range(CUSTOMERS)], dtype=object)
    articles = np.array([f"0{663713000 + k}" for k in range(ARTICLES)], dtype=object)
    days = pd.date_range("2020-08-01", "2020-09-22").strftime("%Y-%m-%d").to_numpy(dtype=object)
    rows = len(days) * PER_DAY
    buyer = rng.integers(CUSTOMERS, size=rows)
    bought = (buyer + rng.integers(3, size=rows)) % ARTICLES
    sales = pd.DataFrame(
        {
            "t_dat": np.repeat(days, PER_DAY),
            "customer_id": customers[buyer],
            "article_id": articles[bought],
            "price": np.array(PRICES)[bought % 2],
            "sales_channel_id": rng.integers(1, 3, rows),
        }
    )
    write_csv(sales, raw / "transactions_train.csv")
    write_csv(
        pd.DataFrame(
            {
                "article_id": articles,
                "product_code": [a[:7] for a in articles],
                "prod_name": [f"Jacket {k}" for k in range(ARTICLES)],
                "colour_group_code": np.arange(ARTICLES) % 7,
            }
        ),
        raw / "articles.csv",
    )
    write_csv(
        pd.DataFrame(
            {
                "customer_id": customers,
                "FN": np.where(rng.random(CUSTOMERS) < 0.3, 1.0, np.nan),
                "Active": np.where(rng.random(CUSTOMERS) < 0.3, 1.0, np.nan),
                "club_member_status": "ACTIVE",
                "fashion_news_frequency": "NONE",
                "age": rng.integers(18, 80, CUSTOMERS).astype(float),
                "postal_code": customers[::-1],
            }
        ),
        raw / "customers.csv",
    )
    constant = " ".join(articles[:12])
    write_csv(pd.DataFrame({"customer_id": customers, "prediction": constant}), raw / "sample_submission.csv")
    (raw / "images/066").mkdir(parents=True)
    for k in (0, 1):
        (raw / f"images/066/{articles[k]}.jpg").write_bytes(encoded(noise(rng, colour=hue(k / 2))))


def perfect(answers: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """The articles bought, each once."""
    lists = answers["prediction"].map(lambda v: " ".join(dict.fromkeys(v.split())), na_action="ignore")
    return answers.assign(prediction=lists)
