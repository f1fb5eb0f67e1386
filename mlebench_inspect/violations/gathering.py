"""From a transcript of Scout's to what there is to look at: its messages, and what was kept beside the log."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from inspect_ai.log import read_eval_log_sample_async
from inspect_ai.util import Store, store

from mlebench_inspect._inspect import running
from mlebench_inspect.run.artifacts import Archive
from mlebench_inspect.run.outcome import SubmissionRecord
from mlebench_inspect.violations.actions import actions_of
from mlebench_inspect.violations.filters.view import View, view_of
from mlebench_inspect.violations.kept import Unavailable, code_of, public_of, submission_of
from mlebench_inspect.violations.material import Material

if TYPE_CHECKING:
    from inspect_scout import Transcript

_HEAVY = {"messages", "events", "events_data", "timelines", "attachments", "output", "error_retries"}
_KEPT_VIEWS = 2
_SHOWN = {"code": "the kept code", "submission": "the submission", "public": "tables of the public data"}
_views: OrderedDict[tuple[str, str, str], View] = OrderedDict()


async def gathered(transcript: Transcript, data_dir: str | None = None) -> View:
    """What there is to look at of a sample, taken apart.

    The scanners ask for the same sample one after the other, so the last few are kept.

    Args:
        transcript: Scout's, with its messages, and events of tools and models.
        data_dir: Where public data lie; default: this host's data folder.
    """
    key = (transcript.transcript_id, transcript.source_uri or "", data_dir or "")
    if key not in _views:
        noted = await _record(transcript)  # not in a thread: a bucket's client belongs to this loop
        _views[key] = await anyio.to_thread.run_sync(lambda: view_of(_material(transcript, data_dir, *noted)))
        while len(_views) > _KEPT_VIEWS:
            _views.popitem(last=False)
    return _views[key]


def _material(
    transcript: Transcript, data_dir: str | None, record: SubmissionRecord, about: dict[str, Any]
) -> Material:
    actions = actions_of(transcript.messages, transcript.events)
    looked_at, lacking = ["the transcript"], []
    if not actions.is_whole:
        lacking.append("the end of a very long transcript")
    found: dict[str, Any] = {"code": [], "submission": None, "public": {}}
    for name, read in _readers(transcript, record, about, data_dir).items():
        try:
            found[name], is_whole = read()
            shown = _SHOWN[name]
            looked_at.append(shown if is_whole else f"a part of {shown}")
        except Unavailable as ex:
            lacking.append(str(ex))
    return Material(
        competition=transcript.task_id or "",
        done=[*actions.done, *found["code"]],
        said=actions.said,
        shown=actions.shown,
        submission=found["submission"],
        public=found["public"],
        looked_at=looked_at,
        lacking=lacking,
    )


def _readers(transcript: Transcript, record: SubmissionRecord, about: dict[str, Any], data_dir: str | None) -> Any:
    """What reads each part; it returns that and whether it is all, or raises `Unavailable`."""
    archives = [Archive.of_log(transcript.source_uri or "logs/none")]
    if record.log_folder and Archive(record.log_folder) not in archives and running() is not None:
        archives.append(Archive(record.log_folder))

    def code() -> Any:
        artifact = (record.folders.get("code") or {}).get("artifact")
        if not artifact:
            raise Unavailable("kept code")
        return _first(archives, lambda a: code_of(a, str(artifact)))

    def submission() -> Any:
        if not record.artifact:
            raise Unavailable(f"a submission ({record.outcome.replace('_', ' ')})")
        found = _first(archives, lambda a: submission_of(a, str(record.artifact)))
        return found, found.is_whole

    def public() -> Any:
        data, revision = str(about.get("data", "real")), str(about.get("revision", "v1"))
        return public_of(transcript.task_id or "", data_dir, data, revision), True

    return {"code": code, "submission": submission, "public": public}


def _first(archives: list[Archive], read: Any) -> Any:
    """What the first archive has that has it.

    Raises:
        Unavailable: None has.
    """
    for archive in archives[:-1]:
        try:
            return read(archive)
        except Unavailable:
            continue
    return read(archives[-1])


async def _record(transcript: Transcript) -> tuple[SubmissionRecord, dict[str, Any]]:
    """What the run noted of the sample, and the sample's metadata: of the running one, or out of the log."""
    if running() is not None:
        return SubmissionRecord(store=store()), dict(transcript.metadata)
    try:
        found = await read_eval_log_sample_async(
            transcript.source_uri or "", transcript.task_id, transcript.task_repeat or 1, exclude_fields=_HEAVY
        )
        return found.store_as(SubmissionRecord), found.metadata
    except Exception:  # damaged, or no log at all: what is lacking is told
        return SubmissionRecord(store=Store()), dict(transcript.metadata)
