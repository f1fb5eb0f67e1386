"""Split of the purchases by date: the last days are the test period."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import DataError, place, place_tree, read_csv, write_csv

COLUMNS = ["t_dat", "customer_id", "article_id", "price", "sales_channel_id"]


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Article ids are read as numbers and so lose their leading zero.

    In v1 the test period has eight days and the answers list its customers. In v2 it has seven days, and the answers
    list all customers, those to whom nothing was sold with an empty cell, so that no check tells who bought something.
    """
    import pandas as pd

    file = "transactions_train.csv"
    sales = read_csv(raw / file, dtype={"t_dat": "category", "customer_id": "category"})
    if list(sales.columns) != COLUMNS:
        raise DataError(f"{file}: the columns must be {', '.join(COLUMNS)}; they are {', '.join(sales.columns)}")
    days = sales["t_dat"].cat.categories
    dates = pd.to_datetime(days)
    in_test = sales["t_dat"].isin(days[dates >= dates.max() - pd.Timedelta(days=7 if revision == "v1" else 6)])
    write_csv(sales[~in_test], public / file)

    sold = sales.loc[in_test, ["customer_id", "article_id"]].astype({"customer_id": object})
    del sales
    bought = sold["article_id"].map(str).groupby(sold["customer_id"]).agg(" ".join)
    if revision == "v2":
        customers = read_csv(raw / "sample_submission.csv", usecols=["customer_id"])["customer_id"]
        if not bought.index.isin(customers).all():
            raise DataError(f"{file}: sample_submission.csv lacks customers of the last days")
        bought = bought.reindex(sorted(customers))
    answers = pd.DataFrame({"customer_id": bought.index, "prediction": bought.to_numpy()})
    write_csv(answers, private / "answers.csv")

    for name in ("sample_submission.csv", "articles.csv", "customers.csv"):
        place(raw / name, public / name)
    place_tree(raw / "images", public / "images")
