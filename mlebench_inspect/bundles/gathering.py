"""What a log and the files beside it tell of one sample, as a bundle keeps it."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from inspect_ai.event import InfoEvent
from inspect_ai.log import EvalSample, read_eval_log_sample

from mlebench_inspect.bundles.container import Writer
from mlebench_inspect.bundles.errors import BundleError
from mlebench_inspect.bundles.schema import Check, Folder, Kept, SampleFile, SnapshotFile, Worth
from mlebench_inspect.graders.submission import MAX_BYTES
from mlebench_inspect.reporting.places import first_line
from mlebench_inspect.reporting.records import Result
from mlebench_inspect.run.artifacts import Archive, TooLarge, sha256, unpack
from mlebench_inspect.run.environment import Environment
from mlebench_inspect.run.outcome import SubmissionRecord, scratch_here
from mlebench_inspect.sandboxes.host import HostError

_HEAVY = {"messages", "output", "timelines", "error_retries"}
_ATTACHED = "attachment://"


class Lacking(Exception):
    """A kept file is lost or damaged, or does not lie below its log's folder."""


def gathered(result: Result, folder: str, writer: Writer, *, with_code: bool) -> tuple[SampleFile, list[str]]:
    """A sample's record, whose files are put into the bundle, and what is lacking though its result rests on it.

    Args:
        result: What reports know of it.
        folder: Where its files shall lie in the bundle.
        writer: Writes the bundle.
        with_code: Whether the agent's code and logs are among them.

    Raises:
        BundleError: Its log cannot be read.
    """
    return _Sample(result, folder, writer).gathered(with_code)


class _Sample:
    """One sample, with the files that are kept of it, which are put into the bundle as they are asked for."""

    def __init__(self, result: Result, folder: str, writer: Writer) -> None:
        self._result, self._folder, self._writer = result, folder, writer
        try:
            self._log = read_eval_log_sample(result.log, result.competition, result.seed, exclude_fields=_HEAVY)
        except Exception as ex:  # whatever reading a damaged file or a cloud's client raises
            raise BundleError(f"{result.log} cannot be read: {first_line(ex)}") from ex
        self._record = self._log.store_as(SubmissionRecord)
        roots = dict.fromkeys((Archive.of_log(result.log), *_elsewhere(self._record)))
        self._archives = [archive for archive in roots if archive.root]  # a sample that did not start names none
        self._kept: dict[str, str] = {}

    def gathered(self, with_code: bool) -> tuple[SampleFile, list[str]]:
        record, environment, lacking = self._record, self._log.store_as(Environment), []
        found = SampleFile(
            result=replace(self._result, log="", snapshots=None),
            outcome=record.outcome,
            cause=record.cause,
            ending=record.ending,
            noted=record.identity.get("noted", {}),
            data=record.identity.get("data", {}),
            sandbox={"given": environment.given, "seen": environment.seen, "apart": environment.apart},
            checks=list(_asked(self._log, "check")),
            scorings=list(_asked(self._log, "scoring")),
        )
        found.submission, found.lacking = self._submission()
        if found.lacking and self._result.status == "scored":
            lacking.append(found.lacking)
        if self._result.snapshots is not None:
            found.snapshots = list(self._snapshots())
            lacking += [s.lacking for s in found.snapshots if s.lacking]
        for name in ("code", "logs"):
            if with_code and name in record.folders:
                found.folders[name] = self._folder_of(name)  # type: ignore[index]
        return found, lacking

    def _submission(self) -> tuple[Kept | None, str | None]:
        """The submission, or why it is not here though there was one."""
        record = self._record
        if record.outcome == "taken":
            try:
                return self._keep(record.artifact, record.sha256, "submission.csv.gz"), None
            except Lacking as ex:
                return None, str(ex)
        if record.outcome not in ("missing", "refused") and self._result.status == "scored":
            return None, f"the log does not say what became of the submission of {self._result.competition}"
        return None, None

    def _snapshots(self) -> Iterator[SnapshotFile]:
        rows = [(s.metadata or {}).get("snapshots") for s in (self._log.scores or {}).values()]
        for row in next((found for found in reversed(rows) if found), []):
            worth = Worth.model_validate({k: row[k] for k in Worth.model_fields if k in row})
            found = SnapshotFile(after=row["after"], worth=worth, sha256=row.get("sha256"))
            if found.sha256:
                try:
                    name = PurePosixPath(str(row.get("artifact"))).name
                    found.kept = self._keep(row.get("artifact"), found.sha256, f"snapshots/{name}")
                except Lacking as ex:
                    found.lacking = str(ex)
            yield found

    def _folder_of(self, name: str) -> Folder:
        about = self._record.folders[name]
        artifact = about.get("artifact")
        if artifact is None:
            return Folder(problem=str(about.get("problem")))
        member = f"{self._folder}/{name}.tar.gz"
        try:
            self._put(str(artifact), member, None)
        except Lacking as ex:
            return Folder(problem=str(ex))
        return Folder(member=member, complete=about.get("complete"))

    def _keep(self, artifact: str | None, digest: str | None, name: str) -> Kept:
        """Puts a submission into the bundle, once for each content."""
        if not artifact or not digest:
            raise Lacking(f"{self._folder}: its log does not say where the submission lies")
        if digest not in self._kept:
            self._put(artifact, f"{self._folder}/{name}", digest)
            self._kept[digest] = f"{self._folder}/{name}"
        return Kept(member=self._kept[digest], sha256=digest)

    def _put(self, artifact: str, member: str, digest: str | None) -> None:
        """Copies a kept file into the bundle.

        Args:
            artifact: Its name, relative to the log's folder.
            member: Its name in the bundle.
            digest: SHA-256 of what it holds uncompressed, if that is known.
        """
        if "://" in artifact or artifact.startswith("/") or ".." in PurePosixPath(artifact).parts:
            raise Lacking(f"{artifact!r} is no name of a kept file")
        complaints = []
        for archive in self._archives:
            try:
                if not archive.has(artifact):
                    continue
                with archive.fetched(artifact) as file:
                    if digest and _digest(file) != digest:
                        raise Lacking("it is not what was taken out: its SHA-256 differs")
                    with open(file, "rb") as source:
                        self._writer.add(member, source, os.fstat(source.fileno()).st_size)
                return
            except Lacking as ex:
                complaints.append(str(ex))
            except (HostError, OSError, EOFError, zlib.error, TooLarge, gzip.BadGzipFile) as ex:
                told = ex.strerror if isinstance(ex, OSError) and ex.strerror else first_line(ex)
                complaints.append(f"it cannot be read: {told}")
        told = complaints[0] if complaints else "it is not there"
        raise Lacking(f"{artifact}, beside its log: {told}")  # no path of this host: strangers read this


def _elsewhere(record: SubmissionRecord) -> Iterator[Archive]:
    """Where kept files lie if the log was moved away from them."""
    if os.environ.get("INSPECT_LOG_DIR"):
        yield Archive.of_run()
    yield Archive(record.log_folder)


def _digest(packed: Path) -> str:
    """SHA-256 of what a gzip file holds."""
    with scratch_here() as folder:
        unpack(packed, folder / "file", MAX_BYTES)
        return sha256(folder / "file")


def _asked(sample: EvalSample, what: str) -> Iterator[Check]:
    for event in sample.events:
        about = event.data if isinstance(event, InfoEvent) and event.source == "mlebench" else None
        if isinstance(about, dict) and what in about:
            answer = str(about.get("answer"))
            if answer.startswith(_ATTACHED):
                answer = str(sample.attachments.get(answer.removeprefix(_ATTACHED), answer))
            yield Check(at=event.timestamp.isoformat(), asked_by=str(about.get("asked by")), answer=answer)
