"""Which results go into one row of figures: those of one identity, by the plans of their runs."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from logs import GIVEN, graded, write_log
from mlebench_inspect.reporting.comparison import compare
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.formats import render_report
from mlebench_inspect.reporting.records import Reading, ReportingError, Result, RunRecord
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.reporting.summaries import SettingReport
from mlebench_inspect.tasks import competitions

LOW = [c.id for c in competitions("low")][:4]
DAY = "2026-01-{:02}T00:00:00+00:00"


def rows(folder: Path, **options: Any) -> list[SettingReport]:
    return report(read_results([folder]), **options)


@pytest.mark.parametrize(
    ("other", "field", "told"),
    [
        ({"message_limit": 5}, "limits", "limits.message_limit is 5 (there not given)"),
        ({"given": {**GIVEN, "cpus": 4.0}}, "given_cpus", "given_cpus is 4.0 (there 8.0)"),
        ({"given": {**GIVEN, "image_id": "sha256:2222"}}, "given_image_id", "given_image_id is sha256:2222"),
        (
            {"answers": "b" * 64},
            "answers",
            "have the SHA-256 bbbbbbbbbbbb (there aaaaaaaaaaaa)",
        ),
    ],
)
def test_another_identity_is_a_row_of_its_own_until_the_user_pools(
    tmp_path: Path, other: dict[str, Any], field: str, told: str
) -> None:
    write_log(tmp_path, {LOW[0]: "g"}, task_id="a", created=DAY.format(1))
    write_log(tmp_path, {LOW[0]: "n"}, task_id="b", created=DAY.format(2), **other)
    found = rows(tmp_path)
    assert [(r.seeds, r.any_medal["all"].mean, r.variant) for r in found] == [(1, 100, 1), (1, 0, 2)]
    assert told in "\n".join(found[1].notes())
    assert "Not pooled" not in "\n".join(found[0].notes())
    text = render_report(found, "table")
    assert "react [2]" in text
    assert told in text
    (pooled,) = rows(tmp_path, pooled=[field])
    assert (pooled.seeds, pooled.any_medal["all"].mean) == (2, 50)
    assert "Pooled as asked" in "\n".join(pooled.notes())


def test_what_keeps_no_runs_apart_is_shown(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "g"}, task_id="a", packages={"inspect_ai": "0.3.285"}, max_samples=4)
    write_log(tmp_path, {LOW[0]: "n"}, task_id="b", packages={"inspect_ai": "0.3.290"}, max_samples=8)
    (found,) = rows(tmp_path)
    assert found.seeds == 2
    text = "\n".join(found.notes())
    assert "inspect_ai 0.3.285, 0.3.290" in text
    assert "max_samples: 4" in text
    assert "max_samples: 8" in text


def test_samples_of_one_log_with_different_things_given_are_rows(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "g", LOW[1]: "g"}, created=DAY.format(1))
    reading = read_results([tmp_path])
    first, second = reading.runs[0].results
    second = replace(second, fields={**second.fields, "given_cpus": 1.0})
    found = report(Reading((replace(reading.runs[0], results=(first, second)),)))
    assert [r.any_medal["all"].mean for r in found] == [50, 50]
    assert [r.not_run for r in found] == [[LOW[1]], [LOW[0]]]


def test_a_run_that_was_never_set_up_pools_with_what_agrees_in_its_header(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "g"}, task_id="a")
    write_log(tmp_path, {LOW[0]: "!"}, task_id="b")
    (found,) = rows(tmp_path)
    assert (found.seeds, found.any_medal["all"].mean) == (2, 50)
    write_log(tmp_path, {LOW[0]: "!"}, task_id="c", token_limit=7)
    assert [r.seeds for r in rows(tmp_path)] == [2, 1]


def test_a_run_without_any_score_has_a_headline(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "!!", LOW[1]: "?."})
    (found,) = rows(tmp_path)
    assert (found.any_medal["all"].mean, found.without_score) == (0, 4)
    assert found.percentile is not None
    assert found.percentile.mean == 0


def test_unknown_fields_name_the_nearest(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "g"})
    with pytest.raises(ReportingError, match="--pool limit: no such field; did you mean limits"):
        rows(tmp_path, pooled=["limit"])
    with pytest.raises(ReportingError, match="--pool revision: results of another revision are never pooled"):
        rows(tmp_path, pooled=["revision"])
    assert rows(tmp_path, pooled=["given_gpus", "answers"])


def test_a_pilot_does_not_narrow_a_comparison(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "g", LOW[1]: "n"}, task_id="a", solver="aide")
    write_log(tmp_path, {LOW[0]: "g", LOW[1]: "g"}, task_id="b", solver="react")
    write_log(tmp_path, {LOW[0]: "n"}, task_id="pilot", solver="react", created="2025-12-01T00:00:00+00:00")
    (table,) = compare(read_results([tmp_path]))
    assert table.competitions == sorted(LOW[:2])
    assert [r.any_medal["all"].mean for r in table.rows] == [50, 100]
    assert table.other_plans == ["react, mockllm/model [2] (1 competitions)"]


def test_a_sample_run_again_counts_once_and_a_score_before_an_error(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "g!", LOW[1]: "n!"}, created=DAY.format(1))
    write_log(tmp_path, {LOW[0]: "!n", LOW[1]: "g?"}, created=DAY.format(2))
    (found,) = rows(tmp_path)
    outcomes = {r.competition_id: r.outcomes for r in found.per_competition}
    assert outcomes == {LOW[0]: ["gold", "none"], LOW[1]: ["gold", "unscored"]}
    assert [c.reason for c in found.causes] == ["error"]


# generated plans

POOL = [c.id for level in ("low", "medium", "high") for c in competitions(level)][::6]
FIELDS = {"solver": "s", "model": "m", "data": "real", "revision": "v1", "given_cpus": 8}


def generated(
    rng: random.Random, ids: list[str], seeds: int, task: str, *, day: int = 1, group: str | None = None
) -> RunRecord:
    """A run with random outcomes, some samples without a score, some not run."""
    results = []
    for c in ids:
        for s in range(1, seeds + 1):
            letter = rng.choice("gsbnx-!.")
            if letter == "!":
                results.append(Result(c, s, "unscored", reason="unreachable", cause="x", fields=FIELDS))
            elif letter != ".":
                results.append(Result(c, s, "scored", graded(c, letter), fields=FIELDS, answers=c))
    return RunRecord(
        task=task,
        group=group or task,
        data="real",
        revision="v1",
        created=DAY.format(day),
        competitions=tuple(sorted(ids)),
        seeds=seeds,
        fields=FIELDS,
        noted={},
        hardware=None,
        results=tuple(results),
    )


def shards_of(rng: random.Random, run: RunRecord, group: str | None = None) -> list[RunRecord]:
    number = rng.randint(1, len(run.competitions))
    places = {c: rng.randrange(number) for c in run.competitions}
    found = []
    for place in sorted(set(places.values())):
        ids = [c for c in run.competitions if places[c] == place]
        results = tuple(r for r in run.results if r.competition in ids)
        name = f"{run.task}-{place}"
        found.append(replace(run, task=name, group=group or name, competitions=tuple(ids), results=results))
    return found


def figures(found: SettingReport) -> dict[str, Any]:
    return found.model_dump(exclude={"pooling", "variant"})


def whole_run(rng: random.Random) -> RunRecord:
    ids = rng.sample(POOL, rng.randint(2, len(POOL)))
    return generated(rng, ids, rng.randint(1, 3), "whole", day=rng.randint(2, 9))


@pytest.mark.parametrize("seed", range(60))
def test_shards_give_the_figures_of_the_whole(seed: int) -> None:
    rng = random.Random(seed)
    run = whole_run(rng)
    (expected,) = report(Reading((run,)))
    shards = shards_of(rng, run)
    rng.shuffle(shards)
    (found,) = report(Reading(tuple(shards)))
    assert figures(found) == figures(expected)


@pytest.mark.parametrize("seed", range(60))
def test_a_pilot_leaves_the_full_run_as_it_is(seed: int) -> None:
    rng = random.Random(seed)
    run = whole_run(rng)
    (expected,) = report(Reading((run,)))
    part = rng.sample(run.competitions, rng.randint(1, len(run.competitions) - 1))
    pilot = generated(rng, part, rng.randint(1, 3), "pilot", day=rng.choice([1, 1, 20]))
    # the full run as one, as an evaluation set of shards, as shards started by hand
    forms = [[run], shards_of(rng, run, group="set"), shards_of(rng, run)]
    for form in forms:
        logs = [*form, pilot]
        rng.shuffle(logs)
        found = report(Reading(tuple(logs)))
        assert figures(found[0]) == figures(expected)
        assert len(found) == 2
        assert "its plan is" in "\n".join(found[1].notes())


@pytest.mark.parametrize("seed", range(20))
def test_equal_plans_are_further_seeds(seed: int) -> None:
    rng = random.Random(seed)
    run = whole_run(rng)
    again = generated(rng, list(run.competitions), run.seeds, "again", day=20)
    (found,) = report(Reading((run, *shards_of(rng, again, group="set"))))
    assert found.seeds == 2 * run.seeds
    each = [report(Reading((r,)))[0].any_medal["all"].mean for r in (run, again)]
    assert found.any_medal["all"].mean == pytest.approx(sum(each) / 2)


def test_a_split_is_cut_out_before_plans_are_compared(tmp_path: Path) -> None:
    high = competitions("high")[0].id
    write_log(tmp_path, {LOW[0]: "g", LOW[1]: "g", high: "g"}, task_id="a", created=DAY.format(1))
    write_log(tmp_path, {LOW[0]: "n", LOW[1]: "n"}, task_id="b", created=DAY.format(2))
    assert [r.seeds for r in rows(tmp_path)] == [1, 1]
    (found,) = rows(tmp_path, split="low")
    assert (found.seeds, found.competitions) == (2, 22)
    assert found.any_medal["all"].mean == pytest.approx(100 * 2 / 22 / 2)


def test_runs_of_other_plans_and_numbers_of_seeds_stay_apart(tmp_path: Path) -> None:
    write_log(tmp_path, {LOW[0]: "gg", LOW[1]: "nn"}, task_id="a", created=DAY.format(1))
    write_log(tmp_path, {LOW[2]: "g"}, task_id="b", created=DAY.format(2))
    write_log(tmp_path, {LOW[1]: "gg", LOW[3]: "gg"}, task_id="c", created=DAY.format(3))
    found = rows(tmp_path)
    assert sorted((r.competitions, r.seeds, r.any_medal["all"].mean) for r in found) == [
        (1, 1, 100),
        (2, 2, 50),
        (2, 2, 100),
    ]


# one population


def test_development_is_shown_apart_and_in_no_figure(tmp_path: Path) -> None:
    dev = competitions("dev")[0].id
    write_log(tmp_path / "a", {LOW[0]: "gx", LOW[1]: "n-"})
    write_log(tmp_path / "b", {LOW[0]: "gx", LOW[1]: "n-", dev: "g!"})
    (without,), (mixed,) = rows(tmp_path / "a"), rows(tmp_path / "b")
    for name in ("by_category", "outcomes", "percentile", "pass_at_k", "without_score", "boardless"):
        assert getattr(mixed, name) == getattr(without, name), name
    assert mixed.any_medal == {**without.any_medal, "dev": mixed.any_medal["dev"]}
    assert mixed.any_medal["dev"].mean == 50
    write_log(tmp_path / "c", {dev: "g!"})
    (alone,) = rows(tmp_path / "c")
    assert alone.any_medal["all"].mean == 50
    assert alone.without_score == 1


def test_percentile_counts_everything(tmp_path: Path) -> None:
    """Of a gold, an invalid submission, a crash and a sample without a score, only the first adds to the mean."""
    ids = [c.id for c in competitions("low") if c.leaderboard()][:4]
    write_log(tmp_path, dict(zip(ids, ["gg", "x.", "c-", "!?"], strict=True)))
    (found,) = rows(tmp_path)
    gold = graded(ids[0], "g").percentile
    assert gold is not None
    assert found.percentile is not None
    assert found.percentile.mean == pytest.approx(gold / 4)
    assert (found.percentile.sem, found.percentile.competitions) == (0, 4)
    assert [r.percentile for r in found.per_competition if r.competition_id != ids[0]] == [0, 0, 0]
    assert found.reasons == {"agent_crashed": 1, "invalid_submission": 1, "no_submission": 1}
    for form in ("table", "markdown", "html"):
        assert f"{gold / 4:.2f} ± 0.00" in render_report([found], form)
        assert "agent_crashed" in render_report([found], form)
