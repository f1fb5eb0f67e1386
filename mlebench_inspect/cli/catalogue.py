"""Commands over the catalogue: list, show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mlebench_inspect.cli.group import FiniteRange, cli, data_dir_option, json_option, named, split_option, tell_faults
from mlebench_inspect.data.store import Store
from mlebench_inspect.tables import Column, terminal_width, text_table
from mlebench_inspect.tasks import Competition, competitions, own, split_ids

_COLUMNS = (
    Column("id"),
    Column("split", 2),
    Column("category", 6),
    Column("metric", 3),
    Column("better", 5),
    Column("GB", 1, right=True),
    Column("data", 1, colour=lambda cell: "green" if "real" in cell else None),
    Column("leak", 2, colour=lambda cell: "yellow"),
    Column("issues", 4, right=True),
)


@cli.command("list")
@split_option
@click.option("--category", metavar="TEXT", help="Only those whose category or task has this text in it.")
@click.option("--modality", metavar="TEXT", help="Only those whose modality has this text in it.")
@click.option("--max-gb", type=FiniteRange(0), metavar="GB", help="Only those whose download is no larger.")
@click.option("--prepared/--not-prepared", default=None, help="Only those whose real data is prepared, or is not.")
@click.option("--leaks/--no-leaks", default=None, help="Only those whose v1 data gives test labels away, or does not.")
@click.option(
    "--search-score/--no-search-score", default=None, help="Only those that can have a search score, or cannot."
)
@click.option("--ids", is_flag=True, help="Print the ids alone, a line each: the form of a split file.")
@data_dir_option
@json_option
def list_(
    split: str | None,
    category: str | None,
    modality: str | None,
    max_gb: float | None,
    prepared: bool | None,
    leaks: bool | None,
    search_score: bool | None,
    ids: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """List competitions: split, category, metric, size, what data is here, leaks, and how many known issues."""
    rows = [
        row
        for row in (_facts(c, data_dir) for c in competitions(split))
        if _has(category, row["category"], row["task"])
        and _has(modality, row["modality"])
        and (max_gb is None or (row["size_gb"] is not None and row["size_gb"] <= max_gb))
        and (prepared is None or ("real" in row["data"]) == prepared)
        and leaks in (None, row["leaks"])
        and search_score in (None, row["search_score"])
    ]
    tell_faults()
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif not rows:
        none = split == "own" and not split_ids("own")
        mend = f"set {own.VARIABLE} to the folder of yours, or install its package" if none else "leave an option out"
        click.echo(f"no competition is like that; {mend}", err=ids)
    elif ids:
        click.echo("\n".join(row["id"] for row in rows))
    else:
        click.echo(text_table(_COLUMNS, [_cells(row) for row in rows], terminal_width()))


def _has(wanted: str | None, *texts: str) -> bool:
    return wanted is None or any(wanted.lower() in text.lower() for text in texts)


def _facts(found: Competition, data_dir: Path | None) -> dict[str, Any]:
    return {
        "id": found.id,
        "split": found.complexity,
        "category": found.category,
        "task": found.task,
        "modality": found.modality,
        "metric": found.metric,
        "better": "higher" if found.higher_is_better else "lower",
        "size_gb": found.dataset_size_gb,
        "data": _data_here(found, data_dir),
        "leaks": found.leaks,
        "search_score": found.search.why_not is None,
        "known_issues": len(found.known_issues),
    }


def _data_here(found: Competition, data_dir: Path | None) -> list[str]:
    """Which data is prepared: `real`, `real v2`, `miniature`."""
    stores = {
        "real": Store.open(data_dir, "real", "v1"),
        "real v2": Store.open(data_dir, "real", "v2"),
        "miniature": Store.open(data_dir, "miniature", "v1"),
    }
    return [name for name, store in stores.items() if store.is_prepared(found)]


def _cells(row: dict[str, Any]) -> list[str]:
    size = "" if row["size_gb"] is None else f"{row['size_gb']:g}"
    issues = str(row["known_issues"] or "")
    return [
        *(row["id"], row["split"], row["category"], row["metric"], row["better"]),
        *(size, ", ".join(row["data"]), "leak" if row["leaks"] else "", issues),
    ]


@cli.command()
@click.argument("competition_id", metavar="ID_OR_DIR")
@click.option("--description", is_flag=True, help="Print the text that agents read, as markdown.")
@data_dir_option
@json_option
def show(competition_id: str, description: bool, data_dir: Path | None, as_json: bool) -> None:
    """Show one competition: data, metric, thresholds, known issues, what revision v2 changes."""
    found = named(competition_id)
    if description:
        click.echo(found.description())
    elif as_json:
        click.echo(json.dumps(_facts(found, data_dir) | found.model_dump(mode="json"), indent=2))
    else:
        click.echo("\n".join(_page(found, data_dir)))


def _page(found: Competition, data_dir: Path | None) -> list[str]:
    """Lines of at most 80 characters, but for links and ids."""
    facts = _facts(found, data_dir)
    better = f"{facts['better']} is better"
    t = found.tiers
    joinable = "" if found.joinable else " (can no longer be joined, as users report)"
    store = Store.open(data_dir)
    pairs = {
        "split": _SPLIT_TOLD.get(found.complexity)
        or f"{found.complexity} (all{', lite' if found.complexity == 'low' else ''})",
        "task": f"{found.task}; {found.modality}",
        "category": found.category,
        "metric": f"{found.metric}, {better}",
        "thresholds": f"gold {t.gold:g}, silver {t.silver:g}, bronze {t.bronze:g}, median {t.median:g}"
        + (f"; {found.teams:,} teams" if found.teams else "")
        if t
        else "none: medals are not defined",
        "size": f"{found.dataset_size_gb:g} GB to download" if found.dataset_size_gb else "not known",
        "columns": _short_list([*found.submission.id_columns, *found.submission.target_columns]),
        "a row": found.submission.rows,
        "data here": ", ".join(facts["data"]) or f"none; run: {store.prepare_command([found.typed])}",
        "search score": f"none: {found.search.why_not}" if found.search.why_not else "can be had (-T search_score)",
        **(
            {"link": f"https://www.kaggle.com/c/{found.kaggle_slug}{joinable}"}
            if found.kaggle_slug
            else {"folder": str(found.folder)}
        ),
    }
    lines = [click.style(found.name, bold=True), ""]
    for name, text in pairs.items():
        lines += _wrapped(f"{name:13}", text)
    leaks = [i.text for i in found.known_issues if i.kind == "leak"]
    others = [i.text for i in found.known_issues if i.kind != "leak"]
    for title, texts in (
        *([("Leaks of v1", leaks)] if leaks else []),
        ("Other known issues of v1" if leaks else "Known issues of v1", others),
        *([("What v2 changes", found.v2_changes)] if "v2" in found.revisions else []),
    ):
        lines += ["", click.style(title, bold=True)]
        lines += [line for text in texts for line in _wrapped("- ", text)] or ["none"]
    run = f"inspect eval {task_of(found)} --model PROVIDER/NAME"
    return [*lines, "", f"Text for agents:  mlebench-inspect show {found.typed} --description", f"Run it:  {run}"]


_SPLIT_TOLD = {"dev": "dev, for development", "own": "own, of your own"}


def task_of(found: Competition) -> str:
    """What `inspect eval` calls it: its own task, or `own` with its folder where this process alone knows it."""
    if found.typed == found.id:
        return f"mlebench_inspect/{found.id}"
    return f"mlebench_inspect/own -T competitions_dir={found.folder}"


def _wrapped(first: str, text: str) -> list[str]:
    import textwrap

    blanks = " " * len(first)
    return textwrap.wrap(
        " ".join(text.split()),
        80,
        initial_indent=first,
        subsequent_indent=blanks,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _short_list(names: list[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
