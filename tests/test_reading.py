"""Reading logs: wherever they lie, whatever lies beside them, and every word of what went wrong."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import fsspec
import pytest
from click.testing import CliRunner, Result
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes

from logs import write_log
from mlebench_inspect.analysis import samples
from mlebench_inspect.cli import cli
from mlebench_inspect.plain import as_markdown
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.formats import render_report
from mlebench_inspect.reporting.records import ReportingError
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.tasks import competitions

LOW = [c.id for c in competitions("low")][:3]


def mlebench(*arguments: str | Path) -> Result:
    """A command in this process, where `memory://` is the same for the tests and the command."""
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def truncated(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def a_truncated_log(folder: Path) -> Path:
    path = Path(write_log(folder, {LOW[0]: "g"}, task_id="cut", created="2026-02-01T00:00:00+00:00"))
    truncated(path)
    return path


def an_empty_log(folder: Path) -> Path:
    path = folder / "2026-02-02T00-00-00+00-00_all_empty.eval"
    path.touch()
    return path


def another_benchmarks_log(folder: Path) -> Path:
    task = Task([Sample(input="x", target="x")], scorer=includes())
    (log,) = inspect_eval(task, model="mockllm/model", log_dir=str(folder), display="none")
    return Path(log.location.removeprefix("file://"))


def a_json_that_is_no_log(folder: Path) -> Path:
    path = folder / "2026-02-03T00-00-00+00-00_other.json"
    path.write_text('{"a": [1, 2]}', encoding="utf-8")
    return path


def no_json_at_all(folder: Path) -> Path:
    path = folder / "2026-02-04T00-00-00+00-00_other.json"
    path.write_bytes(random.Random(0).randbytes(500))
    return path


def our_own_grading_report(folder: Path) -> Path:
    path = folder / "2026-02-05T00-00-00-UTC_grading_report.json"
    path.write_text(json.dumps({"total_runs": 0, "competition_reports": []}), encoding="utf-8")
    return path


def a_log_of_an_unknown_competition(folder: Path) -> Path:
    path = Path(write_log(folder, {LOW[0]: "g"}, task_id="unknown", created="2026-02-06T00:00:00+00:00"))
    data = path.read_bytes()
    path.unlink()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(path, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(LOW[0].encode(), b"no-such-competition"))
    return path


Breaker = Callable[[Path], Path]
BROKEN: list[Breaker] = [
    a_truncated_log,
    an_empty_log,
    another_benchmarks_log,
    a_json_that_is_no_log,
    no_json_at_all,
    our_own_grading_report,
    a_log_of_an_unknown_competition,
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda b: b.__name__)
@pytest.mark.parametrize("command", ["report", "compare", "export"])
def test_one_broken_input_is_named_and_skipped(tmp_path: Path, broken: Breaker, command: str) -> None:
    folder = tmp_path / "logs"
    write_log(folder, {LOW[0]: "g", LOW[1]: "n"})
    path = broken(folder)
    options: list[str | Path] = ["--output-dir", tmp_path / "out"] if command == "export" else []
    result = mlebench(command, folder, *options)
    assert result.exit_code == 0, result.output
    assert f"skipped {path}: " in result.stderr
    assert len(result.stderr.splitlines()) == 1
    if command == "export":
        (file,) = (tmp_path / "out").iterdir()
        assert json.loads(file.read_text(encoding="utf-8"))["total_medals"] == 1
    else:
        assert "50.00 ± –" in result.stdout
        assert path.name in result.stdout.replace("\n", "")
    alone = mlebench(command, path, *options)
    assert isinstance(alone.exception, ReportingError)
    assert "no log of this benchmark" in str(alone.exception)
    assert path.name in str(alone.exception)


def test_a_lost_artefact_changes_nothing(tmp_path: Path) -> None:
    write_log(tmp_path / "logs", {LOW[0]: "g"})
    artifacts = tmp_path / "logs/artifacts/x"
    artifacts.mkdir(parents=True)
    before = report(read_results([tmp_path / "logs"]))
    shutil.rmtree(artifacts)
    assert report(read_results([tmp_path / "logs"])) == before


@pytest.mark.parametrize("cut", range(12))
def test_a_log_cut_anywhere_never_ends_in_a_traceback(tmp_path: Path, cut: int) -> None:
    write_log(tmp_path, {LOW[0]: "g"}, task_id="whole")
    path = Path(write_log(tmp_path, {LOW[0]: "n"}, task_id="cut", created="2026-02-01T00:00:00+00:00"))
    data = path.read_bytes()
    path.write_bytes(data[: random.Random(cut).randrange(len(data))])
    reading = read_results([tmp_path])
    assert [run.task for run in reading.runs] == ["whole"]
    assert [s.place for s in reading.skipped] == [str(path)]


def test_no_log_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ReportingError, match="no log of this benchmark"):
        read_results([tmp_path])
    with pytest.raises(ReportingError, match="no such log"):
        read_results([tmp_path / "no"])
    command = [sys.executable, "-m", "mlebench_inspect.cli", "report", str(tmp_path / "no")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize("letter", ["!", "?"])
def test_a_long_cause_is_whole_in_reports(tmp_path: Path, letter: str) -> None:
    words = " ".join(f"word{i}" for i in range(1500))
    cause = f"the data is not prepared: {words}; run: mlebench-inspect prepare"
    write_log(tmp_path, {LOW[0]: f"g{letter}"}, cause=cause)
    found = report(read_results([tmp_path]))
    assert [(c.cause, c.samples) for c in found[0].causes] == [(cause, [f"{LOW[0]} (seed 2)"])]
    for form in ("table", "markdown", "json", "html"):
        assert cause in render_report(found, form), form


def test_what_the_sandbox_was_given_is_read_whole(tmp_path: Path) -> None:
    for number in (1, 2):
        given = {"image_id": "x" * 2000 + str(number), "cpus": 1}
        write_log(tmp_path, {LOW[0]: "g"}, task_id=f"t{number}", given=given)
    assert len(report(read_results([tmp_path]))) == 2


def test_a_crash_with_a_score_is_scored(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "c"})
    (found,) = report(read_results([tmp_path]))
    assert (found.unscored, found.reasons) == ([], {"agent_crashed": 1})


def memory(tmp_path: Path) -> str:
    return f"memory://{uuid.uuid4().hex}"


def as_file_url(tmp_path: Path) -> str:
    return f"file://{tmp_path}/base"


def as_path(tmp_path: Path) -> str:
    return f"{tmp_path}/base"


def test_what_ended_a_run_is_counted(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "gc", LOW[1]: "n-"}, end="steps_used")
    (found,) = report(read_results([tmp_path]))
    assert found.ends == {"steps_used": 3, "exception": 1}
    assert [c.ends for c in found.per_competition] == [["steps_used", "exception"], ["steps_used"] * 2]
    assert "| steps used | 3 |" in render_report([found], "markdown")
    assert samples(tmp_path)["ended_by"].to_list() == ["steps_used", "exception", "steps_used", "steps_used"]


@pytest.fixture(params=["path", "file", "memory", "s3"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for logs and reports of each kind."""
    if request.param == "s3":
        return str(request.getfixturevalue("s3"))
    return {"path": as_path, "file": as_file_url, "memory": memory}[request.param](tmp_path)


def test_logs_and_reports_lie_anywhere(base: str, tmp_path: Path) -> None:
    outcomes = {LOW[0]: "gn!", LOW[1]: "cx."}
    write_log(tmp_path / "here", outcomes)
    location = write_log(f"{base}/logs", outcomes)
    long = "why " * 2000 + "in the end"
    write_log(f"{base}/logs", {LOW[0]: "!"}, task_id="long", token_limit=9, cause=long)
    with fsspec.open(f"{base}/logs/2026-02-03T00-00-00+00-00_other.json", "w") as file:
        file.write('{"a": 1}')
    expected, other = report(read_results([f"{base}/logs"]))
    (local,) = report(read_results([tmp_path / "here"]))
    assert expected == local
    assert [c.cause for c in other.causes] == [long]
    assert report(read_results([location])) == [local]

    page = f"{base}/out/report.html"
    result = mlebench("report", f"{base}/logs", "--format", "html", "--output", page)
    assert result.exit_code == 0, result.output
    assert "2026-02-03T00-00-00+00-00_other.json: " in result.stderr
    with fsspec.open(page, "r", encoding="utf-8") as file:
        assert "agent_crashed" in file.read()
    result = mlebench("compare", f"{base}/logs", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["row"] for row in rows if row["competition"] == "all"] == ["1", "2"]
    assert rows[0]["difference"] == ""
    assert rows[-1]["difference"] != ""
    result = mlebench("export", f"{base}/logs", "--output-dir", f"{base}/reports")
    assert result.exit_code == 0, result.output
    with fsspec.open(f"{base}/reports/react_mockllm-model_v1_seed1_grading_report.json", "r") as file:
        assert json.load(file)["total_gold_medals"] == 1
    assert "token_limit" in result.stderr
    with pytest.raises(ReportingError, match="no such log or folder"):
        read_results([f"{base}/nothing"])


def test_a_place_that_cannot_be_reached_is_one_line(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReportingError, match="no-such-bucket"):
        read_results(["s3://no-such-bucket/logs"])
    with pytest.raises(ReportingError, match="nowhere://x"):
        read_results(["nowhere://x"])


def test_a_report_is_as_readable_as_other_files(tmp_path: Path) -> None:
    write_log(tmp_path / "logs", {LOW[0]: "g"})
    (tmp_path / "other").touch()
    assert mlebench("report", tmp_path / "logs", "--output", tmp_path / "report").exit_code == 0
    assert (tmp_path / "report").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("command", ["report", "compare"])
def test_pool_on_the_command_line(tmp_path: Path, command: str) -> None:
    write_log(tmp_path, {LOW[0]: "g"}, task_id="a")
    write_log(tmp_path, {LOW[0]: "n"}, task_id="b", message_limit=5, answers="b" * 64)

    def seeds(*options: str) -> list[str]:
        table = mlebench(command, tmp_path, "--format", "csv", *options).stdout
        rows = list(csv.DictReader(io.StringIO(table)))
        return [row["seeds"] for row in rows if row.get("competition", "all") == "all"]

    assert seeds() == ["1", "1"]
    assert seeds("--pool", "limits, answers") == ["2"]
    assert seeds("--pool", "limits", "--pool", "answers") == ["2"]
    result = mlebench(command, tmp_path, "--pool", "limit")
    assert "did you mean limits" in str(result.exception)


def test_export_writes_a_file_for_each_row_and_seed(tmp_path: Path) -> None:
    write_log(tmp_path / "logs", {LOW[0]: "g"}, task_id="a")
    write_log(tmp_path / "logs", {LOW[0]: "n"}, task_id="b", message_limit=5)

    def names(*options: str) -> list[str]:
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        assert mlebench("export", tmp_path / "logs", "--output-dir", tmp_path / "out", *options).exit_code == 0
        return sorted(p.name.removesuffix("_grading_report.json") for p in (tmp_path / "out").iterdir())

    assert names() == ["react_mockllm-model_v1_row2_seed1", "react_mockllm-model_v1_seed1"]
    assert names("--pool", "limits") == ["react_mockllm-model_v1_seed1", "react_mockllm-model_v1_seed2"]


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "g"}, model="host/[red]a|b</td>")
    found = report(read_results([tmp_path]))
    assert "host/[red]a|b</td>" in render_report(found, "table")
    assert as_markdown("host/[red]a|b</td>") in render_report(found, "markdown")
    assert "host/[red]a|b&lt;/td&gt;" in render_report(found, "html")
