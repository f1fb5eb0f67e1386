"""What must hold for each sample of a disturbed run, and for the whole of it."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inspect_ai.log import EvalLog, EvalSample

from campaign.answers import final_submission
from campaign.room import Attempt
from mlebench_inspect.run.scoring import NAME, is_unscored
from mlebench_inspect.tasks import competition

Key = tuple[str, int]

_CONTAINER = (
    r"not (currently )?running|no such object|no such container|cannot execute|has exited|code 137|sandbox ended|"
    r"no container found"
)
_ENGINE = (
    r"cannot connect to the docker daemon|is the docker daemon running|error during connect|unexpected eof|"
    r"connection re(set|fused)|docker\.sock|code 255|containerd|shutting down|context canceled|server is not|"
    r"sandbox or its engine|engine was away"
)
CAUSES = {
    "container_killed": _CONTAINER,
    "container_removed": _CONTAINER,
    "engine_killed": f"{_CONTAINER}|{_ENGINE}",
    "engine_stopped": f"{_CONTAINER}|{_ENGINE}",
    "disk_full": r"no space left|temporary folder|cannot be written",
    "answers_moved": r"answers|is not prepared|no such file or directory: .*private",
    "grader_killed": r"grading process ended with code -9",
    "evaluation_killed": r"cancel|interrupt",
    "evaluation_interrupted": r"cancel|interrupt",
}
"""By kind of fault, what the error text of a sample without score says of it (lower case)."""


@dataclass(frozen=True)
class Right:
    """The right results of one sample, from a grade outside of any run."""

    early: str
    """SHA-256 of the submission that is in place at first."""
    final: str
    score: str
    medal: str


def right_results(data: Path, competitions: Sequence[str], seeds: int) -> dict[Key, Right]:
    """What each sample must be worth, by its own submission.

    Args:
        data: Folder of the prepared competitions.
        competitions: Ids.
        seeds: How many, from 1.
    """
    found = {}
    for id in competitions:
        about, prepared = competition(id), data / id / "prepared"
        sample = (prepared / about.sample_submission).read_bytes()
        for seed in range(1, seeds + 1):
            file = data / f"{id}-{seed}.csv"
            file.write_text(final_submission(sample.decode(), seed), encoding="utf-8", newline="")
            report = about.grade(file, prepared / "private", data="miniature")
            assert report.valid_submission, f"{id}: the campaign's own submission is invalid: {report.error}"
            final = hashlib.sha256(file.read_bytes()).hexdigest()
            early = hashlib.sha256(sample).hexdigest()
            assert early != final, id
            found[id, seed] = Right(early, final, repr(_number(report.score)), report.medal or "none")
            file.unlink()
    return found


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def verdict(
    sample: EvalSample, attempt: Attempt | None, right: Right, ended_by: str, thrown: Sequence[str]
) -> tuple[str, str | None]:
    """What a sample is (`graded`, or why it has no score), and what is wrong with that; None where nothing is.

    Args:
        sample: As the log has it.
        attempt: What the campaign saw of it.
        right: What it must be worth.
        ended_by: The error of the whole evaluation, which a sample's own names only as a cancellation.
        thrown: Faults of this round, for a sample that was cancelled before the campaign saw it.
    """
    score = (sample.scores or {}).get(NAME)
    faults = attempt.faults if attempt else []
    where = f"{sample.id} seed {sample.epoch} (faults: {', '.join(faults) or 'none'})"
    error = sample.error.message if sample.error else ""
    if score is not None and not is_unscored(score):
        value = score.value
        assert isinstance(value, dict)
        if (repr(_number(value["score"])), value["medal"], value["valid"]) != (right.score, right.medal, 1):  # type: ignore[arg-type]
            cut = (score.metadata or {}).get("submission_sha256") == right.early
            return "graded", f"{where}: graded wrong{', by its early submission' * cut}: {score.answer}; {error[:200]}"
        return "graded", None
    reason = (score.reason or "?") if score is not None else "no score"
    text = f"{score.explanation if score is not None else ''} {error}"
    if "cancel" in error.lower():
        text, faults = f"{text} {ended_by}", faults or thrown  # type: ignore[assignment]
    if not sample.error:
        return reason, f"{where}: unscored, and no error of the run: {text}"
    if not any(re.search(CAUSES[kind], text.lower()) for kind in faults if kind in CAUSES):
        return reason, f"{where}: unscored, with a cause that was no fault of ours: {reason}: {text[:400]}"
    return reason, None


def lost_submissions(attempts: Sequence[Attempt], logs: Path, rights: dict[Key, Right]) -> list[str]:
    """Submissions that were in place and of which nothing is kept, without a cause that may bring that about."""
    wrong = []
    taken: dict[Key, int] = {}
    for attempt in attempts:
        key = (attempt.competition, attempt.seed)
        if attempt.outcome == "taken":
            taken[key] = taken.get(key, 0) + 1
        elif attempt.placed and not _may_be_lost(attempt):
            wrong.append(f"{key}: {attempt.placed} submission in place, {attempt.outcome}; faults: {attempt.faults}")
    for key, count in taken.items():
        files = list(logs.glob(f"artifacts/*/{key[0]}_{key[1]}/*/submission.csv.gz"))
        if len(files) < count:
            wrong.append(f"{key}: {count} times taken, but only {len(files)} files are kept")
        for file in files:
            digest = hashlib.sha256(gzip.decompress(file.read_bytes())).hexdigest()
            if digest not in (rights[key].early, rights[key].final):
                wrong.append(f"{file}: what is kept is none of the agent's")
    return wrong


def _may_be_lost(attempt: Attempt) -> bool:
    if attempt.outcome in ("missing", "refused"):
        return False
    if attempt.outcome is None:
        return "evaluation_killed" in attempt.faults
    return bool({"container_removed", "engine_killed", "engine_stopped", "disk_full"} & set(attempt.faults))


def figures(log: EvalLog) -> dict[str, str]:
    """The figures of a log, as text, so that NaN equals NaN."""
    scores = log.results.scores if log.results else []
    return {f"{s.name}/{name}": repr(m.value) for s in scores for name, m in s.metrics.items()}
