"""Each sample's code against the public notebooks of its competition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mlebench_inspect.plagiarism.comparing import Document, Likeness, Passage, common_to, likeness, passages
from mlebench_inspect.plagiarism.kept import NotKept, code_of
from mlebench_inspect.plagiarism.sources import Sources, read_folder
from mlebench_inspect.reporting.records import Reading, ReportingError, Result

THRESHOLD = 0.6
"""Similarity that the published benchmark lets pass."""
FEW = 10
"""Shared fingerprints below which a covered share says nothing: some 100 tokens."""
MOST_MATCHES = 5
"""Notebooks that are told of for one sample."""


@dataclass(frozen=True)
class Match:
    """A sample's code beside one notebook."""

    code: Document
    notebook: Document
    alike: Likeness
    threshold: float
    common: Collection[int] = ()

    @property
    def because(self) -> str:
        """What is above the threshold: `similarity`, `covered`, or nothing."""
        if self.alike.similarity > self.threshold:
            return "similarity"
        return "covered" if self.alike.covered > self.threshold and self.alike.shared >= FEW else ""

    @property
    def rank(self) -> tuple[bool, float, float]:
        """The higher, the sooner a person should look."""
        return bool(self.because), self.alike.similarity, self.alike.covered

    @cached_property
    def passages(self) -> list[Passage]:
        """Where they are alike."""
        return passages(self.code, self.notebook, self.common)


@dataclass(frozen=True)
class Finding:
    """What came of one sample."""

    competition: str
    seed: int
    solver: str
    model: str
    log: str
    matches: list[Match] = field(default_factory=list)
    """For each notebook the file that is most alike, those first that a person should look at."""
    problem: str = ""
    """Why nothing was compared."""
    left_out: list[str] = field(default_factory=list)
    """Files of the agent's that could not be compared."""

    @property
    def for_a_person(self) -> bool:
        """Whether one match is above the threshold."""
        return any(match.because for match in self.matches)


@dataclass(frozen=True)
class Check:
    """All samples."""

    findings: list[Finding]
    notebooks: dict[str, int]
    """How many there are of each competition."""
    left_out: list[str]
    """Notebooks that could not be read."""
    threshold: float
    common: float | None


def check(
    reading: Reading,
    folder: Path,
    *,
    threshold: float = THRESHOLD,
    common: float | None = None,
    tell: Callable[[int, int, str], None] = lambda done, of, name: None,
) -> Check:
    """Compares the kept code of all results with the notebooks in a folder.

    Args:
        reading: What was run.
        folder: Holds a folder for each competition; without any, its notebooks are for all.
        threshold: Similarity, 0 to 1, above which a person should look.
        common: Leave out fingerprints that more than this share of a competition's notebooks have.
        tell: Told how many samples of how many are compared.

    Raises:
        ReportingError: There is no notebook for any of the results.
    """
    findings, counts, left_out = list[Finding](), dict[str, int](), dict[str, None]()
    of_competition: dict[str, list[tuple[Result, str, str]]] = defaultdict(list)
    for run in reading.runs:
        for r in run.results:
            solver, model = (str(r.fields.get(name) or "") for name in ("solver", "model"))
            of_competition[r.competition].append((r, solver, model))
    total, done = sum(map(len, of_competition.values())), 0
    for competition_id, results in sorted(of_competition.items()):
        notebooks = _notebooks(folder, competition_id)
        counts[competition_id] = len(notebooks.documents)
        left_out |= dict.fromkeys(notebooks.left_out)
        frequent = common_to(notebooks.documents, common) if common is not None else frozenset()
        for result, solver, model in sorted(results, key=lambda each: (each[0].seed, each[1:], each[0].log)):
            tell(done, total, competition_id)
            done += 1
            about = (result.competition, result.seed, solver, model, result.log)
            findings.append(Finding(*about, **_compared(result, notebooks.documents, threshold, frequent)))  # type: ignore[arg-type]
    if not any(counts.values()):
        why = f"; left out {next(iter(left_out))}" if left_out else ""
        raise ReportingError(
            f"{folder}: no notebook for any of these competitions{why}; put *.ipynb or *.py into "
            f"{folder / next(iter(counts), 'COMPETITION')}, or give --from-kaggle N"
        )
    return Check(findings, counts, list(left_out), threshold, common)


def _notebooks(folder: Path, competition_id: str) -> Sources:
    """Those of a competition; of a folder without folders for competitions all."""
    own = folder / competition_id
    if own.is_dir():
        found = read_folder(own)
        return Sources(found.documents, [f"{competition_id}/{line}" for line in found.left_out])
    return Sources([], []) if _is_divided(folder) else read_folder(folder)


def _is_divided(folder: Path) -> bool:
    from mlebench_inspect.tasks import competition_ids

    known = set(competition_ids())
    return any(path.name in known and path.is_dir() for path in folder.iterdir())


def _compared(
    result: Result, notebooks: Sequence[Document], threshold: float, common: Collection[int]
) -> dict[str, object]:
    if not notebooks:
        return {"problem": "there is no notebook of this competition"}
    try:
        code = code_of(result)
    except NotKept as ex:
        return {"problem": str(ex)}
    return {"matches": list(_matches(code.documents, notebooks, threshold, common)), "left_out": code.left_out}


def _matches(
    code: Iterable[Document], notebooks: Sequence[Document], threshold: float, common: Collection[int]
) -> Iterator[Match]:
    code = list(code)
    best = [
        max((Match(c, n, likeness(c, n, common), threshold, common) for c in code), key=lambda m: m.rank)
        for n in notebooks
    ]
    yield from sorted(best, key=lambda m: (*m.rank, m.notebook.name), reverse=True)[:MOST_MATCHES]
