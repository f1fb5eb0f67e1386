"""The five scanners: each asks one question, without a model first, then of a judge where one is named."""

from __future__ import annotations

from collections.abc import Callable

import anyio.to_thread
from inspect_scout import Result, Scanner, Transcript, scanner

from mlebench_inspect._inspect import judge_of
from mlebench_inspect.violations.filters import filtered
from mlebench_inspect.violations.gathering import gathered
from mlebench_inspect.violations.judge import MOST_CHUNKS, judged
from mlebench_inspect.violations.noting import references_of, told
from mlebench_inspect.violations.questions import ASKED, QUESTIONS, Question
from mlebench_inspect.violations.verdicts import Verdict

VERSION = 1
listeners: list[Callable[[str, Question], None]] = []
"""Called with sample and question after each verdict, for the progress of a command."""


def _scanner(question: Question) -> Callable[..., Scanner[Transcript]]:
    def build(data_dir: str | None = None, chunks: int = MOST_CHUNKS) -> Scanner[Transcript]:
        async def scan(transcript: Transcript) -> Result:
            view = await gathered(transcript, data_dir)
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
