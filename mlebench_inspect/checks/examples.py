"""The worked examples beside a grader (`examples.yaml`): submissions with their score, or with words of their message.

A case gives the answers and a submission as CSV text and either the score or words that the message must hold. Answers
that a case leaves out are those of the case before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mlebench_inspect.checks.case import Case
from mlebench_inspect.checks.fault import Fault
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.graders.submission import InvalidSubmission, Revision
from mlebench_inspect.tasks import Competition

FILE = "examples.yaml"


def cases(found: Competition) -> Iterator[tuple[int, Revision, dict[str, Any]]]:
    """Number, revision and content of each example; none where there is no file."""
    path, answers = found.folder / FILE, None
    for number, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []):
        answers = case["answers"] = case.get("answers", answers)
        for revision in case.get("revisions", ["v1"]):
            yield number, revision, case


def grades_its_examples(case: Case) -> None:
    """The examples have the scores and messages that they tell."""
    for number, revision, example in cases(case.found):
        if revision == case.revision:
            compare(case.found, revision, example, case.folder / f"example-{number}")


def compare(found: Competition, revision: Revision, case: dict[str, Any], folder: Path) -> GradingReport:
    """Grades an example in a new folder.

    Returns:
        Its grading.

    Raises:
        Fault: It comes to something else.
    """
    for path, text in {found.answers: case["answers"], **case.get("files", {})}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    sample = folder / found.sample_submission
    sample.parent.mkdir(parents=True, exist_ok=True)
    if not sample.exists():
        sample.write_text(case.get("sample", case["submission"]), encoding="utf-8")
    submission = folder / "submission.csv"
    submission.write_text(case["submission"], encoding="utf-8")
    report, name = found.grade(submission, folder / "private", revision), f"{FILE}: {case['name']!r}"
    mend = "mend the grader, or the example"
    refused = refused_by_check(found, folder / found.answers, submission, revision)
    if report.valid_submission and refused:
        raise Fault(f"{name} is graded and refused by `checked`: {refused}", mend)
    if "score" in case and report.score != case["score"]:
        raise Fault(f"{name} scores {report.error or report.score}, not {case['score']}", mend)
    if "score" not in case:
        if report.valid_submission:
            raise Fault(f"{name} is valid, with the score {report.score}", mend)
        lacking = [words for words in case["invalid"] if words not in (report.error or "")]
        if lacking:
            raise Fault(f"{name}: {', '.join(map(repr, lacking))} is not in the message: {report.error}", mend)
    return report


def refused_by_check(found: Competition, answers: Path, submission: Path, revision: Revision) -> str | None:
    """Why the check refuses a submission, with the ids of the answers in the place of the sample submission's."""
    from mlebench_inspect.graders.reading import read_submission, read_table

    grader: Any = found.module("grade")
    options = getattr(grader, "READ_CSV", {}).get(revision, {})
    known = getattr(grader, "read_answers", lambda path, options: read_table(path, **options))(answers, options)
    try:
        grader.checked(known, read_submission(submission, **options), revision)
    except InvalidSubmission as ex:
        return str(ex)
    return None
