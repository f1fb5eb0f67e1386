"""F1 score of short and long answers in one pool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlebench_inspect.graders.metrics.classification import micro_f1
from mlebench_inspect.graders.submission import InvalidSubmission, Revision, Tables, aligned, show
from mlebench_inspect.tasks.tensorflow2_question_answering.prepare import answers_of

if TYPE_CHECKING:
    import pandas as pd

ID, TARGET = "example_id", "PredictionString"
READ_CSV: dict[str, dict[str, Any]] = {"v2": {"dtype": {ID: str, TARGET: str}, "keep_default_na": False}}


def read_answers(path: Path, options: dict[str, Any]) -> pd.DataFrame:
    """Two rows per example, with the list of right answers (`start:end`, `YES`, `NO`) in the target's column."""
    import pandas as pd

    rows: list[tuple[str, list[str]]] = []
    with open(path, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            example = json.loads(line)
            short, long = answers_of(example["annotations"][0])
            rows += [(f"{example[ID]}_short", short), (f"{example[ID]}_long", long)]
    return pd.DataFrame(rows, columns=[ID, TARGET])


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """Answers as `start:end`, `YES` or `NO`, or none."""
    import pandas as pd

    known, submission = aligned(known, submission, ID, [TARGET])
    cells = submission[TARGET].astype(object).where(submission[TARGET].notna(), "")
    given = [_prediction(row, cell) for row, cell in zip(submission[ID], cells, strict=True)]
    return known, submission.assign(**{TARGET: pd.Series(given, dtype=object)})


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """A wrong answer counts as one where none exists. Right blanks earn as much as right answers in v1, not in v2."""
    answers, submission = checked(answers, submission, revision)
    given = submission[TARGET].tolist()
    exists = [(p in right if p else bool(right)) for p, right in zip(given, answers[TARGET], strict=True)]
    yes, no = "1", "0" if revision == "v1" else ""
    return micro_f1(
        answers.assign(**{TARGET: [yes if e else no for e in exists]}),
        submission.assign(**{TARGET: [yes if p else no for p in given]}),
        target=TARGET,
        split=revision == "v2",
    )


def _prediction(row: str, cell: object) -> str:
    """The prediction in the answers' way of writing, empty for none."""
    text = str(cell).strip()
    if text in ("", "YES", "NO"):
        return text
    start, _, end = text.partition(":")
    try:
        return f"{int(start)}:{int(end)}"  # refuses a second colon as well
    except ValueError:
        raise InvalidSubmission(
            f"column {TARGET} must hold start:end (two whole numbers), YES, NO or nothing; "
            f"the row with {ID} {show(row)} has {show(cell)}"
        ) from None
