"""What holds for every competition, and looking whether it does: `mlebench-inspect check`.

The tests of the catalogue call the same functions for the built-in competitions.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from mlebench_inspect.checks import data, examples, files, forms, grading
from mlebench_inspect.checks.case import Case
from mlebench_inspect.checks.fault import Fault
from mlebench_inspect.checks.verdict import Check, Verdict, verdict_on
from mlebench_inspect.tasks import Competition, competition, own

FILES, CODE, RAW, PREPARED, SAMPLE = (
    ("has_its_files",),
    ("has_its_functions",),
    ("has_its_functions", "makes_its_raw_files"),
    ("prepares",),
    ("takes_the_sample",),
)
CHECKS = (
    Check("all files are there", files.has_its_files),
    Check("files of the folder are imported by a dot", files.imports_neighbours_by_a_dot, FILES),
    Check("prepare.py, grade.py and miniature.py have their functions", files.has_its_functions, FILES),
    Check("description.md describes the task", files.describes_the_task, FILES),
    Check("the leaderboard is in order", files.has_a_board_in_order),
    Check("the miniature has its raw files", data.makes_its_raw_files, CODE),
    Check("the miniature depends on its seed alone", data.depends_on_the_seed_alone, RAW),
    Check("preparing makes what competition.yaml names, and changes no raw file", data.prepares, RAW),
    Check("preparing makes the same files again", data.prepares_the_same_again, PREPARED),
    Check("no answers are public", data.hides_the_answers, PREPARED),
    Check("the sample submission is valid and has a score", grading.takes_the_sample, PREPARED),
    Check("the answers have the best score", grading.gives_the_best_to_the_answers, SAMPLE),
    Check("the order of rows and columns does not matter", grading.does_not_depend_on_the_order, SAMPLE),
    Check("the agent's check needs no answers", grading.checks_without_the_answers, SAMPLE),
    Check("broken submissions are refused with one clear line", forms.refuses_broken_forms, SAMPLE),
    Check("submissions in example/ are valid", grading.takes_its_example, SAMPLE),
    Check("worked examples come to what they tell", examples.grades_its_examples, CODE),
)


def check(place: Path | str | Competition, tell: Callable[[Verdict], None] = lambda verdict: None) -> list[Verdict]:
    """Looks at a competition in each revision that it has, on miniature data.

    Args:
        place: Its id or folder, or the competition itself. Its code runs in this process.
        tell: Told of each verdict as it comes.

    Raises:
        CatalogueError: There is no such competition, or its YAML is broken; the message says where.
        ValueError: There is none in the folder, or its id belongs to another.
    """
    found = place if isinstance(place, Competition) else _found(str(place))
    verdicts = []
    for revision in found.revisions:
        with tempfile.TemporaryDirectory(prefix="mlebench-check-") as folder:
            case, passed = Case(found, revision, Path(folder)), set[str]()
            for one in CHECKS:
                verdicts.append(verdict_on(one, case, passed))
                tell(verdicts[-1])
    return verdicts


def _found(place: str) -> Competition:
    if Path(place, own.MANIFEST).is_file():
        return competition(own.add(place)[0])
    return competition(place)


__all__ = ["CHECKS", "Case", "Check", "Fault", "Verdict", "check"]
