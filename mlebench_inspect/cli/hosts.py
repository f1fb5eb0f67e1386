"""Commands for many hosts: shards."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mlebench_inspect.cli.group import FiniteRange, chosen, cli, ids_argument, json_option, split_option
from mlebench_inspect.tables import Column, terminal_width, text_table
from mlebench_inspect.tasks import SPLITS

if TYPE_CHECKING:
    from mlebench_inspect.run.balance import Shard

DAY = 24
"""Hours: the time limit of a sample where none is given."""


@cli.command()
@ids_argument
@split_option
@click.option("--hosts", type=click.IntRange(1, 10_000), required=True, help="How many hosts there are.")
@click.option("--epochs", type=click.IntRange(1), default=1, show_default=True, help="Seeds.")
@click.option(
    "--max-samples", type=click.IntRange(1), default=1, show_default=True, help="Samples at once on each host."
)
@click.option(
    "--hours", type=FiniteRange(0, min_open=True), default=DAY, show_default=True, help="A sample's time limit."
)
@click.option("--only", type=click.IntRange(1), metavar="K", help="Print the ids of shard K alone, commas between.")
@click.option("--eval-set", is_flag=True, help="For hosts with one folder of logs; given again, a command goes on.")
@click.option("--options", default="", metavar="TEXT", help="Put at the end of each command, such as '--model M'.")
@json_option
def shards(
    ids: tuple[str, ...],
    split: str | None,
    hosts: int,
    epochs: int,
    max_samples: int,
    hours: float,
    only: int | None,
    eval_set: bool,
    options: str,
    as_json: bool,
) -> None:
    """Share competitions out among hosts, balanced by time and data: a command for each host.

    A competition's seeds stay on one host. Equal arguments give equal shards on every host, so that each can ask for
    its own (--only). The logs of all hosts together are reported as one run; what a host never started counts as
    failed.
    """
    from mlebench_inspect.run.balance import balanced, sizes_of

    found = chosen(ids, split)
    parts = balanced(sizes_of(found), hosts, epochs=epochs, at_once=max_samples, hours=hours)
    task = _task(None if ids else split, [c.id for c in found])
    how = ["--epochs", str(epochs), "--max-samples", str(max_samples), *_limit(hours)]
    how += ["--log-dir-allow-dirty"] if eval_set else []
    commands = [_command("eval-set" if eval_set else "eval", task, shard, how) for shard in parts]
    if only is not None:
        if only > len(parts):
            raise click.BadParameter(f"there are {len(parts)} shards", param_hint="--only")
        click.echo(",".join(parts[only - 1].competitions))
    elif as_json:
        listed = [_plain(s, [*c, *shlex.split(options)]) for s, c in zip(parts, commands, strict=True)]
        click.echo(json.dumps(listed, indent=2))
    else:
        click.echo(_table(parts))
        for command in commands:
            click.echo(f"\n{_lines(command, options)}")


def _task(split: str | None, ids: Sequence[str]) -> list[str]:
    """The task whose parts the shards are, as words of a command."""
    if split is None:
        return ["mlebench_inspect/all", "-T", f"competitions={','.join(ids)}"]
    return [f"mlebench_inspect/{split}"] if split in SPLITS else ["mlebench_inspect/all", "-T", f"split_file={split}"]


def _limit(hours: float) -> list[str]:
    return [] if hours == DAY else ["--time-limit", str(round(hours * 3600))]


def _command(verb: str, task: Sequence[str], shard: Shard, how: Sequence[str]) -> list[str]:
    ids = ",".join(shard.competitions)
    return ["inspect", verb, *task, "-T", f"shard={shard.name}", *how, "--sample-id", ids]


def _lines(command: Sequence[str], options: str) -> str:
    """A command over several lines: its ids, which may be many, and more than a terminal has room for, on their own."""
    told = [shlex.quote(word) for word in command]
    places = [k for k, word in enumerate(told) if word in ("-T", "--epochs", "--sample-id")] + [len(told) - 1]
    lines = [" ".join(told[i:j]) for i, j in zip([0, *places], [*places, len(told)], strict=True)]
    return " \\\n  ".join([*lines, *([options] if options else [])])


def _table(parts: Sequence[Shard]) -> str:
    columns = [
        Column("shard"),
        Column("competitions", right=True),
        Column("samples", right=True),
        Column("GB of data", 1, right=True),
        Column("hours at most", right=True),
    ]
    rows = [[s.name, str(len(s.competitions)), str(s.samples), f"{s.gigabytes:.1f}", f"{s.hours:.0f}"] for s in parts]
    return text_table(columns, rows, terminal_width())


def _plain(shard: Shard, command: Sequence[str]) -> dict[str, object]:
    return {
        "shard": shard.name,
        "competitions": list(shard.competitions),
        "samples": shard.samples,
        "gigabytes": round(shard.gigabytes, 3),
        "hours": round(shard.hours, 2),
        "command": list(command),
    }
