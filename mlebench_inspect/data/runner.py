"""One competition from raw data to prepared data, under its lock; runs in a worker process.

Everything is made under a name that begins with a dot and renamed at the end, so what has its proper name is complete:

    <id>/.download/          Kaggle's zip, partial or complete
    <id>/.scratch/           the file that is being unpacked or downloaded, deleted when a job begins and ends
    <id>/.raw.partial/       being unpacked, whole files alone
    <id>/raw/                the extracted download
    <id>/.prepared.partial/  being prepared and verified
    <id>/prepared/           public, private, manifest.json
    <id>/prepared-search-*/  the same, with a part of the training data held back

What is left behind by a run that was killed is taken up (download, unpacking) or thrown away (preparation).
"""

from __future__ import annotations

import errno
import hashlib
import shutil
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from zipfile import is_zipfile

from mlebench_inspect.data import disk, modes
from mlebench_inspect.data.archives import damage, human, md5, unpack
from mlebench_inspect.data.errors import (
    ArchiveError,
    DiskFullError,
    PreparationError,
    VerificationError,
    is_disk_full,
)
from mlebench_inspect.data.jobs import Job, Outcome, Progress, Report
from mlebench_inspect.data.locking import locked
from mlebench_inspect.data.manifest import FileSum, Manifest, Source, now, versions, write_json
from mlebench_inspect.data.recipes import recipe
from mlebench_inspect.data.store import Store
from mlebench_inspect.data.verification import Findings, differences, published, verify
from mlebench_inspect.tasks import CatalogueError, Competition, competition, own
from mlebench_inspect.tasks.preparing import DataError, reporting_progress, without_links

_NOT_WRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)
_TRIES = 3  # downloads of an archive that turns out to be damaged


def run_job(job: Job, report: Report) -> Outcome:
    """Does one job under the competition's lock; what another process has just done is not done again.

    Raises:
        PreparationError: It cannot be done; the message says why.
    """
    if job.folder is not None:
        own.add(job.folder)
    if job.into is not None:
        from mlebench_inspect.data.copying import copy_job

        return copy_job(job, report)
    found, store, start = competition(job.competition), job.store, time.monotonic()
    work = (_Miniature if job.data == "miniature" else _Real)(job, found, store, report)
    try:
        with _alone(found, store, report):
            remove(work.scratch)
            try:
                outcome = work.run()
                if job.search_score is not None and not job.raw_only:
                    outcome = hold_back(work, job.search_score, outcome)
            finally:
                remove(work.scratch)
    except (PreparationError, CatalogueError):
        raise
    except MemoryError as ex:
        raise PreparationError(f"{found.id}: memory does not suffice to prepare it; try fewer --jobs") from ex
    except (Exception, SystemExit) as ex:  # of a competition's own code
        if is_disk_full(ex):
            free = human(shutil.disk_usage(store.root).free)
            raise DiskFullError(
                f"{found.id}: no space left in {store.root} ({free} free); free some or choose another --data-dir, "
                "then run the same command to go on"
            ) from ex
        if isinstance(ex, (DataError, FileNotFoundError)):
            mend = "delete it and run the same command to get it anew" if job.raw is None else f"look at {job.raw}"
            told = f"{found.id}: {_plain(ex, found.id)}"
            if found.is_own:
                raise PreparationError(f"{told}; the raw data is incomplete: {mend}") from ex
            raise PreparationError(f"{told}; the raw data is incomplete or not Kaggle's: {mend}") from ex
        if isinstance(ex, OSError):
            raise PreparationError(f"{found.id}: {ex}") from ex
        if isinstance(ex, KeyError):
            raise PreparationError(f"{found.id}: {_lacking(ex, found, job.raw or store.raw(found))}") from ex
        raise PreparationError(f"{found.id}: preparing failed{_where(ex)}: {type(ex).__name__}: {ex}") from ex
    outcome.seconds = round(time.monotonic() - start, 2)
    return outcome


def _alone(found: Competition, store: Store, report: Report) -> ExitStack:
    """The competition's lock, held; none where data is prepared in a folder that cannot be written, by nobody else too.

    Raises:
        PreparationError: The folder cannot be written, and there is something to do.
    """
    held = ExitStack()
    try:
        lock = store.root / ".locks" / f"{found.id}.lock"
        waiting = Progress(stage="waiting", note="another process prepares it")
        held.enter_context(locked(lock, waiting=lambda: report(waiting)))
    except OSError as ex:
        if is_disk_full(ex):
            raise
        if ex.errno not in _NOT_WRITABLE or not store.is_ready(found):
            done = "written" if store.root.is_dir() else "made"
            raise PreparationError(
                f"{found.id}: {store.root} cannot be {done} ({ex.strerror}); choose another --data-dir, or set "
                "MLEBENCH_DATA_DIR"
            ) from None
    return held


def _lacking(ex: KeyError, found: Competition, raw: Path) -> str:
    """What is said of a table that lacks a column."""
    files = [f.path for f in found.raw_files]
    return (
        f"the raw data lacks what preparation reads{_where(ex)}: {ex.args[0] if ex.args else ex}; is {raw} the data of "
        f"{found.page}{' on Kaggle' if found.kaggle_slug else ''}? expected: {', '.join(files[:6])}"
        f"{' ...' if len(files) > 6 else ''}"
    )


def _plain(ex: BaseException, competition_id: str) -> str:
    return str(ex).removeprefix(f"{competition_id}: ")


def _where(ex: BaseException) -> str:
    """The last line of the project's own code that the error came through."""
    frames = [f for f in traceback.extract_tb(ex.__traceback__) if Path(f.filename).name == "prepare.py"]
    return f" in {Path(*Path(frames[-1].filename).parts[-2:])}, line {frames[-1].lineno}" if frames else ""


class _Work:
    """What making real and miniature data have in common."""

    def __init__(self, job: Job, found: Competition, store: Store, report: Report) -> None:
        self.job, self.found, self.store, self.report = job, found, store, report
        self.folder, self.raw, self.prepared = store.folder(found), store.raw(found), store.prepared(found)
        self.partial = self.folder / f".{self.prepared.name}.partial"
        self.scratch, self.raw_facts = self.folder / ".scratch", self.folder / ".raw.json"
        self.seconds: dict[str, float] = {}

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = round(self.seconds.get(stage, 0) + time.monotonic() - start, 3)

    def prepare_from(self, raw: Path, *, links: bool = True) -> None:
        """Prepares into the partial folder; `links`: prepared files may be links to raw ones."""
        remove(self.partial)
        self.partial.mkdir(parents=True)

        def tell(files: int, total: int, size: int) -> None:
            self.report(Progress(stage="prepare", files=files, total_files=total, bytes=size))

        self.report(Progress(stage="prepare"))
        with self.timed("prepare"), reporting_progress(tell), nullcontext() if links else without_links():
            self.found.prepare(raw, self.partial / "public", self.partial / "private", self.store.revision)
        here = Path(self.prepared.name)
        for needed in (self.found.answers, self.found.sample_submission):
            if not (self.partial / needed).is_file():
                own = f"let {self.found.folder / 'prepare.py'} write it, or mend the name in its competition.yaml"
                mend = own if self.found.is_own else "please report it"
                raise PreparationError(f"{self.found.id}: preparation did not make {here / needed}; {mend}")

    def manifest(self, **facts: object) -> Manifest:
        return Manifest.model_validate(
            {
                "competition": self.found.id,
                "data": self.store.data,
                "revision": self.store.revision,
                "recipe": recipe(self.found),
                "seconds": self.seconds,
                "versions": versions(),
                "created": now(),
                **facts,
            }
        )

    def publish(self, manifest: Manifest) -> None:
        """Gives the partial folder its proper name, and those who may read it their rights."""
        manifest.write(self.partial)
        modes.settle(self.partial)
        swap(self.partial, self.prepared)


def hold_back(work: _Work, share: float, outcome: Outcome) -> Outcome:
    """Makes the tree in which a part of the training data is held back, from what is prepared; once.

    Miniature data is made anew where the other is, real data where the folder is deleted.
    """
    from mlebench_inspect.tasks import searching

    prepared, target = Manifest.read(work.prepared), work.store.searched(work.found)
    known = Manifest.read(target) if work.store.is_ready(work.found) else None
    made_by = recipe(work.found)
    if known is not None and (
        work.job.data == "real" or (prepared is not None and (known.seed, known.recipe) == (prepared.seed, made_by))
    ):
        return outcome
    partial = work.folder / f".{target.name}.partial"
    remove(partial)
    work.scratch.mkdir(parents=True, exist_ok=True)
    work.report(Progress(stage="prepare", note="holding back training data"))
    try:
        with work.timed("hold back"):
            public, scratch = work.prepared / "public", work.scratch / "search"
            searching.hold_back(work.found, public, partial, share, work.store.revision, scratch=scratch)
        manifest = work.manifest(
            verified="no",
            seed=work.job.seed if work.job.data == "miniature" else None,
            source=Source(kind="held_back", path=str(work.prepared)),
            search_score=share,
            files={f"private/{p.name}": FileSum(bytes=p.stat().st_size, md5=md5(p)) for p in _held_back(work, partial)},
        )
        manifest.write(partial)
        modes.settle(partial)
        swap(partial, target)
    except (DataError, FileNotFoundError, KeyError) as ex:
        raise PreparationError(f"{work.found.id}: nothing can be held back: {_plain(ex, work.found.id)}") from ex
    finally:
        remove(partial)
    return outcome.model_copy(update={"state": "prepared"})


def _held_back(work: _Work, partial: Path) -> list[Path]:
    return [p for p in sorted((partial / "private" / work.found.answers).parent.iterdir()) if p.is_file()]


class _Miniature(_Work):
    def run(self) -> Outcome:
        seed, made_by = self.job.seed, recipe(self.found)
        if not self._raw_is_current(seed, made_by):
            self.report(Progress(stage="unpack", note="generating"))
            partial = self.folder / ".raw.partial"
            remove(partial)
            with self.timed("generate"):
                self.found.make_miniature(partial, seed)
            self.raw_facts.unlink(missing_ok=True)
            swap(partial, self.raw)
            write_json(self.raw_facts, {"seed": seed, "recipe": made_by})
        if self.job.raw_only:
            return Outcome(competition=self.found.id, state="raw")
        manifest = Manifest.read(self.prepared) if self.store.is_prepared(self.found) else None
        if manifest is not None and manifest.seed == seed and manifest.recipe == made_by:
            return Outcome(competition=self.found.id, state="already")
        self.prepare_from(self.raw)
        self.publish(self.manifest(verified="no", seed=seed, source=Source(kind="miniature")))
        return Outcome(competition=self.found.id, state="prepared")

    def _raw_is_current(self, seed: int, made_by: str) -> bool:
        return not is_empty(self.raw) and read_json(self.raw_facts) == {"seed": seed, "recipe": made_by}


class _Real(_Work):
    def run(self) -> Outcome:
        outdated = self.store.is_prepared(self.found) and self._is_outdated()
        if self.store.is_prepared(self.found) and not (outdated and self.job.raw):
            existing = self._take_existing()
            if outdated:
                note = f"{self.found.folder} has changed since; give --raw to have it prepared anew"
                return existing.model_copy(update={"notes": [*existing.notes, note]})
            return existing
        raw, source, owned = self._raw_data()
        try:
            self.prepare_from(raw, links=owned or self.job.link_raw)
            findings = self._verify(self.partial, raw)
            notes = self._judge(findings, source)
            if owned:
                with self.timed("share"):
                    disk.share(raw, self.partial / "public")
            manifest = self._manifest(findings, source, notes)
            self.publish(manifest)
        finally:
            remove(self.partial)
        if owned and not self.job.keep_raw:
            self._discard_raw()
        return Outcome(competition=self.found.id, state="prepared", verified=manifest.verified, notes=manifest.notes)

    # ---- prepared already ----

    def _is_outdated(self) -> bool:
        """Whether a competition of one's own, or its raw data, is another now; published data has checksums."""
        manifest = Manifest.read(self.prepared)
        if manifest is None or not self.found.is_own:
            return False
        if manifest.recipe != recipe(self.found):
            return True
        return self.job.raw is not None and manifest.source.listing != listing_of(find_raw(self.job.raw, self.found))

    def _take_existing(self) -> Outcome:
        """Uses what is prepared as it is; verifies it unless a manifest says that this was done."""
        manifest = Manifest.read(self.prepared)
        known = manifest is not None and (
            manifest.verified in ("published", "given") or not self._sums() or not self.job.verify
        )
        if manifest is None or not known:
            source = manifest.source if manifest else Source(kind="reference")
            findings = self._verify(self.prepared, None)
            if findings.differing and self.job.verify:
                self._explain(findings)
            notes = self._judge(findings, source, "delete the folder to have it prepared anew")
            manifest = self._manifest(findings, source, notes)
            try:
                manifest.write(self.prepared)
            except OSError as ex:
                manifest.notes.append(f"no manifest could be written ({ex.strerror}), so it is verified each time")
        if not modes.open_public(self.prepared, self.prepared / self.found.sample_submission):
            manifest.notes.append(f"agents with another uid cannot read {self.prepared / 'public'}; make it readable")
        if not self.job.keep_raw and self.job.raw is None:
            self._discard_raw()
        return Outcome(competition=self.found.id, state="already", verified=manifest.verified, notes=manifest.notes)

    def _explain(self, findings: Findings) -> None:
        """Compares differing files with freshly prepared ones, where raw data is at hand and gives the right sums."""
        if is_empty(self.raw):
            return
        try:
            self.prepare_from(self.raw)
            right = self._verify(self.partial, None)
            for name in findings.differing:
                if name in right.files and name not in right.differing:
                    how = differences(self.prepared / name, self.partial / name)
                    findings.differing[name] = f"{how} (compared with the right file, prepared from raw)"
        except Exception as ex:
            findings.differing = {n: f"{h} (no comparison: {ex})" for n, h in findings.differing.items()}
        finally:
            remove(self.partial)

    # ---- verification ----

    def _sums(self) -> dict[str, str]:
        if self.store.revision != "v1":
            return {}
        return published(self.job.checksums or self.found.checksums)

    def _verify(self, prepared: Path, raw: Path | None) -> Findings:
        with self.timed("verify"):
            return verify(prepared, self._sums(), self.report, raw=raw, rows=self.found.approx_rows)

    def _judge(self, findings: Findings, source: Source, remedy: str = "") -> list[str]:
        """Notes for the manifest.

        Raises:
            VerificationError: Files differ, and this was not waived.
        """
        notes = [f"{n}: {f.note}" for n, f in findings.files.items() if f.note]
        if source.zip_verified is False:
            notes.append("Kaggle's zip is not the published one; files without a published checksum may differ")
        if not findings.differing:
            return notes
        libraries = ", ".join(f"{n} {v}" for n, v in versions().items() if n in ("python", "numpy", "pandas"))
        zip_is_right = {
            True: f"the download is the published one, so the cause is most likely a library's version ({libraries})",
            False: "the download is not the published one, which may be the cause",
            None: "whether the raw data is the published one is not known",
        }[source.zip_verified]
        told = f"{findings}; {findings.meaning}, so results cannot be compared with published ones; {zip_is_right}"
        if self.job.verify:
            number = f"{len(findings.differing)} of {len(self._sums())} prepared files differ from the published ones"
            remedy = remedy or "nothing was put in place"
            raise VerificationError(f"{self.found.id}: {number}: {told}; {remedy}, or use --no-verify to accept it")
        return [*notes, told]

    def _manifest(self, findings: Findings, source: Source, notes: list[str]) -> Manifest:
        state = "differs" if findings.differing else "no"
        if self._sums() and not findings.differing:
            state = "given" if self.job.checksums else "published"
        return self.manifest(verified=state, source=source, notes=notes, files=findings.files)

    # ---- raw data ----

    def _raw_data(self) -> tuple[Path, Source, bool]:
        """The raw folder, where it came from, and whether it is the store's own."""
        if self.job.raw is not None:
            given = find_raw(self.job.raw, self.found)
            if given.is_dir():
                if not self._extra_is_missing(given):
                    return given, Source(kind="folder", path=str(given), listing=listing_of(given)), False
                self._require_no_raw(given)
                self._take_raw(given)
                return self._own_raw(Source(kind="folder", path=str(given)))
            return self._own_raw(self._from_zip(given))
        if not is_empty(self.raw):
            return self._own_raw(self._known_source() or Source(kind="store"))
        beside = self.folder / f"{self.found.page}.zip"
        if beside.is_file():
            return self._own_raw(self._from_zip(beside))
        return self._own_raw(self._from_kaggle())

    def _own_raw(self, source: Source) -> tuple[Path, Source, bool]:
        if self._extra_is_missing(self.raw):
            from mlebench_inspect.data.extra import download

            extra = self.found.extra_download
            assert extra is not None
            with self.timed("extra"):
                download(extra, self.raw, self.scratch, self.found.id, self.report)
        return self.raw, source, not self.raw.is_symlink()

    def _extra_is_missing(self, raw: Path) -> bool:
        from mlebench_inspect.data.extra import is_there

        extra = self.found.extra_download
        return extra is not None and not is_there(extra, raw)

    def _from_kaggle(self) -> Source:
        from mlebench_inspect.data.kaggle import COMPLETE, Kaggle, discard

        if not self.found.kaggle_slug:
            raise PreparationError(no_page(self.found))
        downloads, kaggle = self.folder / ".download", None
        for attempt in range(1, _TRIES + 1):
            if not (downloads / COMPLETE).is_file():
                kaggle = kaggle or Kaggle()
                with self.timed("download"):
                    kaggle.download(self.found.kaggle_slug, downloads, self.report)
            archive = downloads / COMPLETE
            try:
                source = self._checked(archive, Source(kind="kaggle"))
                self._unpack(archive, source)
            except ArchiveError as ex:
                if attempt == _TRIES:
                    raise ArchiveError(
                        f"{self.found.id}: the download was damaged {_TRIES} times ({ex}); check disk and memory of "
                        "this machine and what lies between it and Kaggle (proxy, virus scanner)"
                    ) from ex
                self.report(Progress(stage="check", note="the download is damaged, fetching it anew"))
                discard(downloads)
                remove(self.folder / ".raw.partial")
                continue
            break
        remove(downloads)
        return source

    def _from_zip(self, archive: Path) -> Source:
        """Unpacks a zip that is not ours; it stays where it is."""
        known = self._known_source()
        if known is not None and known.zip_bytes == archive.stat().st_size:
            with self.timed("check"):
                if md5(archive, self.report) == known.zip_md5:
                    return known
        self._require_no_raw(archive)
        try:
            source = self._checked(archive, Source(kind="zip", path=str(archive), listing=listing_of(archive)))
            self._unpack(archive, source)
        except ArchiveError as ex:
            raise ArchiveError(f"{self.found.id}: {archive}: {ex}; get the zip anew") from ex
        return source

    def _require_no_raw(self, given: Path) -> None:
        if not is_empty(self.raw):
            raise PreparationError(
                f"{self.found.id}: {self.raw} holds raw data already; delete it to use {given}, or leave out --raw"
            )

    def _checked(self, archive: Path, source: Source) -> Source:
        """The source with the zip's sum.

        Raises:
            ArchiveError: The zip is damaged.
            VerificationError: It is sound, but not the published one, and this was not waived.
        """
        expected = (self.job.checksums or self.found.checksums).zip
        with self.timed("check"):
            source.zip_md5, source.zip_bytes = md5(archive, self.report), archive.stat().st_size
            source.zip_verified = None if expected is None else source.zip_md5 == expected
            broken = damage(archive) if source.zip_verified is False else None
        if broken is not None:
            raise ArchiveError(f"the zip is damaged: {broken}")
        if source.zip_verified is False and self.job.verify:
            raise VerificationError(
                f"{self.found.id}: {archive} is a sound zip, but not the published one (MD5 {source.zip_md5}, expected "
                f"{expected}): Kaggle has changed its data or the zip was packed anew, so results may not be "
                "comparable with published ones; --no-verify goes on with it and only notes this (to get it "
                "anew, delete it first)"
            )
        return source

    def _unpack(self, archive: Path, source: Source) -> None:
        partial = self.folder / ".raw.partial"
        with self.timed("unpack"):
            unpack(archive, partial, self.scratch, self.report)
        source.seconds = dict(self.seconds)
        self._publish_raw(partial, source)

    def _publish_raw(self, partial: Path, source: Source) -> None:
        write_json(self.raw_facts, {"inode": partial.stat().st_ino, **source.model_dump(mode="json")})
        swap(partial, self.raw)

    def _known_source(self) -> Source | None:
        """Where the raw folder came from, if it is the one that was noted."""
        facts = read_json(self.raw_facts)
        if is_empty(self.raw) or not isinstance(facts, dict) or facts.get("inode") != self.raw.stat().st_ino:
            return None
        return Source.model_validate(facts)

    def _take_raw(self, given: Path) -> None:
        """Makes the user's raw files the store's own, as new files unless links are asked for."""
        from mlebench_inspect.tasks.preparing import place_tree

        partial = self.folder / ".raw.partial"
        remove(partial)
        partial.mkdir(parents=True)
        with nullcontext() if self.job.link_raw else without_links():
            place_tree(given, partial)
        self._publish_raw(partial, Source(kind="folder", path=str(given)))

    def _discard_raw(self) -> None:
        """Deletes raw data and downloads inside the store."""
        for folder in (self.raw, self.folder / ".download", self.folder / ".raw.partial"):
            remove(folder)
        self.raw_facts.unlink(missing_ok=True)
        if self.job.raw is None:
            (self.folder / f"{self.found.page}.zip").unlink(missing_ok=True)


def no_page(found: Competition) -> str:
    """What is said of a competition whose raw data only its user has."""
    return f"{found.id}: its raw data is not on Kaggle; give it with --raw DIR_OR_ZIP"


def find_raw(given: Path, found: Competition) -> Path:
    """What `--raw` means for a competition: a zip or a folder of raw files, itself or by the competition's name in it.

    Raises:
        PreparationError: There is neither.
    """
    if given.is_file():
        if given.suffix.lower() != ".zip" and not is_zipfile(given):
            raise PreparationError(f"{found.id}: {given} is no zip; give the folder that it lies in")
        return given
    names = dict.fromkeys((found.id, found.page))
    candidates: list[Path] = (
        [given / n / "raw" for n in names] + [given / n for n in names] + [given / f"{n}.zip" for n in names]
    )
    for candidate in candidates:
        if candidate.is_file() or (candidate.is_dir() and not is_empty(candidate)):
            inner = [candidate / f"{n}.zip" for n in names]
            return next((p for p in inner if p.is_file()), candidate)
    wanted = [f.path for f in found.raw_files if not any(c in f.path for c in "*<{")]
    if any((given / name).exists() for name in wanted):
        return given
    raise PreparationError(
        f"{found.id}: {given} holds neither {found.page}.zip nor a folder {found.id} nor the raw files "
        f"themselves ({', '.join(wanted[:3])})"
    )


def listing_of(given: Path) -> str:
    """A digest of the names, sizes and times of the files in a folder, or of one file; none is read."""
    digest = hashlib.sha256()
    for path in sorted(p for p in (given.rglob("*") if given.is_dir() else [given]) if p.is_file()):
        about = path.stat()
        digest.update(f"{path.relative_to(given.parent)}\0{about.st_size}\0{about.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:16]


def remove(path: Path) -> None:
    """Deletes a folder that no reader knows of."""
    if path.exists():
        shutil.rmtree(path)


def swap(new: Path, target: Path) -> None:
    """Gives the folder `new` the name `target`; an older folder of that name is moved aside first, then deleted."""
    old = target.with_name(f".{target.name}.old")
    remove(old)
    if target.exists():
        target.rename(old)
    new.rename(target)
    remove(old)


def is_empty(folder: Path) -> bool:
    """Whether a folder is missing or holds nothing."""
    return not folder.is_dir() or not any(folder.iterdir())


def read_json(path: Path) -> object:
    """A small JSON file's value; None where it is missing or unreadable."""
    import json

    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
