"""Checking a bundle: every submission is graded anew, and every figure is computed again from these grades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlebench_inspect.bundles.differences import differences
from mlebench_inspect.bundles.errors import BrokenBundle
from mlebench_inspect.bundles.figures import reading_of, stated
from mlebench_inspect.bundles.making import versions
from mlebench_inspect.bundles.opening import Bundle, open_bundle
from mlebench_inspect.bundles.regrading import Exchanged, Graded, Paper, Tell, grade, paper, papers_of
from mlebench_inspect.bundles.schema import FIGURES, RunFile, SampleFile, SnapshotFile, Worth, run_folder, sample_name
from mlebench_inspect.bundles.verdict import Finding, Kind, Verdict
from mlebench_inspect.data.ensure import ensure_miniature
from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.tasks import competition

_OF_A_PLACE = {"created_at", "submission_path", "detail"}  # no facts of a grade: when, where, and a library's words
_LONGEST = 1000  # characters of one


def verify(
    file: Path, data_dir: Path | None = None, *, digest: str | None = None, tell: Tell = lambda done, of, name: None
) -> Verdict:
    """Checks a bundle against prepared data. Miniature data that is missing is made.

    Args:
        file: The bundle.
        data_dir: Data folder; default: MLEBENCH_DATA_DIR, else the user's cache folder.
        digest: SHA-256 that the bundle must have.
        tell: Told of each file that was graded.

    Raises:
        BrokenBundle: It is not as it was made, or was never one.
        PreparationError: Miniature data cannot be made.
    """
    bundle = open_bundle(file)
    if digest is not None and bundle.container.sha256 != digest.lower():
        raise BrokenBundle(f"its SHA-256 is {bundle.container.sha256}, not {digest}; it is another bundle")
    stores = [Store.open(data_dir, run.data, run.revision.split(" ")[0]) for run, _ in bundle.runs]  # type: ignore[arg-type]
    pairs = [(run, s, store) for (run, found), store in zip(bundle.runs, stores, strict=True) for s in found]
    papers = [p for run, sample, store in pairs for p in papers_of(run, sample, store)]
    _make_miniature(papers)
    return _Check(bundle, stores, grade(bundle.container, papers, tell)).verdict()


def _make_miniature(papers: list[Paper]) -> None:
    needed: dict[Store, set[str]] = {}
    for found in papers:
        needed.setdefault(found.store, set()).add(found.competition)
    for store, ids in needed.items():
        if store.data == "miniature":
            ensure_miniature(store, [competition(i) for i in sorted(ids)])


class _Check:
    """One check, once all is graded."""

    def __init__(self, bundle: Bundle, stores: list[Store], grades: Mapping[Paper, Graded]) -> None:
        self._bundle, self._stores, self._grades = bundle, stores, grades
        self._findings: list[Finding] = []
        self._where = ""

    def verdict(self) -> Verdict:
        """What it has shown; call once."""
        rows = self._figures(self._regraded())
        samples = [s for _, found in self._bundle.runs for s in found]
        return Verdict(
            sha256=self._bundle.container.sha256,
            samples=len(samples),
            graded=sum(isinstance(g, GradingReport) for g in self._grades.values()),
            without_submission=sum(s.result.status == "scored" and s.outcome != "taken" for s in samples),
            without_score=sum(s.result.status != "scored" for s in samples),
            rows=rows,
            findings=self._findings,
            unanswered=self._bundle.unanswered,
            made_with=self._bundle.manifest.made_with,
            verified_with=versions(),
        )

    def _regraded(self) -> list[tuple[RunFile, list[SampleFile]]]:
        """All runs with the grades that they have here."""
        runs = []
        for number, ((run, samples), store) in enumerate(zip(self._bundle.runs, self._stores, strict=True), 1):
            found = []
            for sample in samples:
                self._where = f"{run_folder(number)}/{sample_name(sample.result.competition, sample.result.seed)}"
                found.append(self._sample(run, sample, store))
            runs.append((run, found))
        return runs

    def _differs(self, what: object) -> None:
        self._find("differs", str(what))

    def _unchecked(self, what: str) -> None:
        self._find("not checked", what)

    def _lacks(self, why: str, place: str = "") -> None:
        """Notes why there is no grade: since the file is another one, or since it could not be graded here."""
        self._find("differs" if isinstance(why, Exchanged) else "not checked", f"{place}{why}")

    def _find(self, kind: Kind, what: str) -> None:
        """Notes a finding; what a bundle says of itself may have any length."""
        told = what if len(what) <= _LONGEST else f"{what[: _LONGEST - 3]}..."
        self._findings.append(Finding(kind=kind, where=self._where, what=told))

    def _sample(self, run: RunFile, sample: SampleFile, store: Store) -> SampleFile:
        """The sample with the grades that it has here; as stated, where it has none."""
        stated = sample.result.report
        report = self._report(run, sample, store) if stated is not None else None
        if stated is None or report is None:
            return sample
        for difference in differences(_facts(stated), _facts(report)):
            self._differs(difference)
        snapshots = sample.snapshots
        if snapshots is not None:
            snapshots = [s.model_copy(update={"worth": self._worth(run, sample, store, s)}) for s in snapshots]
        return sample.model_copy(
            update={"result": replace(sample.result, report=report), "snapshots": snapshots},
        )

    def _report(self, run: RunFile, sample: SampleFile, store: Store) -> GradingReport | None:
        if sample.outcome in ("missing", "refused"):
            return competition(sample.result.competition).report(
                None,
                exists=sample.outcome == "refused",
                error=sample.cause,
                revision=store.revision,
                data=store.data,
            )
        if sample.outcome != "taken":
            self._differs(f"it has a score, though what became of its submission is {sample.outcome}")
        elif sample.submission is None:
            self._unchecked(f"its submission is not in the bundle: {sample.lacking or 'no reason is given'}")
        else:
            found = self._grades[paper(run, sample, store, sample.submission)]
            if isinstance(found, GradingReport):
                return found
            self._lacks(found)
        return None

    def _worth(self, run: RunFile, sample: SampleFile, store: Store, snapshot: SnapshotFile) -> Worth:
        """What a snapshot is worth here."""
        stated, place = snapshot.worth, f"the snapshot after {snapshot.after:g} s"
        if snapshot.kept is None:
            if snapshot.sha256:
                self._unchecked(f"{place} is not in the bundle: {snapshot.lacking or 'no reason is given'}")
            elif stated.valid_submission or stated.medal not in ("none", None) or stated.score is not None:
                self._differs(f"{place} has a score and no file")
            return stated
        found = self._grades[paper(run, sample, store, snapshot.kept)]
        if not isinstance(found, GradingReport):
            self._lacks(found, f"{place}: ")
            return stated
        if not stated.graded:  # the run could not, and counts it for nothing
            return stated
        here = Worth(graded=True, **found.model_dump(include=set(Worth.model_fields)))
        for difference in differences(stated.model_dump(), here.model_dump(), f"{place}: "):
            self._differs(difference)
        return here

    def _figures(self, runs: list[tuple[RunFile, list[SampleFile]]]) -> int:
        """Computes all figures and compares; returns the number of rows."""
        self._where = FIGURES
        told = self._bundle.figures
        try:
            rows = stated(reading_of(runs), told.pooled)
        except Exception as ex:  # whatever records make of it that no log of ours has made
            raise BrokenBundle(
                f"no figures can be computed of its records: {type(ex).__name__}: {str(ex)[:200]}"
            ) from ex
        if len(rows) != len(told.rows):
            self._differs(f"there are {len(rows)} rows, stated are {len(told.rows)}")
        for here, there in zip(rows, told.rows, strict=False):
            for difference in differences(there, here, _title(here)):
                self._differs(difference)
        return len(rows)


def _title(row: Mapping[str, Any]) -> str:
    variant = f" [{row['variant']}]" if row["variant"] > 1 else ""
    return f"{', '.join(filter(None, (row['solver'], row['model'], row['conditions'])))}{variant}: "


def _facts(report: GradingReport) -> dict[str, Any]:
    return report.model_dump(mode="json", exclude=_OF_A_PLACE)
