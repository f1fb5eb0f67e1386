"""70/30 split of the labelled phrases."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    group_split,
    read_zipped_csv,
    require_raw_columns,
    require_unique,
    train_test_split,
    write_csv,
    zip_files,
)


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`train.tsv` becomes train and test.

    v2 keeps the phrases of a sentence on one side, and phrases spelled like a missing value ("None") as they are.
    """
    table = read_zipped_csv(raw / "train.tsv.zip", "train.tsv", sep="\t", keep_default_na=revision == "v1")
    require_raw_columns(table, ["PhraseId", "SentenceId", "Phrase", "Sentiment"], "train.tsv")
    require_unique(table, "PhraseId", "train.tsv")
    if revision == "v1":
        train, test = train_test_split(table, 0.3)
    else:
        train_rows, test_rows = group_split(table["SentenceId"], 0.3)
        train, test = table.iloc[train_rows], table.iloc[test_rows]

    write_csv(test, private / "answers.csv")
    write_csv(test[["PhraseId"]].assign(Sentiment=2), public / "sampleSubmission.csv")
    for name, part in (("train.tsv", train), ("test.tsv", test.drop(columns="Sentiment"))):
        text = part.to_csv(index=False, sep="\t").encode()
        zip_files(public / f"{name}.zip", [(name, text)])
