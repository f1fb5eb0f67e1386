"""What a competition is: one folder each, and the catalogue that reads them.

A competition's folder is named after its id, with `_` for `-`, and holds

    competition.yaml    facts, files, checksums, thresholds
    description.md      what the agent reads
    description_obfuscated.md    the same, without what tells which competition it is
    prepare.py          prepare(raw, public, private, revision)
    grade.py            checked(known, submission, revision), grade(answers, submission, revision)
    miniature.py        make_raw(raw, seed)
    leaderboard.csv     scores of the human teams in rank order

There is no index to keep in step: ids come from the folders and from `splits/*.txt`, and a competition's YAML is read
when it is asked for. Neither pandas nor scikit-learn is imported here. Competitions of one's own lie elsewhere, see
`tasks.own`.
"""

from __future__ import annotations

import difflib
import importlib
import math
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from mlebench_inspect.graders.coverage import ScoreOfRows
from mlebench_inspect.graders.errors import MlebenchError, is_lack_of_memory, without_words
from mlebench_inspect.graders.leaderboard import Thresholds, above_median, medal_tier, standing, thresholds_of
from mlebench_inspect.graders.report import CheckReport, DataKind, GradingReport
from mlebench_inspect.graders.submission import MAX_BYTES, InvalidSubmission, Revision
from mlebench_inspect.tasks import own

if TYPE_CHECKING:
    import pandas as pd

Complexity = Literal["low", "medium", "high", "dev", "own"]
COMPLEXITIES: tuple[Complexity, ...] = ("low", "medium", "high", "dev")
"""Of the built-in competitions."""
APART: tuple[Complexity, ...] = ("dev", "own")
"""Those that no figure over all competitions holds, unless it is over them alone."""
Split = Literal["all", "lite", "low", "medium", "high", "dev", "mle_bench_30", "own"]
SPLITS: tuple[Split, ...] = ("all", "lite", *COMPLEXITIES, "mle_bench_30", "own")
RESERVED = (*SPLITS, "familiarity")
"""Names of tasks that no competition may have."""
HELD_BACK = "held_back"
"""Folder below the public one: what agents have of held-back training data."""
MAX_SPLIT_FILE = 1 << 20
MANIFEST = own.MANIFEST
_FOLDER = Path(__file__).parent
_PLACES = {
    "answers": ("private",),
    "sample_submission": ("public", "private"),
    "sample_archive": ("public",),
    "gold_submission": ("private",),
}
"""Where a prepared file that the YAML names may lie."""

UNFORESEEN = "the submission cannot be scored; compare its columns and values with the sample submission"


class CatalogueError(MlebenchError, ValueError):
    """A competition is unknown or its folder is broken. The message says which and what to do."""


class NoSearchScore(MlebenchError, ValueError):
    """Of a competition no training data can be held back. The message says why."""


class GradingError(MlebenchError, RuntimeError):
    """Grading failed for a reason that is not the submission's: answers missing or unreadable, or a fault of ours."""


class NotFinite(ValueError):
    """The metric of a submission is no finite number. The message says which."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Verdict(NamedTuple):
    """What became of a submission: what its judge returned, or an error."""

    value: Any = None
    error: str | None = None
    detail: str | None = None
    notice: str | None = None


class Prize(_Model):
    """Prize money in US dollars of one place, or of a special prize."""

    position: int | str
    value: int


class SubmissionFormat(_Model):
    """The columns of a submission."""

    id_columns: list[str]
    target_columns: list[str]
    rows: str = Field(description="What one row stands for.")
    optional_columns: list[str] = []
    scored_columns: list[str] = []
    target_columns_v2_extra: list[str] = []
    id_columns_v2: list[str] = Field([], description="Where revision v2 has other ids.")

    def ids(self, revision: Revision) -> list[str]:
        """The id columns in that revision."""
        return self.id_columns_v2 if revision == "v2" and self.id_columns_v2 else self.id_columns


class RawFile(_Model):
    """A file or folder (trailing slash) of the extracted download that preparation reads."""

    path: str
    archive: bool = False
    contains: str | None = None


class ExtraDownload(_Model):
    """A file outside Kaggle that preparation needs."""

    url: str
    contains: str
    when: str | None = None


class Checksums(_Model):
    """Published MD5 sums: of Kaggle's zip and of the prepared files (revision v1)."""

    zip: str | None = None
    public: dict[str, str] = {}
    private: dict[str, str] = {}


class KnownIssue(_Model):
    """A leak, quirk or defect that users should know of.

    Its kind is one of

        leak            a published split or file gives test labels away
        split           how the data was split is odd
        grader          the published grader does odd things
        metric          scores differ in meaning from Kaggle's, or tell little
        data            data is missing, faulty or in an odd form
        description     a text misleads
        availability    download, rules, or what is found elsewhere
    """

    text: str
    kind: Literal["leak", "split", "grader", "metric", "data", "description", "availability"]
    severity: str | None = None
    issue: int | str | None = None


class SearchScore(_Model):
    """How a part of the training data is held back to score candidates on (see `tasks.searching`), or why it is not.

    Paths are relative to the public folder: a file, a folder with all below it, or a pattern such as `images/Train_*`.
    """

    train: list[str] = Field([], description="Labelled data, and the inputs that belong to it.")
    raw: dict[str, str] = Field(
        {}, description="Raw files by what is public of them, if named otherwise; `a.zip/data: train` packs a folder."
    )
    kept: list[str] = Field([], description="What stays as it is, though it also holds inputs of the training data.")
    kept_v2: list[str] = Field([], description="The same in revision v2 alone.")
    hidden: list[str] = Field([], description="What is shown of test data, but not of held-back data.")
    why_not: str | None = Field(None, description="Why nothing is held back, as the end of a sentence.")

    @model_validator(mode="after")
    def _one_of_both(self) -> SearchScore:
        if (self.why_not is None) != bool(self.train):
            raise ValueError("search: name the training data as `train`, or say `why_not`")
        return self


class Competition(_Model):
    """One competition: its facts, and preparing, grading and miniature data.

    found = competition("spaceship-titanic")
    report = found.grade("submission.csv", "data/spaceship-titanic/prepared/private")
    print(report.score, report.medal, report.gap)
    """

    id: str
    name: str
    kaggle_slug: str = Field("", description="Of its page on Kaggle; empty: it has none, and its data is given.")
    competition_type: Literal["simple", "code"] = "simple"
    joinable: bool = Field(True, description="Whether users report that the rules can still be accepted on Kaggle.")
    awards_medals: bool = False
    prizes: list[Prize] = []
    category: str = Field(description="Category of the published tables.")
    task: str
    modality: str
    modality_note: str | None = None
    dataset_size_gb: float | None = None
    metric: str = Field(description="Name in `graders.metrics`.")
    metric_note: str | None = None
    higher_is_better: bool
    best_score: float | None = Field(None, description="Score of a perfect submission where it is not 1 (or 0).")
    thresholds: Thresholds | None = Field(
        None, description="Of medal tiers; default: those of `leaderboard.csv`, else the competition has no tiers."
    )
    teams: int = 0
    revisions: list[Revision] = Field(["v1", "v2"], min_length=1, description="Those that there are of its data.")
    answers: str
    sample_submission: str
    sample_archive: str | None = Field(
        None, description="Archive that holds it for agents, as its only file, where `sample_submission` is not public."
    )
    sample_submission_note: str | None = None
    sample_submission_score: float | None = Field(
        None,
        description="What it scores on the published split (revision v1); None where that is not known or no number.",
    )
    gold_submission: str | None = None
    submission: SubmissionFormat
    raw_files: list[RawFile]
    raw_files_unused: list[str] = []
    extra_download: ExtraDownload | None = None
    approx_rows: dict[str, Any] = {}
    checksums: Checksums = Checksums()
    v2_changes: list[str] = Field(
        [],
        description="What revision v2 does otherwise than v1, a sentence each; "
        "empty: nothing but what all competitions share.",
    )
    known_issues: list[KnownIssue] = []
    giveaways: list[str] = Field(
        [],
        description="Words that tell which competition it is: of its title, host, sponsor, origin and story; "
        "none is in `description_obfuscated.md`.",
    )

    search: SearchScore = Field(
        SearchScore.model_validate({"why_not": "its folder does not say what is training data"}),
        description="How a part of the training data is held back, or why not.",
    )

    _own_folder: Path | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _thresholds_in_order(self) -> Competition:
        t = self.thresholds
        if t is None:
            return self
        order = [t.gold, t.silver, t.bronze, t.median]
        if order != sorted(order, reverse=self.higher_is_better):
            raise ValueError("thresholds: gold, silver, bronze, median are not in the order of higher_is_better")
        return self

    @model_validator(mode="after")
    def _gold_is_better_than_the_sample(self) -> Competition:
        if fault := _fault_of_sample(self, self.thresholds):
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _sample_is_public(self) -> Competition:
        if not self.public_sample.startswith("public/"):
            raise ValueError("sample_submission is not public: name the archive that agents get as sample_archive")
        return self

    @model_validator(mode="after")
    def _files_are_where_they_belong(self) -> Competition:
        for field, places in _PLACES.items():
            path = PurePosixPath(getattr(self, field) or places[0])
            if path.parts[0] not in places or ".." in path.parts:
                raise ValueError(f"{field}: {path} is not below {' or '.join(places)}/; let prepare.py write it there")
        return self

    @property
    def public_sample(self) -> str:
        """The sample submission that agents see, or the archive that holds it; a path as `sample_submission` is one."""
        return self.sample_archive or self.sample_submission

    @property
    def folder(self) -> Path:
        """The competition's folder: in the package, or where one of one's own lies."""
        return self._own_folder or _FOLDER / _folder_name(self.id)

    @property
    def is_own(self) -> bool:
        """Whether it comes from outside this package."""
        return self._own_folder is not None

    @property
    def typed(self) -> str:
        """What to type for it on the command line: its id, or its folder where this process alone knows it."""
        return str(self.folder) if self.is_own and own.is_added(self.folder) else self.id

    @cached_property
    def complexity(self) -> Complexity:
        """The split that the id is listed in; `own` for those that come from outside."""
        return "own" if self.is_own else next(c for c in COMPLEXITIES if self.id in split_ids(c))

    @cached_property
    def tiers(self) -> Thresholds | None:
        """The thresholds of medals: as they are stated, else by Kaggle's rules on the board; None without either."""
        board = () if self.thresholds else self.leaderboard()
        return thresholds_of(board, higher_is_better=self.higher_is_better) if board else self.thresholds

    @property
    def page(self) -> str:
        """What its download is called: its name on Kaggle, or its id where it has none there."""
        return self.kaggle_slug or self.id

    def require_revision(self, revision: Revision) -> None:
        """Looks whether there is such a revision of its data.

        Raises:
            CatalogueError: There is none; the message names those that there are.
        """
        if revision not in self.revisions:
            has = " and ".join(self.revisions)
            raise CatalogueError(f"{self.id} has no revision {revision}, only {has}; see revisions in {MANIFEST}")

    def description(self, revision: Revision = "v1", *, obfuscated: bool = False) -> str:
        """The task's text for agents (markdown); passages marked for another revision are left out.

        Args:
            revision: Of the data.
            obfuscated: The text that does not tell which competition it is: no title, host, sponsor, origin, story.
        """
        name = "description_obfuscated.md" if obfuscated else "description.md"
        return passages((self.folder / name).read_text(encoding="utf-8"), revision)

    @property
    def perfect_score(self) -> float:
        """The metric's best value: `best_score`, else 1 where higher is better and 0 where lower is."""
        return self.best_score if self.best_score is not None else float(self.higher_is_better)

    @property
    def has_leaderboard(self) -> bool:
        """Whether the scores of the human teams are known; cheaper to ask than the scores themselves."""
        return (self.folder / "leaderboard.csv").exists()

    def leaderboard(self) -> list[float]:
        """Scores of the human teams in rank order; empty where the folder holds none.

        Raises:
            ValueError: There is no header, a line is no finite number, or they are not in this order.
        """
        if not self.has_leaderboard:
            return []
        lines = (self.folder / "leaderboard.csv").read_text(encoding="utf-8-sig").splitlines()
        if lines and any(_float(field) is not None for field in re.split("[,;\t]", lines[0])):
            raise ValueError(f"line 1 holds a score, {lines[0].strip()[:80]!r}, and is no header")
        board = []
        for number, line in enumerate(lines[1:], 2):
            score = _float(line)
            if line.strip() and (score is None or not math.isfinite(score)):
                raise ValueError(f"line {number} is no finite number: {line[:80]!r}")
            board += [score] if score is not None else []
        if not board:
            raise ValueError("it holds no score")
        if board != sorted(board, reverse=self.higher_is_better):
            raise ValueError("it is not in the order of rank by higher_is_better")
        return board

    def normalised(self, score: float) -> float | None:
        """(score - sample submission's) / (gold threshold - sample submission's): 0 at the one, 1 at the other.

        Without medal tiers the perfect score stands in the place of the gold threshold. Means something on the
        published split alone: real data, revision v1.

        Returns:
            Below 0 or above 1 beyond the two; None where the sample submission's score is not known.
        """
        sample = self.sample_submission_score
        top = self.tiers.gold if self.tiers else self.perfect_score
        return None if sample is None or sample == top else (score - sample) / (top - sample)

    @property
    def leaks(self) -> bool:
        """Whether the published split or a file is known to give test labels away: a known issue of kind `leak`."""
        return any(issue.kind == "leak" for issue in self.known_issues)

    def leaks_in(self, revision: Revision) -> bool:
        """Whether data of that revision is known to give test labels away; `v2` has no such leak."""
        return revision == "v1" and self.leaks

    def make_miniature(self, raw: Path | str, seed: int = 0) -> None:
        """Writes generated raw data of the real layout into the folder `raw` (made when missing)."""
        raw = Path(raw)
        raw.mkdir(parents=True, exist_ok=True)
        self.module("miniature").make_raw(raw, seed)

    def require_search_score(self) -> None:
        """Looks whether a part of the training data can be held back.

        Raises:
            NoSearchScore: It cannot; the message says why.
        """
        if self.search.why_not is not None:
            raise NoSearchScore(f"{self.id} has no search score: {self.search.why_not}")

    def prepare(self, raw: Path | str, public: Path | str, private: Path | str, revision: Revision = "v1") -> None:
        """Splits raw data into what the agent sees and what the grader keeps.

        Args:
            raw: Extracted download; not changed.
            public: New or empty folder for the agent's files; `description.md` is added to it.
            private: New or empty folder for the answers.
            revision: `v1` the published benchmark, `v2` with leaks and defects mended.

        Raises:
            FileNotFoundError: A raw file is missing; the message names it.
        """
        self.require_revision(revision)
        raw, public, private = Path(raw), Path(public), Path(private)
        for folder in (public, private):
            folder.mkdir(parents=True, exist_ok=True)
        for file in self.raw_files:
            if not any(c in file.path for c in "*<{") and not (raw / file.path).exists():
                raise FileNotFoundError(f"{self.id}: {file.path} is missing in {raw}")
        self.module("prepare").prepare(raw, public, private, revision)
        (public / "description.md").write_text(self.description(revision), encoding="utf-8")

    def grade(
        self,
        submission: Path | str | pd.DataFrame,
        private: Path | str,
        revision: Revision = "v1",
        *,
        data: DataKind = "real",
        max_bytes: int = MAX_BYTES,
    ) -> GradingReport:
        """Grades a submission against the prepared answers. Never raises on a bad submission.

        Args:
            submission: A CSV file; or a table, which is written as one, without its index.
            private: The folder `prepared/private`; `prepared/public` is expected beside it.
            revision: The revision that the data was prepared with.
            data: Whether the answers are real or miniature; only noted in the report.
            max_bytes: Larger submissions are invalid.

        Raises:
            GradingError: The answers are missing or unreadable, or the grader itself is at fault.
            MemoryError: It takes more memory than this process has.
        """
        if not isinstance(submission, Path | str):
            with tempfile.TemporaryDirectory(prefix="mlebench-") as folder:
                file = Path(folder, "submission.csv")
                submission.to_csv(file, index=False)
                report = self.grade(file, private, revision, data=data, max_bytes=max_bytes)
            return report.model_copy(update={"submission_path": ""})
        path, prepared = Path(submission), Path(private).parent
        exists = path.is_symlink() or path.exists()
        grader, options = self._grader(revision)
        answers = self._known(prepared / self.answers, "answers are", getattr(grader, "read_answers", _read), options)
        verdict = self._verdict(
            path,
            options,
            max_bytes,
            lambda table: self._number(grader.grade(answers.copy(), table, revision), revision),
            lambda: _read(prepared / self.sample_submission, options),
        )
        report = self.report(
            None if verdict.error is not None else round(float(verdict.value), 5),
            exists=exists,
            error=verdict.error,
            revision=revision,
            data=data,
            submission_path=str(submission),
        )
        extra: dict[str, str | int | None] = {"detail": verdict.detail, "notice": verdict.notice}
        if isinstance(verdict.value, ScoreOfRows):
            extra |= {"rows_counted": verdict.value.counted, "rows_to_predict": verdict.value.rows}
        return report.model_copy(update=extra)

    def check(
        self, submission: Path | str, public: Path | str, revision: Revision = "v1", *, max_bytes: int = MAX_BYTES
    ) -> CheckReport:
        """Says whether a submission has the right format, by what agents may know. Never raises on a bad submission.

        What it calls invalid, the grading does too. The grading may refuse more, by facts that only the answers hold.

        Args:
            submission: The agent's CSV file.
            public: The folder `prepared/public`; nothing beside it is read.
            revision: The revision that the data was prepared with.
            max_bytes: Larger submissions are invalid.

        Raises:
            GradingError: The sample submission is missing or unreadable, or the grader itself is at fault.
        """
        from mlebench_inspect.tasks.samples import read_sample

        grader, options = self._grader(revision)
        path = Path(public) / self.public_sample.removeprefix("public/")
        known = self._known(path, "sample submission is", getattr(grader, "read_sample", read_sample), options)
        odd = getattr(grader, "notice", lambda *tables: None)

        def judge(table: Any) -> str | None:
            grader.checked(known.copy(), table, revision)
            doubts: str | None = odd(known.copy(), table, revision)
            return doubts

        verdict = self._verdict(Path(submission), options, max_bytes, judge, known.copy)
        if verdict.error is not None:
            return CheckReport(valid=False, error=verdict.error)
        return CheckReport(valid=True, notice="; ".join(filter(None, (verdict.notice, verdict.value))) or None)

    def report(
        self,
        score: float | None,
        *,
        exists: bool,
        error: str | None,
        revision: Revision = "v1",
        data: DataKind = "real",
        submission_path: str = "",
    ) -> GradingReport:
        """The grading report of a score (None: missing or invalid, `error` says why)."""
        t, higher = self.tiers, self.higher_is_better
        note = None
        if score is not None and not math.isfinite(score):
            note = f"the metric is {score} for this submission, so there is no score to compare"
        medal = None if t is None else "none" if score is None else medal_tier(score, t, higher_is_better=higher)
        won = {tier: None if medal is None else medal == tier for tier in ("gold", "silver", "bronze")}
        bounds: dict[str, float] = t.model_dump() if t else {}
        above = None if t is None else score is not None and above_median(score, t, higher_is_better=higher)
        place = None if score is None else standing(score, self.leaderboard(), higher_is_better=higher)
        return GradingReport(
            competition_id=self.id,
            score=score if score is not None and math.isfinite(score) else None,
            gold_threshold=bounds.get("gold"),
            silver_threshold=bounds.get("silver"),
            bronze_threshold=bounds.get("bronze"),
            median_threshold=bounds.get("median"),
            any_medal=None if medal is None else medal != "none",
            gold_medal=won["gold"],
            silver_medal=won["silver"],
            bronze_medal=won["bronze"],
            above_median=above,
            submission_exists=exists,
            valid_submission=score is not None,
            is_lower_better=not higher,
            submission_path=submission_path,
            medal=medal,
            metric=self.metric,
            error=error,
            score_note=note,
            rank=place.rank if place else None,
            teams=place.teams if place else None,
            percentile=place.percentile if place else None,
            revision=revision,
            data=data,
        )

    def _number(self, score: Any, revision: Revision) -> float:
        """A grader's score as a number; a finite one, but where the published benchmark takes others."""
        try:
            if isinstance(score, str | bytes):
                raise TypeError
            number = score if isinstance(score, ScoreOfRows) else float(score)
        except (TypeError, ValueError):
            raise TypeError(f"the grader returned {type(score).__name__}, which is no number") from None
        if not math.isfinite(number) and (self.is_own or revision == "v2"):
            raise NotFinite(f"the metric is {float(number)}, not a finite number; check for degenerate values")
        return number

    def _grader(self, revision: Revision) -> tuple[ModuleType, dict[str, Any]]:
        """The module of the grader, and how it has tables read."""
        grader = self.module("grade")
        return grader, getattr(grader, "READ_CSV", {}).get(revision, {})

    def _known(self, path: Path, what: str, read: Callable[..., Any], options: dict[str, Any]) -> Any:
        """The table that a submission is held against."""
        try:
            return read(path, options)
        except FileNotFoundError as ex:
            missing = ex.filename or path
            raise GradingError(
                f"{self.id}: the {what} missing ({missing}); run: mlebench-inspect prepare {self.id}"
            ) from None
        except (Exception, SystemExit) as ex:
            if is_lack_of_memory(ex):
                raise
            why = ex.strerror if isinstance(ex, OSError) else without_words(ex)
            raise GradingError(f"{self.id}: the {what} unreadable ({path}): {why}") from ex

    def _verdict(
        self,
        path: Path,
        options: dict[str, Any],
        max_bytes: int,
        judge: Callable[[Any], Any],
        sample: Callable[[], Any],
    ) -> _Verdict:
        """Lets `judge` look at a submission; `sample` gives one that must be valid."""
        from mlebench_inspect.graders.reading import extra_fields, read_submission

        notice = detail = None
        try:
            submission = read_submission(path, max_bytes=max_bytes, **options)
            notice = extra_fields(submission)
            return _Verdict(judge(submission), notice=notice)
        except InvalidSubmission as ex:
            error = str(ex)
        except (Exception, SystemExit) as ex:
            if is_lack_of_memory(ex):
                raise MemoryError(str(ex)) from ex  # whose fault that is does not show in this process
            if self.is_own or not isinstance(ex, NotFinite):  # Kaggle's own samples may have no finite score
                self._blame(judge, sample, ex)
            error, detail = str(ex) if isinstance(ex, NotFinite) else UNFORESEEN, without_words(ex)
        return _Verdict(error=f"{error} ({notice})" if notice else error, detail=detail)

    def _blame(self, judge: Callable[[Any], Any], sample: Callable[[], Any], fault: BaseException) -> None:
        """Lets an unforeseen fault count as the submission's only if the sample submission passes without one."""
        try:
            judge(sample())
        except InvalidSubmission:
            if not self.is_own:  # Kaggle's own samples are not all valid
                return
            told = f"the sample submission is refused, and another ends in {without_words(fault)}"
            raise GradingError(f"{self.id}: {told}; run: mlebench-inspect check {self.typed}") from fault
        except (Exception, SystemExit):
            raise GradingError(f"{self.id}: grading fails for every submission: {without_words(fault)}") from fault

    def module(self, name: str) -> ModuleType:
        """A module of its folder, such as `grade`.

        Raises:
            CatalogueError: The file is missing.
        """
        if not (self.folder / f"{name}.py").is_file():
            where = self.folder if self.is_own else f"tasks/{_folder_name(self.id)}"
            raise CatalogueError(f"{self.id}: {where}/{name}.py is missing")
        if self.is_own:
            return own.module(self.folder, name)
        return importlib.import_module(f"{__name__}.{_folder_name(self.id)}.{name}")


def _read(path: Path, options: dict[str, Any]) -> Any:
    from mlebench_inspect.graders.reading import read_table

    return read_table(path, **options)


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _folder_name(competition_id: str) -> str:
    return competition_id.replace("-", "_")


_PASSAGE = re.compile(r"^<!-- only (v[12]) -->\n(.*?)^<!-- end -->\n", re.MULTILINE | re.DOTALL)


def passages(text: str, revision: Revision) -> str:
    """Keeps passages between `<!-- only vN -->` and `<!-- end -->` lines for revision vN alone."""
    return _PASSAGE.sub(lambda m: m[2] if m[1] == revision else "", text)


def split_ids(split: str) -> tuple[str, ...]:
    """Ids of a split of competitions, in alphabetical order.

    Args:
        split: `low`, `medium`, `high`, `dev`; `lite` is another name of `low`; `all` is low, medium and high;
            `mle_bench_30` are the 30 that system cards of 2025 and 2026 report; `own` are those from outside this
            package that can be read. Or a file of your own: an id a line.

    Raises:
        CatalogueError: There is no such split, or the file cannot be read or names what is no competition.
    """
    if split == "own":
        return tuple(i for i in own_ids() if _fault_of(i) is None)
    if split in SPLITS:
        return _named_split(split)
    if "/" in split or os.sep in split or split.endswith(".txt") or Path(split).is_file():
        return _split_of_file(Path(split))
    raise CatalogueError(f"there is no split {split!r}; choose one of {', '.join(SPLITS)}, or a file with an id a line")


@cache
def _named_split(split: str) -> tuple[str, ...]:
    if split == "all":
        return tuple(sorted(i for s in ("low", "medium", "high") for i in _named_split(s)))
    name = "low" if split == "lite" else split
    return tuple(sorted((_FOLDER / "splits" / f"{name}.txt").read_text(encoding="utf-8").split()))


def _split_of_file(path: Path) -> tuple[str, ...]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_SPLIT_FILE + 1).decode("utf-8-sig")
    except OSError as ex:
        raise CatalogueError(f"the split {path} cannot be read: {ex.strerror}") from None
    except UnicodeDecodeError:
        raise CatalogueError(f"the split {path} is no text; write an id a line") from None
    if len(text) > MAX_SPLIT_FILE:
        raise CatalogueError(f"the split {path} is larger than {MAX_SPLIT_FILE:,} bytes; write an id a line")
    found = set()
    for number, line in enumerate(text.splitlines(), 1):
        name = line.partition("#")[0].strip()
        try:
            found |= {competition(name).id} if name else set()
        except CatalogueError as ex:
            raise CatalogueError(f"{path}, line {number}: {ex}") from None
    if not found:
        raise CatalogueError(f"the split {path} is empty; write an id a line")
    return tuple(sorted(found))


def competition_ids() -> tuple[str, ...]:
    """Ids of all competitions, development ones and those of one's own too, in alphabetical order."""
    return tuple(sorted((*built_in_ids(), *own_ids())))


@cache
def built_in_ids() -> tuple[str, ...]:
    """Ids of the competitions of this package."""
    return tuple(sorted(i for s in COMPLEXITIES for i in split_ids(s)))


def own_ids() -> tuple[str, ...]:
    """Ids of the competitions from outside this package, those that are broken too."""
    return tuple(sorted(own.discovered().folders))


def faults() -> list[str]:
    """What is wrong with competitions of one's own, and with places that they are to come from, a line each."""
    unread = [fault for i in own_ids() if (fault := _fault_of(i))]
    return [*dict.fromkeys(own.discovered().faults.values()), *unread]


def _fault_of(competition_id: str) -> str | None:
    try:
        competition(competition_id)
    except CatalogueError as ex:
        return str(ex)
    return None


def competition(competition_id: str) -> Competition:
    """The competition of that id, which may also be written in another letter case or as its page's address on Kaggle.

    Raises:
        CatalogueError: There is no such competition (similar ids are named), or its YAML is broken.
    """
    built_in = _known_id(competition_id)
    if built_in is not None:
        return _loaded(_FOLDER / _folder_name(built_in) / MANIFEST)
    found, wanted = own.discovered(), _plain_id(competition_id)
    for name, folder in found.folders.items():
        if name.lower() == wanted:
            return _loaded(folder / MANIFEST)
    for name, fault in found.faults.items():
        if name.lower() == wanted:
            raise CatalogueError(fault)
    if competition_id.startswith((".", "/", "~")) and not os.path.exists(os.path.expanduser(competition_id)):
        raise CatalogueError(f"there is no folder {competition_id}; mend the path, or name a competition by its id")
    near = difflib.get_close_matches(wanted, competition_ids(), n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "see: mlebench-inspect list"
    hint += f" (one of your own: set {own.VARIABLE} to its folder)"
    raise CatalogueError(f"there is no competition {competition_id!r}; {hint}")


@lru_cache(1024)
def _known_id(name: str) -> str | None:
    """The built-in id that is meant: in another letter case, with `_` for `-`, or in the address of its Kaggle page."""
    wanted = _plain_id(name)
    return next((i for i in built_in_ids() if i.lower() == wanted), None)


def _plain_id(name: str) -> str:
    """The part of an address that names a competition, in lower case and with hyphens."""
    parts = [p for p in re.split(r"[/?#]", name.strip()) if p]
    for place, part in enumerate(parts[:-1]):
        if part in ("c", "competitions"):
            return parts[place + 1].lower().replace("_", "-")
    return (parts[-1] if parts else "").lower().replace("_", "-")


@cache
def _loaded(path: Path) -> Competition:
    return load(path)


def load(path: Path) -> Competition:
    """Reads and checks one `competition.yaml`.

    Raises:
        CatalogueError: Naming the file and each field at fault.
    """
    try:
        found = Competition.model_validate(_fields(path))
    except FileNotFoundError:
        raise CatalogueError(f"{path} is missing") from None
    except yaml.YAMLError as ex:
        mark, problem = getattr(ex, "problem_mark", None), getattr(ex, "problem", None) or "it cannot be read"
        line = f", line {mark.line + 1}" if mark else ""
        raise CatalogueError(f"{path}{line} is no sound YAML: {problem}; mend it there") from None
    except ValidationError as ex:
        raise CatalogueError(f"{path}: {'; '.join(map(_told, ex.errors()))}") from None
    folder = path.parent
    if folder.parent != _FOLDER:
        found._own_folder = folder.resolve()
    if found.id != own.id_of(folder) if found.is_own else _folder_name(found.id) != folder.name:
        told = f"{path}: id {found.id!r} does not belong to the folder {folder.name!r}"
        raise CatalogueError(f"{told}, which is that of {own.id_of(folder)!r}; mend the id or rename the folder")
    if found.is_own:
        _require_board(found)
    return found


def _fields(path: Path) -> Any:
    text = path.read_bytes()
    try:
        return yaml.load(text, _loader())  # inspect-evals-lint: ignore[IESC002] -- a safe loader
    except yaml.YAMLError:
        raise
    except Exception as ex:  # of a value that YAML takes for a date or number, and Python does not
        told = " ".join(str(ex).split())[:200]
        raise CatalogueError(f"{path} cannot be read: {type(ex).__name__}: {told}; mend it there") from None


def _told(fault: Mapping[str, Any]) -> str:
    """A fault of a field, with the mend."""
    name, kind = ".".join(map(str, fault["loc"])), fault["type"]
    if not name:
        said = fault["msg"].removeprefix("Value error, ")
        return "it holds no fields; write them as `name: value`" if kind.startswith("model_") else said
    if kind == "missing":
        return f"{name} is missing; write it"
    if kind == "extra_forbidden":
        like = difflib.get_close_matches(name, Competition.model_fields, 1)
        return f"there is no field {name}; " + (f"did you mean {like[0]}?" if like else "take it away")
    return f"{name}: {fault['msg'].removeprefix('Value error, ')}"


@cache
def _loader() -> type:
    """Of YAML, at the speed of C where that is there; a key that stands twice is a fault, where YAML takes the last."""

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen = set[str]()
            for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
                if key.value in seen:
                    problem = f"{key.value} stands twice"
                    raise yaml.constructor.ConstructorError(problem=problem, problem_mark=key.start_mark)
                seen.add(key.value)
            return super().construct_mapping(node, deep)  # type: ignore[no-any-return]

    return Loader


def _require_board(found: Competition) -> None:
    """Refuses a board that nothing can be ranked on, before a run asks for it."""
    path = found.folder / "leaderboard.csv"
    try:
        board = found.leaderboard()
    except (ValueError, OSError) as ex:
        mend = "write a header, and then a score a line, the best first, or delete it"
        raise CatalogueError(f"{path}: {ex}; {mend}") from None
    if board and found.thresholds not in (None, thresholds_of(board, higher_is_better=found.higher_is_better)):
        raise CatalogueError(f"{path} and the thresholds in {MANIFEST} say different things; leave the thresholds out")
    if fault := _fault_of_sample(found, found.tiers):
        raise CatalogueError(f"{found.folder / MANIFEST}: {fault}")


def _fault_of_sample(found: Competition, tiers: Thresholds | None) -> str | None:
    sample, gold = found.sample_submission_score, tiers.gold if tiers else None
    if sample is None or gold is None or (gold > sample if found.higher_is_better else gold < sample):
        return None
    return (
        f"sample_submission_score: {sample} is not worse than the gold threshold, {gold}; mend it or higher_is_better"
    )


def competitions(split: str | None = None) -> list[Competition]:
    """The competitions of a split, see `split_ids`, or all 82 and those of one's own that can be read."""
    ids = split_ids(split) if split is not None else sorted((*built_in_ids(), *split_ids("own")))
    return [competition(i) for i in ids]
