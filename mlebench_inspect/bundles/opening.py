"""Opening a bundle that a stranger may have made: all of it is checked before anything is done with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlebench_inspect.bundles import disclosure
from mlebench_inspect.bundles.container import Container
from mlebench_inspect.bundles.errors import BrokenBundle
from mlebench_inspect.bundles.figures import check_size
from mlebench_inspect.bundles.plain_data import from_json, record
from mlebench_inspect.bundles.schema import (
    DISCLOSURE,
    FIGURES,
    MANIFEST,
    MOST_JSON,
    MOST_OF_ALL_JSON,
    RUN_FILE,
    SCHEMA,
    Kept,
    Manifest,
    Member,
    RunFile,
    SampleFile,
    Stated,
    run_folder,
    sample_name,
)
from mlebench_inspect.graders.submission import REVISIONS
from mlebench_inspect.tasks import CatalogueError, competition


@dataclass(frozen=True)
class Bundle:
    """A bundle that is whole, and whose parts fit each other."""

    container: Container
    manifest: Manifest
    runs: tuple[tuple[RunFile, tuple[SampleFile, ...]], ...]
    figures: Stated
    answers: dict[str, str]
    """To the disclosure's questions."""

    @property
    def unanswered(self) -> list[str]:
        """Questions of the disclosure without an answer."""
        return disclosure.unanswered(self.answers)


def open_bundle(file: Path) -> Bundle:
    """Opens a bundle.

    Raises:
        BrokenBundle: It is not as it was made, is of another version, or its parts contradict each other.
    """
    container = Container(file)
    manifest = _manifest(container)
    _check_json(container)
    plans = tuple(_plans(container))
    check_size(plans)
    runs = tuple((run, tuple(_samples(container, run, run_folder(n)))) for n, run in enumerate(plans, 1))
    found = Bundle(
        container=container,
        manifest=manifest,
        runs=runs,
        figures=record(Stated, container.read(FIGURES, MOST_JSON), FIGURES),
        answers=disclosure.answers(container.read(DISCLOSURE, MOST_JSON), DISCLOSURE),
    )
    _check_members(found)
    return found


def _manifest(container: Container) -> Manifest:
    """The manifest, which must tell of all other members what is so."""
    text = container.read(MANIFEST, MOST_JSON)
    about = from_json(text, MANIFEST)
    of = about.get("schema_version") if isinstance(about, dict) else None
    if of != SCHEMA:
        raise BrokenBundle(f"{MANIFEST}: the schema has version {str(of)[:20]}, this package reads {SCHEMA}")
    manifest = record(Manifest, text, MANIFEST)
    found = [Member(name=e.name, size=e.size, sha256=e.sha256) for e in container.entries.values()]
    if not found or found[-1].name != MANIFEST:
        raise BrokenBundle(f"{MANIFEST} is not the last member")
    for told, there in zip(manifest.members, found, strict=False):
        if told.name != there.name:
            raise BrokenBundle(f"{there.name} lies where {MANIFEST} names {told.name[:200]}")
        if told != there:
            raise BrokenBundle(f"{there.name}: its size or SHA-256 is not what {MANIFEST} says")
    if len(manifest.members) != len(found) - 1:
        raise BrokenBundle(f"{MANIFEST} names {len(manifest.members):,} members, there are {len(found) - 1:,}")
    return manifest


def _check_json(container: Container) -> None:
    size = sum(e.size for e in container.entries.values() if e.name.endswith(".json"))
    if size > MOST_OF_ALL_JSON:
        raise BrokenBundle(f"its records have {size:,} bytes, more than the {MOST_OF_ALL_JSON:,} that they may have")


def _plans(container: Container) -> Iterator[RunFile]:
    """The runs, without their samples."""
    number = 1
    while (name := f"{run_folder(number)}/{RUN_FILE}") in container.entries:
        run = record(RunFile, container.read(name, MOST_JSON), name)
        _check_plan(run, name)
        yield run
        number += 1


def _check_plan(run: RunFile, name: str) -> None:
    """A plan names known competitions, each once."""
    if len(set(run.competitions)) != len(run.competitions):
        raise BrokenBundle(f"{name}: a competition is planned twice")
    for competition_id in run.competitions:
        try:
            competition(competition_id)
        except CatalogueError as ex:
            raise BrokenBundle(f"{name}: {ex}") from ex
    if run.revision.split(" ")[0] not in REVISIONS:
        raise BrokenBundle(f"{name}: there is no revision {run.revision[:40]}")


def _samples(container: Container, run: RunFile, folder: str) -> Iterator[SampleFile]:
    """The samples of a run, in the order of the plan's competitions; what was not run has none."""
    for competition_id in sorted(run.competitions):
        for seed in range(1, run.seeds + 1):
            name = f"{folder}/{sample_name(competition_id, seed)}.json"
            if name not in container.entries:
                continue
            found = record(SampleFile, container.read(name, MOST_JSON), name)
            if (found.result.competition, found.result.seed) != (competition_id, seed):
                raise BrokenBundle(f"{name} tells of {found.result.competition[:80]} (seed {found.result.seed})")
            if (found.result.status == "scored") != (found.result.report is not None):
                raise BrokenBundle(f"{name}: a scored sample has a grading report, and no other has")
            if found.result.snapshots is not None:
                raise BrokenBundle(f"{name}: its result has snapshots of its own")
            yield found


def _check_members(bundle: Bundle) -> None:
    """Every file is one that records ask for, and they ask for none that is not there."""
    wanted = {MANIFEST, FIGURES, DISCLOSURE}
    for number, (_, samples) in enumerate(bundle.runs, 1):
        folder = run_folder(number)
        wanted.add(f"{folder}/{RUN_FILE}")
        for sample in samples:
            name = f"{folder}/{sample_name(sample.result.competition, sample.result.seed)}"
            files = set(_files(sample))
            strange = sorted(f for f in files if not f.startswith(f"{name}/"))
            if strange:
                raise BrokenBundle(f"{name}.json asks for {strange[0][:200]}, which is not its own")
            wanted |= {f"{name}.json", *files}
    there = set(bundle.container.entries)
    for name in sorted(wanted - there):
        raise BrokenBundle(f"{name[:200]} is asked for and not there")
    for name in sorted(there - wanted):
        raise BrokenBundle(f"{name} is there, and no record asks for it")


def _files(sample: SampleFile) -> Iterator[str]:
    kept: list[Kept | None] = [sample.submission, *(s.kept for s in sample.snapshots or [])]
    yield from (k.member for k in kept if k is not None)
    yield from (f.member for f in sample.folders.values() if f.member is not None)
