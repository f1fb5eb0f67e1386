"""What commands print fits the terminal, however narrow, and nothing is broken up to make it fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from logs import write_log
from mlebench_inspect import cli

IDS = (
    "spaceship-titanic",
    "jigsaw-unintended-bias-in-toxicity-classification",
    "nomad2018-predict-transparent-conductors",
)
COMMANDS = (
    *("list", "status", "status --split dev", "doctor", "show spaceship-titanic", "report LOGS", "compare LOGS"),
    "shards --hosts 3 --split all --eval-set",
)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    for number, solver in enumerate(("react", "mini_swe_agent", "a_solver_with_a_long_name_of_its_own")):
        outcomes = dict(zip(IDS, ("gsb", "nx-", "g!."), strict=True))
        write_log(folder, outcomes, solver=solver, model="openai/gpt-5.2-codex-2026-02-02", task_id=f"t{number}")
    return folder


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_line_fits(command: str, width: int, logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLEBENCH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", str(width))
    done = CliRunner().invoke(cli.cli, command.replace("LOGS", str(logs)).split(), catch_exceptions=False)
    lines = done.stdout.splitlines()
    assert len(lines) > 4
    assert [line for line in lines if len(line) > width and " " in line.strip()] == []  # a path stays whole
    if command.startswith(("report", "compare")):
        assert all(any(line.startswith(i[:20]) for line in lines) for i in IDS)
        headline = next(line for line in lines if line.startswith("solver"))
        assert {"model", "all", "percentile"} <= set(headline.split())


def test_a_narrow_terminal_shows_what_tells_rows_apart_before_empty_columns(tmp_path: Path) -> None:
    for data in ("miniature", "real"):
        write_log(tmp_path, {"spaceship-titanic": "g"}, solver="baseline", task_id=data, data=data)
    text = CliRunner(env={"COLUMNS": "80"}).invoke(cli.cli, ["report", str(tmp_path)], catch_exceptions=False).stdout
    (place,) = [k for k, line in enumerate(text.splitlines()) if line.startswith("solver")]
    head, *rows = (line.split() for line in text.splitlines()[place : place + 3])
    assert "data" in head
    assert "low" not in head
    assert {row[head.index("data") - len(head)] for row in rows} == {"real", "miniature"}


def test_a_pipe_gets_all_columns(logs: Path) -> None:
    text = CliRunner().invoke(cli.cli, ["report", str(logs)], catch_exceptions=False).stdout
    assert "no room here" not in text
    assert "\x1b" not in text
