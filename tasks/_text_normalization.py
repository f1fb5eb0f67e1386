"""What the two text normalization competitions share: they differ in the language's code and in their words."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.classification import accuracy
from mlebench_inspect.graders.submission import Revision, Tables, aligned
from mlebench_inspect.tasks.preparing import (
    DataError,
    read_zipped_csv,
    require_raw_columns,
    train_test_positions,
    zip_entry,
    zip_files,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ID, TARGET = "id", "after"
READ_CSV = {"v2": {"dtype": str, "keep_default_na": False}}
SENTENCES = 100


def prepare_language(raw: Path, public: Path, private: Path, revision: Revision, language: str) -> None:
    """A random tenth of the sentences becomes the test set; sentences are numbered anew in both parts.

    In v1 a token spelled like a missing value (NA, null ...) becomes an empty one, v2 keeps it. The tables have ten
    million rows, so texts stay in Arrow's compact form, and its fast CSV writer is used.

    Args:
        raw: Holds `<language>_train.csv.zip`.
        public: Gets three archives.
        private: Gets the answers and the sample submission.
        revision: See above.
        language: `en` or `ru`.
    """
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    name = f"{language}_train.csv"
    text = dict.fromkeys(("class", "before", "after"), pd.ArrowDtype(pa.string()))
    table = read_zipped_csv(raw / f"{name}.zip", name, dtype=text, keep_default_na=revision == "v1")
    require_raw_columns(table, ["sentence_id", "token_id", "class", "before", "after"], name)

    sentence, names = pd.factorize(table["sentence_id"])
    is_test = np.zeros(len(names), dtype=bool)
    is_test[train_test_positions(len(names), 0.1)[1]] = True
    in_test = is_test[sentence]

    train, test = _part(table, sentence, ~in_test), _part(table, sentence, in_test)
    del table
    ids = pc.binary_join_element_wise(test["sentence_id"].cast(pa.string()), test["token_id"].cast(pa.string()), "_")
    if pc.count_distinct(ids).as_py() != len(ids):
        raise DataError(f"{name}: a sentence has a token_id more than once")
    answers = pa.table({ID: ids, TARGET: test["after"]})
    sample = pa.table({ID: ids, TARGET: test["before"]})

    with open(private / "answers.csv", "xb") as file:
        _write_quoted(answers, file)
    with open(private / "sample_submission.csv", "xb") as file:
        _write_quoted(sample, file)
    public_tables = {
        "train": train,
        "test_2": test.select(["sentence_id", "token_id", "before"]),
        "sample_submission_2": sample,
    }
    for kind, content in public_tables.items():
        entry = zip_entry(f"{language}_{kind}.csv")
        entry.compress_type = zipfile.ZIP_STORED
        with (
            zipfile.ZipFile(public / f"{entry.filename}.zip", "x") as zipped,
            zipped.open(entry, "w", force_zip64=True) as member,
        ):
            _write_quoted(content, member)


def _part(table: pd.DataFrame, sentence: Any, rows: Any) -> pa.Table:
    """The chosen rows, their sentences numbered from 0 in order of appearance."""
    import pandas as pd
    import pyarrow as pa

    chosen = table[rows].assign(sentence_id=pd.factorize(sentence[rows])[0])
    return pa.Table.from_pandas(chosen, preserve_index=False)


def _write_quoted(table: pa.Table, file: IO[bytes]) -> None:
    """Writes CSV as `DataFrame.to_csv(quoting=csv.QUOTE_NONNUMERIC)` does: all texts quoted, missing ones as empty."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow.csv import WriteOptions, write_csv

    for position, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            filled = pc.fill_null(table.column(position), "")
            table = table.set_column(position, field.name, filled)
    file.write((",".join(f'"{name}"' for name in table.column_names) + "\n").encode())
    write_csv(table, file, WriteOptions(include_header=False, batch_size=1 << 16, quoting_style="needed"))


def checked_tokens(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Any text for each token."""
    return aligned(known, submission, ID, [TARGET])


def grade_tokens(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """Share of the tokens whose text is exactly right. In v1 all spellings of a missing value are the same text."""
    answers, submission = checked_tokens(answers, submission, revision)
    missing = "nan" if revision == "v1" else ""
    return accuracy(_as_text(answers, missing), _as_text(submission, missing), target=TARGET)


def _as_text(table: pd.DataFrame, missing: str) -> pd.DataFrame:
    cells = table[TARGET].astype(object)
    return table.assign(**{TARGET: cells.where(cells.notna(), missing).map(str).astype(object)})


def make_sentences(
    raw: Path, seed: int, *, language: str, digits: Sequence[str], words: Sequence[str], full_stop: str
) -> None:
    """Writes 100 sentences in the archives of the real data.

    Args:
        raw: Folder.
        seed: Of the random draws.
        language: `en` or `ru`.
        digits: How 0, 1, 2 ... are spoken.
        words: Words that are spoken as they are written.
        full_stop: How the full stop is spoken.
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    rows: list[tuple[int, int, str, str, str]] = []
    for sentence in range(SENTENCES):
        length = int(rng.integers(3, 8))
        for token in range(length - 1):
            if rng.random() < 0.3:
                digit = int(rng.integers(len(digits)))
                rows.append((sentence, token, "CARDINAL", str(digit), digits[digit]))
            else:
                word = str(rng.choice(words))
                rows.append((sentence, token, "PLAIN", word, word))
        rows.append((sentence, length - 1, "PUNCT", ".", full_stop))
    table = pd.DataFrame(rows, columns=["sentence_id", "token_id", "class", "before", "after"])
    tables = {
        "train": table,
        "test_2": table[["sentence_id", "token_id", "before"]].head(0),
        "sample_submission_2": pd.DataFrame({"id": [], "after": []}),
    }
    for kind, content in tables.items():
        name = f"{language}_{kind}.csv"
        text = content.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)
        zip_files(raw / f"{name}.zip", [(name, text.encode())])
