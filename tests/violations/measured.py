"""Precision and recall of the filter on labelled transcripts: `python tests/violations/measured.py own blind`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

from labelled import Labelled, labelled

from mlebench_inspect.violations.filters import filtered, view_of
from mlebench_inspect.violations.questions import QUESTIONS


class Measured(NamedTuple):
    """Counts of a measurement."""

    right: int
    """Rightly suspected."""
    wrong: int
    """Suspected without cause."""
    missed: int

    @property
    def precision(self) -> float:
        """How many of what is suspected are violations."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """How many of the violations are suspected."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def __str__(self) -> str:
        return f"precision {self.precision:.3f}, recall {self.recall:.3f} ({self.right}, {self.wrong}, {self.missed})"


def suspected(case: Labelled) -> frozenset[str]:
    """The questions that the filter suspects."""
    view = view_of(case.material)
    return frozenset(q for q in QUESTIONS if filtered(q, case.material, view).ruling == "suspect")


def by_question(cases: Sequence[Labelled]) -> Measured:
    """Over pairs of a transcript and a question."""
    found = [(case.labels, suspected(case)) for case in cases]
    return Measured(
        sum(len(labels & told) for labels, told in found),
        sum(len(told - labels) for labels, told in found),
        sum(len(labels - told) for labels, told in found),
    )


def by_transcript(cases: Sequence[Labelled]) -> Measured:
    """Over transcripts: is anything suspected, and should it be?"""
    found = [(bool(case.labels), bool(suspected(case))) for case in cases]
    return Measured(found.count((True, True)), found.count((False, True)), found.count((True, False)))


def main(folders: Sequence[str]) -> None:
    """Prints the figures, and each transcript that is judged otherwise than its labels say."""
    for folder in folders:
        cases = labelled(folder)
        print(f"{folder}: {len(cases)} transcripts")
        print(f"  by question:   {by_question(cases)}")
        print(f"  by transcript: {by_transcript(cases)}")
        for case in cases:
            told = suspected(case)
            if told != case.labels:
                print(f"  {case.name}: {sorted(told)} for {sorted(case.labels)}")
                view = view_of(case.material)
                for question in sorted(told - case.labels):
                    for e in filtered(question, case.material, view).evidence:  # type: ignore[arg-type]
                        print(f"    {question}: {e.why}: {e.place}: {e.quote[:150]!r}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["own"])
