"""Making a bundle of logs."""

from __future__ import annotations

import contextlib
import platform
import tempfile
from collections.abc import Callable, Collection, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel

from mlebench_inspect.bundles import disclosure
from mlebench_inspect.bundles.container import Writer
from mlebench_inspect.bundles.errors import BundleError
from mlebench_inspect.bundles.figures import check_size, of_run, reading_of, stated
from mlebench_inspect.bundles.gathering import gathered
from mlebench_inspect.bundles.opening import open_bundle
from mlebench_inspect.bundles.plain_data import as_json, from_json, record
from mlebench_inspect.bundles.schema import (
    DISCLOSURE,
    FIGURES,
    MANIFEST,
    RUN_FILE,
    Manifest,
    Member,
    RunFile,
    SampleFile,
    Stated,
    run_folder,
    sample_name,
)
from mlebench_inspect.reporting.places import local, write_file
from mlebench_inspect.reporting.records import Reading
from mlebench_inspect.run.artifacts import Archive

_PACKAGES = ("mlebench-inspect", "inspect-ai", "numpy", "pandas", "scikit-learn", "scipy")
M = TypeVar("M", bound=BaseModel)
_NAMED = 5  # lacking files that a message names

Tell = Callable[[int, int, str], None]
"""Told how many samples are done, of how many, and what comes next."""


class Made(NamedTuple):
    """A bundle that was made."""

    place: str
    sha256: str
    size: int
    samples: int
    lacking: list[str]
    """What a result rests on and is not there."""
    unanswered: list[str]
    """Questions of the disclosure without an answer."""


def versions() -> dict[str, str]:
    """Of what decides about grades and figures, as installed here."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def make(
    reading: Reading,
    output: str,
    *,
    with_code: bool = True,
    answers: bytes | None = None,
    pooled: Collection[str] = (),
    allow_missing: bool = False,
    tell: Tell = lambda done, of, name: None,
) -> Made:
    """Writes a bundle; nobody ever sees half of it. Equal logs make equal bytes.

    Args:
        reading: What was run, with each result's log.
        output: A path or URL.
        with_code: Whether the agents' folders for code and logs are in it.
        answers: A filled `disclosure.template`; default: an empty one.
        pooled: Fields of the identity that may differ within a row of the figures.
        allow_missing: Go on where a submission that a result rests on is lost or damaged; the bundle then says so.
        tell: Told of each sample.

    Raises:
        BundleError: A submission is lost or damaged, or the bundle cannot be written.
        BrokenBundle: The disclosure is no filled template, or there is more than a bundle may hold.
        ReportingError: There is nothing to report, or a field to pool is unknown.
    """
    text = disclosure.template().encode() if answers is None else answers
    unanswered = disclosure.unanswered(disclosure.answers(text, DISCLOSURE))
    with _aside(output) as file:
        with open(file, "x+b") as out:
            writer = Writer(out)
            runs, lacking = _add_runs(writer, reading, with_code, tell)
            if lacking and not allow_missing:
                raise BundleError(_told(lacking))
            found = reading_of(runs)
            check_size([run for run, _ in runs])
            writer.add(DISCLOSURE, text)
            _add(writer, FIGURES, Stated(pooled=sorted(pooled), rows=stated(found, pooled)))
            _add_manifest(writer)
        made = open_bundle(file).container
        return Made(output, made.sha256, file.stat().st_size, len(found.results), lacking, unanswered)


def _add_runs(
    writer: Writer, reading: Reading, with_code: bool, tell: Tell
) -> tuple[list[tuple[RunFile, list[SampleFile]]], list[str]]:
    """Adds all runs; returns them as they can be read back, and what is lacking."""
    lacking: list[str] = []
    runs: list[tuple[RunFile, list[SampleFile]]] = []
    total, done = len(reading.results), 0
    for number, run in enumerate(reading.runs, 1):
        folder = run_folder(number)
        runs.append((_add(writer, f"{folder}/{RUN_FILE}", of_run(run)), []))
        for result in sorted(run.results, key=lambda r: (r.competition, r.seed)):
            tell(done, total, f"{result.competition} (seed {result.seed})")
            name = f"{folder}/{sample_name(result.competition, result.seed)}"
            found, lost = gathered(result, name, writer, with_code=with_code)
            runs[-1][1].append(_add(writer, f"{name}.json", found))
            lacking += lost
            done += 1
    return runs, lacking


def _add(writer: Writer, name: str, content: M) -> M:
    """Adds a record; returns it as it can be read back, so that what is stated is of what is in the bundle."""
    text = as_json(from_json(content.model_dump_json().encode(), name))
    writer.add(name, text)
    return record(type(content), text, name)


def _add_manifest(writer: Writer) -> None:
    members = [Member(name=e.name, size=e.size, sha256=e.sha256) for e in writer.entries]
    _add(writer, MANIFEST, Manifest(made_with=versions(), members=members))
    writer.close()


def _told(lacking: list[str]) -> str:
    more = f"; and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    return (
        f"{len(lacking)} files that results rest on are lost or damaged: {'; '.join(lacking[:_NAMED])}{more}; put "
        "them back, or go on with --allow-missing: then nobody can check the results that rest on them"
    )


@contextlib.contextmanager
def _aside(output: str) -> Iterator[Path]:
    """A file to write to, which becomes `output` when all went well."""
    archive = Archive.of_log(local(output))
    beside = archive.root if archive.is_local and Path(archive.root).is_dir() else None
    try:
        with tempfile.TemporaryDirectory(prefix=".mlebench-", dir=beside) as folder:
            file = Path(folder) / "bundle.zip"
            yield file
            write_file(output, file)
    except OSError as ex:
        raise BundleError(f"{output} cannot be written: {ex.strerror or ex}") from ex
