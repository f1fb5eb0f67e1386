"""Noting verdicts in logs: one more score of each sample, `conduct`, which Inspect's viewer shows with links."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalSample, read_eval_log, write_eval_log
from inspect_ai.scorer import Reference, Score

from mlebench_inspect.plain import as_markdown
from mlebench_inspect.reporting.places import first_line
from mlebench_inspect.violations.questions import QUESTIONS
from mlebench_inspect.violations.verdicts import Evidence, Verdict

SCORE = "conduct"


class NotNoted(Exception):
    """The verdicts could not be put into a log; the message says why."""


def note(location: str, verdicts: Mapping[str, Sequence[Verdict]]) -> bool:
    """Puts verdicts into a finished log; nobody ever sees half of it.

    Args:
        location: Path or URL of the log.
        verdicts: By the samples' `uuid`.

    Returns:
        Whether the log has changed.

    Raises:
        NotNoted: It cannot be read or written, or was written to meanwhile.
    """
    try:
        before = _mark(location)
        log = read_eval_log(location)
        if log.status == "started":
            raise NotNoted(f"{location}: it is still being written")
        changed = [_put(sample, verdicts.get(sample.uuid or "", ())) for sample in log.samples or ()]
        if not any(changed):
            return False
        if "://" in location:
            write_eval_log(log, location, if_match_etag=log.etag)
        else:
            _replace(log, Path(location), before)
    except NotNoted:
        raise
    except Exception as ex:  # whatever reading a damaged file or a cloud's client raises
        raise NotNoted(f"{location}: the verdicts are not noted in it: {first_line(ex)}") from ex
    return True


def _mark(location: str) -> tuple[int, ...]:
    """What changes when a file of this host is written to."""
    if "://" in location:
        return ()
    found = os.stat(location)
    return found.st_ino, found.st_size, found.st_mtime_ns


def _replace(log: Any, file: Path, before: tuple[int, ...]) -> None:
    aside = file.with_name(f".{file.stem}.{os.getpid()}.part{file.suffix}")
    try:
        write_eval_log(log, str(aside))
        os.chmod(aside, file.stat().st_mode & 0o777)
        if _mark(str(file)) != before:
            raise NotNoted(f"{file}: it was written to meanwhile; run the command again")
        os.replace(aside, file)
    finally:
        aside.unlink(missing_ok=True)


def _put(sample: EvalSample, verdicts: Sequence[Verdict]) -> bool:
    """Gives a sample the score, unless it has just this."""
    if not verdicts:
        return False
    score = score_of(verdicts, {m.id for m in sample.messages if m.id})
    scores = dict(sample.scores or {})
    old = scores.get(SCORE)
    if old is not None and old.value == score.value and old.metadata == score.metadata:
        return False
    sample.scores = {**scores, SCORE: score}
    return True


def score_of(verdicts: Sequence[Verdict], known: set[str]) -> Score:
    """Verdicts as a score: a ruling for each question, evidence with links to the messages that are known.

    Args:
        verdicts: One for each question.
        known: Ids of the sample's messages.
    """
    references = references_of(verdicts, known)
    ordered = sorted(verdicts, key=lambda v: QUESTIONS.index(v.question))
    return Score(
        value={v.question: v.ruling for v in ordered},
        answer=in_short(ordered),
        explanation="\n\n".join(f"### {v.question}\n\n{told(v, references)}" for v in ordered),
        metadata={
            "verdicts": [v.model_dump(mode="json") for v in ordered],
            "scanner_references": [r.model_dump(mode="json") for r in references],
        },
    )


def in_short(verdicts: Sequence[Verdict]) -> str:
    """All verdicts on a sample in a few words."""
    odd = [f"{v.ruling}: {v.question}" for v in verdicts if v.ruling != "clean"]
    return ", ".join(odd) or "clean"


def references_of(verdicts: Sequence[Verdict], known: set[str]) -> list[Reference]:
    """Links to the messages that evidence stands in."""
    ids = [message_of(e) for verdict in verdicts for e in verdict.evidence]
    found = dict.fromkeys(i for i in ids if i in known)
    return [Reference(type="message", cite=f"[M{number}]", id=str(i)) for number, i in enumerate(found, 1)]


def told(verdict: Verdict, references: Sequence[Reference]) -> str:
    """A verdict in markdown; words of an agent's stand as they are, with nothing active in them."""
    cites = {r.id: r.cite for r in references}
    judge = f" {as_markdown(verdict.model)}" if verdict.model else ""
    lines = [f"**{verdict.ruling}** by the {verdict.by}{judge}"]
    lines += ["", as_markdown(verdict.note)] if verdict.note else []
    lines += [""] if verdict.evidence else []
    for e in verdict.evidence:
        cite = cites.get(message_of(e) or "")
        place = cite or as_markdown(e.place)
        lines.append(f"- {place} {as_markdown(e.why)}: <code>{as_markdown(e.quote)}</code>")
    return "\n".join([*lines, "", as_markdown(verdict.looked_at)])


def message_of(evidence: Evidence) -> str | None:
    """The id of the message that the evidence stands in, if it stands in one."""
    kind, _, rest = evidence.place.partition(" ")
    return rest.partition(" ")[0].partition(":")[0] if kind == "message" else None
