"""Data frames: the population of reports, the same columns always, and a page of docs that does what it says."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inspect_ai import eval_retry
from inspect_ai.analysis import samples_df
from inspect_ai.solver import Generate, Solver, TaskState, solver

from logs import ANSWERS, CAUSE, write_log
from mlebench_inspect.analysis import runs, samples, snapshots
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.records import ReportingError
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.tasks import competition
from runs import run

DOC = Path(__file__).parents[1] / "docs/analysis.md"
IDS = (
    "leaf-classification",
    "spooky-author-identification",
    "random-acts-of-pizza",
    "nomad2018-predict-transparent-conductors",
)
FRAMES: list[Callable[[Any], pd.DataFrame]] = [samples, runs, snapshots]


def some_snapshots() -> list[dict[str, Any]]:
    blank = {"medal": "none", "percentile": 0.0, "valid_submission": True, "above_median": False, "score": 0.5}
    return [
        {**blank, "after": 1800},
        {**blank, "after": 5400, "medal": "bronze", "percentile": 92.5, "above_median": True, "score": 0.25},
        {**blank, "after": 6000, "score": None, "valid_submission": False, "percentile": None},
        {**blank, "after": 9000, "score": None, "graded": False, "valid_submission": False, "percentile": None},
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that the page in docs speaks of."""
    rows = some_snapshots()
    a = dict(zip(IDS, ("gn", "s!", "n.", "xn"), strict=True))
    b = dict(zip(IDS, ("gg", "sb", "n-", "bn"), strict=True))
    write_log(tmp_path / "logs", a, model="mockllm/a", task_id="a", snapshots=rows)
    write_log(tmp_path / "logs", b, model="mockllm/b", task_id="b", created="2026-01-02T00:00:00+00:00", snapshots=rows)
    return tmp_path / "logs"


def test_the_page_in_docs_says_what_comes_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", DOC.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) > 5
    for code, told in blocks:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, str(DOC), "exec"), names)
        assert [line.rstrip() for line in out.getvalue().splitlines()] == told.splitlines(), code


@pytest.mark.parametrize("make", FRAMES)
def test_columns_are_those_that_the_docstring_lists(make: Callable[[Any], pd.DataFrame], folder: Path) -> None:
    listed = dict(re.findall(r"^    \| `(\w+)` \| ([^|]+?) \|", make.__doc__ or "", re.MULTILINE))
    frame = make(folder)
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == listed
    assert list(frame.columns) == list(listed)
    assert len(frame)


@pytest.mark.parametrize("make", FRAMES)
def test_columns_are_the_same_where_there_is_nothing(
    make: Callable[[Any], pd.DataFrame], folder: Path, tmp_path: Path
) -> None:
    expected = make(folder).dtypes
    (tmp_path / "empty").mkdir()
    never = write_log(tmp_path / "never", {IDS[0]: "."}, task_id="never")
    empty: Any = []
    for places in (empty, tmp_path / "empty", never):
        frame = make(places)
        assert frame.dtypes.equals(expected), places
        assert len(frame) == (1 if places == never and make is not snapshots else 0)
    assert pd.concat([make([]), make(folder)]).dtypes.equals(expected)


@pytest.mark.parametrize("make", FRAMES)
def test_no_such_place_is_an_error(make: Callable[[Any], pd.DataFrame], tmp_path: Path) -> None:
    with pytest.raises(ReportingError, match="no such log or folder"):
        make(tmp_path / "nothing")


def test_what_is_no_log_is_left_out_with_a_warning(folder: Path) -> None:
    (folder / "broken.eval").write_text("x")
    with pytest.warns(UserWarning, match=r"left out .*broken.eval: cannot be read"):
        frame = samples(folder)
    assert len(frame) == 16


def test_samples_are_the_population_of_a_report(folder: Path) -> None:
    frame = samples(folder)
    reports = {r.model: r for r in report(read_results([folder]))}
    assert set(reports) == {"mockllm/a", "mockllm/b"}
    for model, rows in frame.groupby("model"):
        found = reports[str(model)]
        assert len(rows) == found.seeds * found.competitions
        for name in ("any_medal", "valid", "made", "above_median"):
            figure = found.any_medal["all"] if name == "any_medal" else found.outcomes[name]
            assert 100 * rows[name].fillna(False).mean() == pytest.approx(figure.mean), name
        assert sorted(rows.loc[rows["status"] != "scored", "status"]) == sorted(
            ["unscored"] * len(found.unscored) + ["not run"] * len(found.not_run)
        )
        assert rows["percentile"].fillna(0).mean() == pytest.approx(found.percentile.mean if found.percentile else 0)


def test_a_row_by_hand(folder: Path) -> None:
    frame = samples(folder).set_index(["model", "competition", "seed"])
    scored, unscored, absent = (frame.loc[("mockllm/a", *key)] for key in ((IDS[0], 1), (IDS[1], 2), (IDS[2], 2)))  # type: ignore[index]
    assert scored["score"] == competition(IDS[0]).thresholds.gold
    assert (scored["medal"], scored["any_medal"], scored["valid"], scored["snapshots"]) == ("gold", True, True, 4)
    assert (scored["complexity"], scored["metric"]) == ("low", "multiclass_log_loss")
    assert (scored["answers_sha256"], scored["time_limit"], scored["gpus"]) == (ANSWERS, 86400.0, 0)
    assert (unscored["status"], unscored["reason"], unscored["cause"]) == ("unscored", "setup_failed", CAUSE)
    assert absent["status"] == "not run"
    for name in ("score", "medal", "any_medal", "valid", "made", "percentile"):
        assert unscored[name] is pd.NA, name
        assert absent[name] is pd.NA, name
    assert absent["log"] is pd.NA
    assert absent["sample_id"] is pd.NA


def test_runs_have_the_figures_of_a_report(folder: Path) -> None:
    frame = runs(folder).set_index("model")
    for found in report(read_results([folder])):
        row = frame.loc[found.model]
        assert (row["any_medal"], row["any_medal_sem"]) == (found.any_medal["all"].mean, found.any_medal["all"].sem)
        assert row["percentile"] == (found.percentile.mean if found.percentile else None)
        assert row["not_run"] == len(found.not_run)
        assert row["unscored"] == len(found.unscored)
        assert row["identity"] == found.identity
        for name in ("gold", "silver", "bronze", "above_median", "valid", "made"):
            assert row[name] == found.outcomes[name].mean


def test_snapshots_by_hand(folder: Path) -> None:
    frame = snapshots(folder)
    assert len(frame) == 4 * (6 + 8)  # of each sample with a score
    one = frame[(frame["model"] == "mockllm/a") & (frame["competition"] == IDS[0]) & (frame["seed"] == 1)]
    assert one["after"].to_list() == [1800, 5400, 6000, 9000]
    assert one["number"].to_list() == [1, 2, 3, 4]
    assert one["medal"].to_list() == ["none", "bronze", "none", pd.NA]
    assert one["valid"].to_list() == [True, True, False, pd.NA]
    assert one["graded"].to_list() == [True, True, True, False]
    assert one["score"].to_list() == [0.5, 0.25, pd.NA, pd.NA]


@solver
def only_at_first() -> Solver:
    """An agent whose second sample fails through its model's fault the first time."""
    seen: list[int] = []

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if state.epoch == 2 and not seen:
            seen.append(1)
            raise RuntimeError("away")
        return state

    return solve


def test_what_was_run_again_has_one_row_with_inspects_own_columns(tmp_path: Path) -> None:
    first = run(tmp_path, only_at_first(), epochs=2)
    again = eval_retry(first, log_dir=str(tmp_path / "logs"), display="none")
    assert len(again) == 1
    frame = samples(tmp_path / "logs")
    assert frame["seed"].to_list() == [1, 2]
    assert frame["sample_id"].notna().all()
    assert frame["working_time"].notna().all()
    assert set(frame["sample_id"]) <= set(samples_df(str(tmp_path / "logs"), quiet=True)["sample_id"])
    (row,) = runs(tmp_path / "logs").to_dict("records")
    assert row["logs"] == 2
    assert row["eval_id"] == again[0].eval.eval_id
