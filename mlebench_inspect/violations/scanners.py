"""The five scanners: each asks one question of a transcript, without a model first, then of a judge where one is named."""

from __future__ import annotations

import re
from collections.abc import Callable

import anyio.to_thread
from inspect_scout import Reference, Result, Scanner, Transcript, scanner

from mlebench_inspect._inspect import judge_of
from mlebench_inspect.violations.filters import filtered
from mlebench_inspect.violations.gathering import gathered
from mlebench_inspect.violations.judge import MOST_CHUNKS, judged
from mlebench_inspect.violations.verdicts import ASKED, QUESTIONS, Question, Verdict

VERSION = 1
listeners: list[Callable[[str, Question], None]] = []
"""Called with sample and question after each verdict, for the progress of a command."""


def _scanner(question: Question) -> Callable[..., Scanner[Transcript]]:
    def build(data_dir: str | None = None, chunks: int = MOST_CHUNKS) -> Scanner[Transcript]:
        async def scan(transcript: Transcript) -> Result:
            view = await anyio.to_thread.run_sync(gathered, transcript, data_dir)
            found = await anyio.to_thread.run_sync(filtered, question, view.material, view)
            judge = judge_of(transcript.model)
            if judge is not None:
                found = await judged(found, view, judge, chunks)
            for listener in listeners:
                listener(transcript.transcript_id, question)
            return result_of(found, transcript)

        return scan

    build.__name__ = build.__qualname__ = question
    build.__doc__ = f"""Asks of each sample: {ASKED[question]}.

    Args:
        data_dir: Where public data lie; default: this host's data folder.
        chunks: Calls of a judge for one sample at most.
    """
    decorated: Callable[..., Scanner[Transcript]] = scanner(
        messages="all", events=["tool", "model"], name=question, version=VERSION
    )(build)
    return decorated


SCANNERS = {question: _scanner(question) for question in QUESTIONS}


def result_of(verdict: Verdict, transcript: Transcript) -> Result:
    """A verdict as Scout's and Inspect's viewers show it."""
    references = references_of([verdict], {m.id for m in transcript.messages if m.id})
    return Result(
        value=verdict.ruling,
        explanation=told(verdict, references),
        metadata=verdict.model_dump(mode="json"),
        references=references,
        label=verdict.by,
    )


def references_of(verdicts: list[Verdict], known: set[str]) -> list[Reference]:
    """Links to the messages that evidence stands in."""
    ids = [_message(e.place) for verdict in verdicts for e in verdict.evidence]
    found = dict.fromkeys(i for i in ids if i in known)
    return [Reference(type="message", cite=f"[M{number}]", id=str(i)) for number, i in enumerate(found, 1)]


def told(verdict: Verdict, references: list[Reference]) -> str:
    """A verdict for people, in markdown; words of an agent's stand as they are, with nothing active in them."""
    from mlebench_inspect.plain import as_markdown

    cites = {r.id: r.cite for r in references}
    lines = [f"**{verdict.ruling}** ({verdict.by}{f' {as_markdown(verdict.model)}' if verdict.model else ''})"]
    lines += [as_markdown(verdict.note)] if verdict.note else []
    for e in verdict.evidence:
        cite = cites.get(_message(e.place) or "", "")
        lines.append(f"- {as_markdown(e.why)} {cite} {as_markdown(e.place)}: {as_markdown(e.quote)}")
    return "\n".join([*lines, "", as_markdown(verdict.looked_at)])


def _message(place: str) -> str | None:
    """The id of the message that a place names."""
    found = re.match(r"message ([^\s:]+)", place)
    return found[1] if found else None
