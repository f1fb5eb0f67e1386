"""Commands over data: prepare, miniature, status."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlebench_inspect.cli.group import (
    FiniteRange,
    chosen,
    cli,
    data_dir_option,
    ids_argument,
    json_option,
    named,
    revision_option,
    split_option,
)
from mlebench_inspect.data.store import Store, default_data_dir
from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tables import terminal_width, wrapped
from mlebench_inspect.tasks import CatalogueError, Checksums, Competition, competition_ids

if TYPE_CHECKING:
    from mlebench_inspect.data.errors import PreparationError

search_score_option = click.option(
    "--search-score",
    type=FiniteRange(0, 0.5, min_open=True),
    metavar="SHARE",
    help="Also hold back this share of the training data, to score candidates on (-T search_score).",
)
json_lines_option = click.option("--json", "as_json", is_flag=True, help="Tell what is done as JSON, an object a line.")


@cli.command()
@ids_argument
@split_option
@click.option(
    "--raw",
    type=click.Path(path_type=Path, exists=True),
    metavar="DIR_OR_ZIP",
    help="Use this download of yours instead of Kaggle's: a zip, a folder of raw files, or a folder of either.",
)
@click.option(
    "--link-raw",
    is_flag=True,
    help="Link files of --raw instead of copying them: saves space, but a later change of yours changes the data too.",
)
@data_dir_option
@revision_option
@search_score_option
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Competitions at once.")
@click.option("--keep-raw/--no-keep-raw", default=True, show_default=True, help="Keep the extracted download.")
@click.option("--no-verify", is_flag=True, help="Note differences from the published data instead of refusing it.")
@click.option(
    "--checksums",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Verify against these sums instead (JSON: ID to zip, public, private); never counts as published data.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Then copy what is prepared into this data folder, with a checksum of each file; goes on where it stopped.",
)
@click.option("--public-only", is_flag=True, help="Copy no answers, as for a volume that agents' pods mount.")
@json_lines_option
def prepare(
    ids: tuple[str, ...],
    split: str | None,
    raw: Path | None,
    link_raw: bool,
    data_dir: Path | None,
    revision: Revision,
    search_score: float | None,
    jobs: int,
    keep_raw: bool,
    no_verify: bool,
    checksums: Path | None,
    into: Path | None,
    public_only: bool,
    as_json: bool,
) -> None:
    """Download, prepare and verify competitions; goes on where an earlier run was interrupted."""
    from mlebench_inspect.data import preparation
    from mlebench_inspect.data.display import display

    ids, unknown = _known(ids, split)
    found = chosen(ids, split)
    if link_raw and raw is None:
        raise click.UsageError("--link-raw says what to do with the files of --raw; give both")
    if raw is not None and raw.is_file() and len(found) > 1:
        raise click.UsageError("one zip holds one competition; give a folder of zips for several")
    if public_only and into is None:
        raise click.UsageError("--public-only says what is copied with --into; give both")
    sums = _read_checksums(checksums) if checksums is not None else None
    _require_search_scores(found, search_score)
    store = Store.open(data_dir, "real", revision, search_score)
    if into is not None and into.resolve() == store.data_dir.resolve():
        raise click.UsageError(f"--into {into} is the data folder itself")
    with _resumable(), display(len(found) + len(unknown), as_json=as_json) as shown:
        for competition_id, error in unknown.items():
            shown.result(competition_id, error)
        results = preparation.prepare(
            store,
            found,
            shown,
            raw=raw,
            link_raw=link_raw,
            keep_raw=keep_raw,
            verify=not no_verify,
            jobs=jobs,
            checksums=sums,
        )
        if into is not None:
            done = [c for c in found if not isinstance(results[c.id], MlebenchError)]
            results |= preparation.copy(store, done, into, shown, jobs=jobs, public_only=public_only)
    _require_success({**results, **unknown})
    if as_json:
        return
    if into is not None:
        click.echo(f"next, on each host that sees it: mlebench-inspect verify-store {into}")
    click.echo(_next_step(store, found, split))


@cli.command()
@ids_argument
@split_option
@data_dir_option
@revision_option
@search_score_option
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the generated data.")
@click.option("--raw-only", is_flag=True, help="Generate raw data without preparing it.")
@json_lines_option
def miniature(
    ids: tuple[str, ...],
    split: str | None,
    data_dir: Path | None,
    revision: Revision,
    search_score: float | None,
    seed: int,
    raw_only: bool,
    as_json: bool,
) -> None:
    """Generate small data of the real layout, in seconds and without a Kaggle account."""
    from mlebench_inspect.data import preparation
    from mlebench_inspect.data.display import display

    ids, unknown = _known(ids, split)
    found = chosen(ids, split)
    _require_search_scores(found, search_score)
    store = Store.open(data_dir, "miniature", revision, search_score)
    with _resumable(), display(len(found) + len(unknown), as_json=as_json) as shown:
        for competition_id, error in unknown.items():
            shown.result(competition_id, error)
        results = preparation.make_miniature(store, found, shown, seed=seed, raw_only=raw_only)
    _require_success({**results, **unknown})
    if not as_json and not raw_only:
        click.echo(_next_step(store, found, split))


@cli.command()
@ids_argument
@split_option
@data_dir_option
@json_option
def status(ids: tuple[str, ...], split: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Show what is prepared, verified and missing, accepted rules as far as known, and disk use."""
    from mlebench_inspect.data.status import report

    store = Store.open(data_dir)
    found = report(store, chosen(ids, split, default=None if ids or split else "all"))
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
    else:
        summary = [wrapped(line, terminal_width(), others="  ") for line in found.summary().splitlines()]
        click.echo("\n".join([found.table(terminal_width()), "", *summary]))


def _next_step(store: Store, found: Sequence[Competition], split: str | None) -> str:
    """The command to type now that data is there."""
    task = split or (found[0].id if len(found) == 1 else "all")
    if not split and len(found) == 1 and found[0].typed != found[0].id:
        task = f"own -T competitions_dir={found[0].folder}"
    options = [f"-T competitions={','.join(c.id for c in found)}"] if not split and len(found) > 1 else []
    options += ["-T data=miniature"] if store.data == "miniature" else []
    options += [f"-T revision={store.revision}"] if store.revision != "v1" else []
    options += [f"-T search_score={store.search_score:g}"] if store.search_score is not None else []
    options += [f"-T data_dir={store.data_dir}"] if store.data_dir != default_data_dir().absolute() else []
    return " ".join(["next: inspect eval", f"mlebench_inspect/{task}", *options, "--model PROVIDER/NAME"])


def _require_search_scores(found: Sequence[Competition], share: float | None) -> None:
    """Refuses what has no search score before anything is made."""
    for one in found if share is not None else ():
        one.require_search_score()


@contextmanager
def _resumable() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        click.echo("mlebench-inspect: interrupted; run the same command to go on", err=True)
        sys.exit(130)


def _known(ids: tuple[str, ...], split: str | None) -> tuple[tuple[str, ...], dict[str, PreparationError]]:
    """The ids that there are, and what is wrong with the others.

    Raises:
        CatalogueError: There is none of them, and no split beside them.
    """
    from mlebench_inspect.data.errors import PreparationError

    unknown: dict[str, PreparationError] = {}
    for competition_id in ids:
        try:
            named(competition_id)
        except CatalogueError as ex:
            if split is None and not any(i in competition_ids() or "/" in i for i in ids):
                raise
            unknown[competition_id] = PreparationError(str(ex))
    return tuple(i for i in ids if i not in unknown), unknown


def _require_success(results: dict[str, Any]) -> None:
    """Names what failed, each reason on a line of its own, and ends with exit code 1 if anything did."""
    reasons: dict[str, list[str]] = {}
    for competition_id, result in results.items():
        if isinstance(result, MlebenchError):
            reasons.setdefault(str(result), []).append(competition_id)
    for reason, ids in reasons.items():
        named = len(results) == 1 or any(i in reason for i in ids)
        click.echo(f"mlebench-inspect: {reason if named else ', '.join(ids) + ': ' + reason}", err=True)
    failed = sum(map(len, reasons.values()))
    if failed and len(results) > 1:
        click.echo(f"mlebench-inspect: {failed} of {len(results)} competitions are not prepared; see above", err=True)
    if failed:
        sys.exit(1)


def _read_checksums(path: Path) -> dict[str, Checksums]:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(dict[str, Checksums]).validate_json(path.read_bytes())
    except ValidationError as ex:
        raise CatalogueError(f"{path} is not a file of checksums: {ex.errors()[0]['msg']}") from None
