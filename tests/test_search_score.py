"""Runs in which a part of the training data is held back and candidates are scored on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessage, ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolInfo

from agents.scripted import calls, says, scripted, turn
from bundled import bundle
from mlebench_inspect._inspect import prerequisite_error
from mlebench_inspect.agents import dummy
from mlebench_inspect.agents.react import react
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.bundles.opening import open_bundle
from mlebench_inspect.cli import cli
from mlebench_inspect.data.ensure import ensure_miniature, ensure_prepared
from mlebench_inspect.data.errors import NotPreparedError, PreparationError
from mlebench_inspect.data.jobs import Job, ignore
from mlebench_inspect.data.runner import run_job
from mlebench_inspect.data.store import Store
from mlebench_inspect.reporting.logs import read_run
from mlebench_inspect.reporting.pooling import pool
from mlebench_inspect.reporting.records import Reading
from mlebench_inspect.run import search_score
from mlebench_inspect.run.search_score import SearchScores, score_predictions, told
from mlebench_inspect.tasks import competition, competition_ids, competitions, searching
from runs import run, score, shell

SAMPLE = "data/held_back/sample_submission.csv"


@solver
def asks(script: str, paths: list[str]) -> Solver:
    """Runs a script, then has files scored by the tool."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state = await shell(script)(state, generate)
        state.output.completion = "\n".join([str(await score_predictions()(path)) for path in paths])
        return state

    return solve


def answers(log: EvalLog) -> list[str]:
    assert log.samples
    return log.samples[0].output.completion.splitlines()


def test_candidates_are_scored_on_held_back_training_data(tmp_path: Path) -> None:
    script = f"cp {SAMPLE} same.csv; sed 's/False/True/' {SAMPLE} >turned.csv; echo a,b >broken.csv"
    log = run(tmp_path, asks(script, ["same.csv", "turned.csv", "broken.csv", "none.csv"]), search_score=0.1)
    same, turned, broken, none = answers(log)
    scores = [float(re.findall(r"0\.\d+", line)[0]) for line in (same, turned)]
    assert sum(scores) == pytest.approx(1)
    assert "(accuracy, higher is better)" in same
    assert broken.startswith("Invalid: ")
    assert "PassengerId" in broken
    assert none == "Invalid: there is no file none.csv."
    meta = score(log).metadata or {}
    assert meta["search_score"] == 0.1
    assert meta["search"] == {"asked": 4, "scored": 2, "last": scores[1]}
    assert log.samples
    noted = log.samples[0].store_as(SearchScores)
    assert [s for _, s in noted.scores] == [*scores, None, None]


def test_a_run_says_what_it_is_everywhere(tmp_path: Path) -> None:
    log = run(tmp_path / "with", dummy(), search_score=0.1)
    without = run(tmp_path / "without", dummy())
    assert log.samples
    assert without.samples
    assert "held_back" in str(log.samples[0].input)
    assert "held_back" not in str(without.samples[0].input)
    assert (log.eval.metadata or {})["search_score"] == 0.1
    assert "search score 0.1" in (log.eval.tags or [""])[0]
    one, other = (score(found).metadata or {} for found in (log, without))
    assert one["identity"] != other["identity"]
    assert one["run_identity"]["fields"]["search_score"] == 0.1
    assert one["answers_sha256"] == other["answers_sha256"]
    assert one["run_identity"]["data"]["spaceship-titanic"]["held_back"]
    assert "search_score" not in other


def test_reports_never_put_it_into_a_row_with_others(tmp_path: Path) -> None:
    logs = [run(tmp_path / str(share), dummy(), search_score=share) for share in (None, 0.1, 0.2)]
    runs = [found for log in logs for found in read_run(log.location)]
    rows = pool(Reading(tuple(runs)))
    assert [row.setting.conditions for row in rows] == ["", "search score 0.1", "search score 0.2"]


def test_a_bundle_keeps_the_setting_and_every_score(tmp_path: Path) -> None:
    run(tmp_path, asks("true", [SAMPLE, "none.csv"]), search_score=0.1)
    bundle(tmp_path / "logs", tmp_path / "result.zip")
    ((record, (sample,)),) = open_bundle(tmp_path / "result.zip").runs
    assert record.fields["search_score"] == 0.1
    assert [s.answer.partition(":")[0] for s in sample.scorings] == ["Score on the held-back part", "Invalid"]
    assert sample.data["spaceship-titanic"]["held_back"]


def test_what_cannot_be_held_back_stops_the_run_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(type(prerequisite_error("")), match="vesuvius-challenge-ink-detection has no search score: its"):
        run(tmp_path, dummy(), task="vesuvius-challenge-ink-detection", search_score=0.1, data_dir=str(tmp_path / "d"))
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("share", [0, 0.6, "x", "nan"])
def test_a_share_is_between_0_and_a_half(share: Any) -> None:
    with pytest.raises(type(prerequisite_error("")), match="-T search_score"):
        TASKS["spaceship-titanic"](data="miniature", search_score=share)


@pytest.mark.parametrize("actions", ["tools", "text"])
@pytest.mark.parametrize("share", [None, 0.1])
def test_the_default_agent_has_the_tool_where_there_is_something_to_score(
    tmp_path: Path, actions: Any, share: float | None
) -> None:
    seen: list[str] = []

    def script(messages: list[ChatMessage], tools: list[ToolInfo]) -> ModelOutput:
        seen.append(" ".join(t.name for t in tools) + " ".join(m.text for m in messages))
        if turn(messages) == 0 and share:
            call = calls("score_predictions", {"path": SAMPLE})
            return call if actions == "tools" else says(f"```score\n{SAMPLE}\n```")
        reason = "give_up: nothing was asked for"
        return calls("submit", {"answer": reason}) if actions == "tools" else says(f"```submit\n{reason}\n```")

    log = run(
        tmp_path,
        react(actions=actions, compaction=0),  # type: ignore[arg-type]
        model=scripted(script),
        search_score=share,
        allow_local=True,
    )
    assert log.samples
    assert log.samples[0].error is None
    assert ("score_predictions" in seen[0] or "```score" in seen[0]) is (share is not None)
    assert log.samples[0].store_as(SearchScores).count == (1 if share else 0)
    assert ("Score on the held-back part: 0." in seen[-1]) is (share is not None)


def test_there_are_limits_in_a_minute_and_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_score, "MAX_SCORES_A_MINUTE", 2)
    _, _, third = answers(run(tmp_path, asks("true", [SAMPLE] * 3), search_score=0.1))
    assert third == "No more than 2 predictions a minute are scored; ask again later."
    monkeypatch.setattr(search_score, "MAX_SCORES", 1)
    _, second = answers(run(tmp_path, asks("true", [SAMPLE] * 2), search_score=0.1))
    assert second == "No more than 1 predictions are scored in one run."


def test_what_cannot_be_scored_is_answered_without_the_labels() -> None:
    found = competition("spaceship-titanic")
    invalid = found.report(None, exists=True, error="a column is missing")
    assert told(invalid.model_copy(update={"detail": "a label"})) == "Invalid: a column is missing."
    undefined = found.report(float("nan"), exists=True, error=None)
    assert told(undefined).startswith("The predictions are valid, but the metric is nan")


def test_the_data_is_made_by_command_once_and_shares_what_is_unchanged(tmp_path: Path) -> None:
    command = ["miniature", "dog-breed-identification", "--data-dir", str(tmp_path), "--search-score", "0.1"]
    made = CliRunner().invoke(cli, command)
    assert made.exit_code == 0, made.output
    assert "-T search_score=0.1" in made.output
    found = competition("dog-breed-identification")
    store = Store.open(tmp_path, "miniature", search_score=0.1)
    folder = store.searched(found)
    before = folder.stat().st_ino
    assert CliRunner().invoke(cli, command).exit_code == 0
    assert folder.stat().st_ino == before
    assert folder.name == "prepared-search-0.1"
    assert (folder / "private").stat().st_mode & 0o077 == 0
    own = [p for p in (folder / "public").rglob("*") if p.is_file() and p.stat().st_nlink == 1]
    assert {p.suffix for p in own} == {".csv"}, "pictures are links"
    assert not [p for p in store.folder(found).iterdir() if p.name.endswith((".partial", ".scratch"))]


def test_what_is_prepared_is_neither_made_nor_asked_for_again(tmp_path: Path) -> None:
    found, prepared = competition("spaceship-titanic"), Store.open(tmp_path)
    found.make_miniature(tmp_path / "made")
    found.prepare(tmp_path / "made", prepared.public(found), prepared.private(found))
    before = prepared.prepared(found).stat().st_ino
    command = ["prepare", found.id, "--data-dir", str(tmp_path), "--no-verify", "--search-score", "0.2"]
    made = CliRunner().invoke(cli, command)
    assert made.exit_code == 0, made.output
    assert "credentials: not needed" in made.output
    assert prepared.prepared(found).stat().st_ino == before
    assert Store.open(tmp_path, search_score=0.2).is_ready(found)
    with pytest.raises(NotPreparedError, match=r"run: mlebench-inspect prepare .*--search-score 0\.3"):
        ensure_prepared(Store.open(tmp_path, search_score=0.3), [found])


def test_miniature_data_is_not_made_anew_for_a_held_back_part(tmp_path: Path) -> None:
    found, plain = competition("spaceship-titanic"), Store.open(tmp_path, "miniature")
    ensure_miniature(plain, [found])
    before = plain.prepared(found).stat().st_ino
    ensure_miniature(Store.open(tmp_path, "miniature", search_score=0.1), [found])
    assert plain.prepared(found).stat().st_ino == before


def test_what_cannot_be_drawn_is_said_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_TRIES", 0)
    job = Job(competition="spaceship-titanic", data_dir=tmp_path, data="miniature", search_score=0.1)
    with pytest.raises(PreparationError, match=r"spaceship-titanic: nothing can be held back: a share of 0\.1"):
        run_job(job, ignore)
    assert [p.name for p in job.store.folder(competition(job.competition)).iterdir() if "search" in p.name] == []


def test_show_says_whether_a_competition_has_a_search_score() -> None:
    with_one = CliRunner().invoke(cli, ["show", "spaceship-titanic"]).output
    without = CliRunner().invoke(cli, ["show", "vesuvius-challenge-ink-detection"]).output
    assert "search score" in with_one
    assert "too few to hold one back" in " ".join(without.split())


def test_the_docs_name_each_competition_without_a_search_score() -> None:
    text = (Path(__file__).parents[1] / "docs/search-score.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([\w-]+) \| (.+) \|$", text, re.MULTILINE))
    rows.pop("competition")
    assert rows == {i: why for i in competition_ids() if (why := competition(i).search.why_not)}


def test_a_split_is_run_without_those_that_have_none(tmp_path: Path) -> None:
    """All that lack it are named at once, and the list makes the split file of the others."""
    with pytest.raises(prerequisite_error("").__class__) as raised:
        TASKS["low"](data="miniature", sandbox="local", data_dir=str(tmp_path), search_score=0.1)
    lacking = [c.id for c in competitions("low") if c.search.why_not]
    assert len(lacking) > 1
    assert all(name in str(raised.value) for name in lacking)
    assert "list --search-score --ids" in str(raised.value)
    ids = CliRunner().invoke(cli, ["list", "--split", "low", "--search-score", "--ids"]).stdout.split()
    assert sorted([*ids, *lacking]) == sorted(c.id for c in competitions("low"))
    (tmp_path / "low.txt").write_text("\n".join(ids), encoding="utf-8")
    assert [c.id for c in competitions(str(tmp_path / "low.txt"))] == ids
