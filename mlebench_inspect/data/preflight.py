"""What a preparation needs, told before the first byte: credentials, accepted rules, disk space."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mlebench_inspect.data import manifest
from mlebench_inspect.data.archives import human
from mlebench_inspect.data.errors import CredentialsError, DiskFullError, KaggleError, PreparationError, RulesError
from mlebench_inspect.data.rules import Access, RulesCache, rules_message, rules_page
from mlebench_inspect.data.runner import find_raw, is_empty, no_page
from mlebench_inspect.data.store import Store
from mlebench_inspect.tables import Column, text_table
from mlebench_inspect.tasks import Competition

Todo = Literal["nothing", "hold back", "verify", "prepare", "unpack", "go on", "download", "not found"]
Rules = Literal["accepted", "not accepted", "unknown", "-"]
_REMOTE = ("download", "go on")
_AT_ONCE = 4  # questions to Kaggle


@dataclass
class Need:
    """What one competition needs."""

    competition: Competition
    todo: Todo
    rules: Rules = "-"
    download: int | None = None
    """Bytes still to be downloaded; None: unknown."""
    disk: int | None = None
    """Bytes of additional disk use, estimated; None: unknown."""
    note: str = ""
    link: str = ""
    raw_is_given: bool = False
    """It is prepared from a folder of the user's."""
    fault: PreparationError | None = None
    """Why it cannot be prepared; the others can."""


@dataclass
class Preflight:
    """What a set of competitions needs."""

    needs: list[Need]
    free: int
    credentials: str = "not needed"

    @property
    def possible(self) -> list[Need]:
        """What will be tried: first what is at hand, then what Kaggle must be asked for."""
        return sorted((n for n in self.needs if n.fault is None), key=lambda n: n.todo in _REMOTE)

    @property
    def disk(self) -> int:
        """Estimated additional disk use, as far as it is known."""
        return sum(n.disk or 0 for n in self.possible)

    @property
    def certain(self) -> int:
        """Bytes that will be written for certain."""
        return sum(n.download or 0 for n in self.possible)

    @property
    def unknown(self) -> int:
        """Competitions whose need is unknown."""
        return sum(n.disk is None for n in self.possible)

    def table(self, width: int | None) -> str:
        """All of it, for people; links are always whole."""
        colours = {"accepted": "green", "not accepted": "red", "unknown": "yellow"}
        columns = [
            Column("competition"),
            Column("to do"),
            Column("rules", 1, colour=colours.get),
            Column("download", 2, right=True),
            Column("disk, about", 3, right=True),
        ]
        rows = [[n.competition.id, n.todo, n.rules, _size(n.download), _size(n.disk)] for n in self.needs]
        links = [f"accept the rules: {n.link}" for n in self.needs if n.link]
        return "\n".join([text_table(columns, rows, width), *links])

    def summary(self) -> str:
        """Credentials and disk in one line."""
        open_ended = f" and {self.unknown} of unknown size" if self.unknown else ""
        return f"credentials: {self.credentials}; disk: about {human(self.disk)}{open_ended}, {human(self.free)} free"

    def warnings(self) -> list[str]:
        """What may go wrong."""
        if self.disk > self.free >= self.certain:
            text = (
                f"the disk may not suffice: about {human(self.disk)} are needed, {human(self.free)} are free; "
                "--no-keep-raw needs less in the end, and what fits is prepared in any case"
            )
            return [text]
        return []


def check(
    store: Store, competitions: Sequence[Competition], *, raw: Path | None = None, link_raw: bool = False
) -> Preflight:
    """Finds out what competitions need. Kaggle is asked only about those that must be downloaded.

    What one of them lacks is a fault of that one alone; nothing is raised.

    Args:
        store: Where the data is to lie.
        competitions: What is to be prepared.
        raw: Zip or folder that the user gave.
        link_raw: Its files may be linked, which takes no space.
    """
    needs = [_local(store, c, raw) for c in competitions]
    result = Preflight(needs, _free(store.root))
    remote = [n for n in needs if n.todo in _REMOTE]
    if remote:
        _ask(result, remote)
    for need in needs:
        _estimate(store, need, copied=need.raw_is_given and not link_raw)
    _refuse_what_does_not_fit(result)
    return result


def _local(store: Store, found: Competition, raw: Path | None) -> Need:
    from mlebench_inspect.data.kaggle import COMPLETE, partial_bytes

    if store.is_prepared(found):
        checked = store.revision != "v1" or (store.prepared(found) / manifest.NAME).is_file()
        left: Todo = "nothing" if store.is_ready(found) else "hold back"
        return Need(found, left if checked else "verify", download=0, disk=0)
    if raw is not None:
        try:
            given = find_raw(raw, found)
        except PreparationError as ex:
            return Need(found, "not found", download=0, disk=0, note=str(ex), fault=ex)
        todo: Todo = "prepare" if given.is_dir() else "unpack"
        return Need(found, todo, download=0, note=str(given), raw_is_given=given.is_dir())
    if not is_empty(store.raw(found)):
        return Need(found, "prepare", download=0)
    downloads = store.folder(found) / ".download"
    if (downloads / COMPLETE).is_file() or (store.folder(found) / f"{found.page}.zip").is_file():
        return Need(found, "unpack", download=0)
    if not found.kaggle_slug:
        fault = PreparationError(no_page(found))
        return Need(found, "not found", download=0, disk=0, note=str(fault), fault=fault)
    return Need(found, "go on" if partial_bytes(downloads) else "download", rules="unknown")


def _ask(result: Preflight, remote: list[Need]) -> None:
    from mlebench_inspect.data.kaggle import Kaggle

    try:
        kaggle = Kaggle()
    except KaggleError as ex:
        result.credentials = "missing or refused" if isinstance(ex, CredentialsError) else "could not be checked"
        for need in remote:
            need.fault, need.link = ex, rules_page(need.competition.kaggle_slug)
        return
    result.credentials = f"{kaggle.credentials} ({kaggle.user})"
    cache = RulesCache(kaggle.user)
    known: dict[str, Access] = {}
    for need in remote:
        cached = cache.get(need.competition.kaggle_slug)
        if cached is not None and cached.accepted:
            known[need.competition.kaggle_slug] = cached
    unasked = [n.competition.kaggle_slug for n in remote if n.competition.kaggle_slug not in known]
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            answers = dict(zip(unasked, pool.map(kaggle.access, unasked), strict=True))
    except KaggleError as ex:
        result.credentials = "refused"
        for need in remote:
            need.fault = ex
        return
    cache.put(answers)
    for need in remote:
        slug = need.competition.kaggle_slug
        access = known.get(slug) or answers[slug]
        need.rules = {True: "accepted", False: "not accepted", None: "unknown"}[access.accepted]  # type: ignore[assignment]
        need.download = access.bytes
        if access.accepted is not True:
            need.link, need.note = rules_page(slug), access.note
        if access.accepted is False:
            need.fault = RulesError(rules_message(slug))


def _refuse_what_does_not_fit(result: Preflight) -> None:
    """Keeps back each download that, with those before it, is larger than the free space."""
    left = result.free
    for need in result.possible:
        if (need.download or 0) <= left:
            left -= need.download or 0
            continue
        need.fault = DiskFullError(
            f"{need.competition.id}: the download alone takes {human(need.download or 0)}, but only {human(left)} are "
            f"left of the {human(result.free)} that are free; free some space, choose another --data-dir or prepare "
            "fewer competitions at a time"
        )


def _estimate(store: Store, need: Need, *, copied: bool) -> None:
    """Estimates disk use: zip contents, and prepared files that hard links cannot share with them."""
    from mlebench_inspect.data.kaggle import partial_bytes

    if need.todo in ("nothing", "hold back", "verify", "not found"):
        return
    stated = need.competition.dataset_size_gb
    size = int(stated * 1e9) if stated else None
    if need.download is not None and need.todo in _REMOTE:
        size = max(size or 0, int(need.download * 1.2))
        need.download = max(0, need.download - partial_bytes(store.folder(need.competition) / ".download"))
    if size is None:
        return
    own = size if copied or any(f.archive for f in need.competition.raw_files) else size // 4
    need.disk = own if need.todo == "prepare" else size + own


def _free(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _size(size: int | None) -> str:
    return "unknown" if size is None else human(size) if size else "-"
