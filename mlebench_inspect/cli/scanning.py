"""The command `scan`: were the results in logs earned?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlebench_inspect.cli.group import cli, data_dir_option, json_option
from mlebench_inspect.cli.results import logs_argument
from mlebench_inspect.violations.questions import QUESTIONS, Question
from mlebench_inspect.violations.verdicts import Verdict

if TYPE_CHECKING:
    from mlebench_inspect.violations.scanning import Progress, Scanned

COLOURS = {"clean": "green", "suspect": "yellow", "violation": "red", "undecided": "cyan"}


def _judge(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> str | None:
    """The model of `judge=MODEL`, which is the only role."""
    for given in value[:-1]:
        raise click.BadParameter(f"{given}: there is one judge; name it once")
    if not value:
        return None
    role, _, model = value[0].partition("=")
    if role != "judge" or not model:
        raise click.BadParameter(f"{value[0]}: write judge=PROVIDER/NAME, such as judge=openai/gpt-5")
    return model


@cli.command()
@logs_argument
@click.option(
    "--model-role",
    "judge",
    multiple=True,
    callback=_judge,
    metavar="judge=MODEL",
    help="A model that rules on what the filter cannot; without one nothing is asked and nothing costs.",
)
@click.option("--question", "questions", multiple=True, type=click.Choice(QUESTIONS), help="Ask only this; repeatable.")
@click.option("--scans", metavar="DIR", help="Write results there [default: scans, beside the logs].")
@click.option("--again", is_flag=True, help="Scan also what has a verdict by the same judge.")
@click.option("--leave-logs", is_flag=True, help="Do not note the verdicts in the logs.")
@data_dir_option
@json_option
def scan(
    logs: tuple[str, ...],
    judge: str | None,
    questions: tuple[Question, ...],
    scans: str | None,
    again: bool,
    leave_logs: bool,
    data_dir: Path | None,
    as_json: bool,
) -> int:
    """Ask five questions of every sample in logs: was its result earned within the rules?"""
    from mlebench_inspect.violations.scanning import scan_logs

    with _progress() as progress:
        found = scan_logs(
            logs,
            questions=questions or QUESTIONS,
            judge=judge,
            scans=scans,
            data_dir=str(data_dir) if data_dir else None,
            again=again,
            leave_logs=leave_logs,
            progress=progress,
        )
    for line in found.skipped:
        click.echo(f"mlebench-inspect: skipped {line}", err=True)
    for line in found.failed:
        click.echo(f"mlebench-inspect: {line}", err=True)
    shown = _as_json if as_json else _as_table
    click.echo(shown(found, questions or QUESTIONS))
    return 1 if found.failed else 0


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar on stderr for people, from the start; nothing on a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label="scanning", file=sys.stderr, show_pos=True) as bar:
        bar.render_progress()

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show


def _as_table(found: Scanned, questions: tuple[Question, ...]) -> str:
    """A row for each question that is not answered with clean, and one row for all others of a sample."""
    from mlebench_inspect.tables import Column, terminal_width, text_table, wrapped

    columns = [
        Column("competition"),
        Column("seed", right=True),
        Column("question"),
        Column("ruling", colour=lambda cell: COLOURS.get(cell)),
        Column("by", rank=1),
        Column("first evidence"),
    ]
    rows = []
    for sample in sorted(found.samples, key=lambda s: (s.log, s.competition, s.seed)):
        verdicts = [v for v in found.verdicts.get(sample.uuid, ()) if v.question in questions]
        about = [sample.competition, str(sample.seed)]
        for v in (v for v in verdicts if v.ruling != "clean"):
            first = f"{v.evidence[0].why}: {v.evidence[0].quote}" if v.evidence else v.note
            rows.append([*about, v.question, v.ruling, v.by, " ".join(first.split())[:200]])
        clean = [v for v in verdicts if v.ruling == "clean"]
        if clean:
            by = ", ".join(dict.fromkeys(v.by for v in clean))
            rows.append([*about, _of(clean, len(verdicts)), "clean", by, ""])
    width = terminal_width()
    told = [wrapped(f"scans: {folder}", width, others="  ") for folder in found.scans]
    return "\n".join([text_table(columns, rows, width), "", *told])


def _of(clean: list[Verdict], verdicts: int) -> str:
    if len(clean) == 1:
        return clean[0].question
    return f"all {len(clean)}" if len(clean) == verdicts else f"the other {len(clean)}"


def _as_json(found: Scanned, questions: tuple[Question, ...]) -> str:
    samples = [
        {
            **{"competition": s.competition, "seed": s.seed, "uuid": s.uuid, "log": s.log},
            "verdicts": [v.model_dump(mode="json") for v in found.verdicts.get(s.uuid, ()) if v.question in questions],
        }
        for s in found.samples
    ]
    return json.dumps({"samples": samples, "failed": found.failed, "skipped": found.skipped}, indent=2)
