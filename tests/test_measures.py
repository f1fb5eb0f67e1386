"""Measures against calculations by hand: literal figures over few competitions."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import click
import pytest
from inspect_ai.scorer import SampleScore, Score

from mlebench_inspect.reporting.cutting import cut, seconds_of
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.formats import render_report
from mlebench_inspect.reporting.measures import kaplan_meier
from mlebench_inspect.reporting.records import Reading, ReportingError, Usage
from mlebench_inspect.reporting.validity import KINDS, invalid_kind
from mlebench_inspect.run.figures import medals, pass_hat_k
from mlebench_inspect.tasks import Competition, competition, competitions
from results import HOUR, one, result, run

# sample submissions score 0.0 (gold 0.72689), 0.21174 (gold 0.05589, lower is better), and no number
TWEET, NOMAD = "tweet-sentiment-extraction", "nomad2018-predict-transparent-conductors"
PATENT = "us-patent-phrase-to-phrase-matching"
LOW = "aerial-cactus-identification"
MEDIUM = "AI4Code"
LEAKY = "denoising-dirty-documents"


def test_kaplan_meier_with_ties_and_censoring() -> None:
    # at 2: two of six; the one that is censored at 3 is still at risk then: one of four; at 5: the last one
    lives = [(2.0, True), (2.0, True), (3.0, True), (3.0, False), (4.0, False), (5.0, True)]
    assert kaplan_meier(lives) == pytest.approx({2.0: 4 / 6, 3.0: 0.5, 5.0: 0.0})
    assert kaplan_meier([(1.0, False)]) == {}
    assert kaplan_meier([]) == {}


def test_medals_over_time() -> None:
    limit = {"time_limit": 10 * HOUR}
    found = one(
        [
            # bronze at 2, invalid at 4 (what was valid stands), none at 6, and gold in the end, at 8
            result(TWEET, 1, "g", hours=8, snapshots=[(2, "b"), (4, "x"), (6, "n")], **limit),
            # silver at 2 and lost at the end, T; it ran on after its limit
            result(TWEET, 2, "n", hours=10.2, snapshots=[(2, "s"), (5, "?")], **limit),
            result(NOMAD, 1, "b", hours=5, **limit),  # took none: nothing until its end, at 5
            result(NOMAD, 2, "?", hours=1, **limit),  # no score, so nothing ever
            result(PATENT, 1, "x", hours=10, snapshots=[], **limit),
            # PATENT in seed 2 was not run
        ]
    ).over_time
    assert found is not None
    assert found.limit_hours == 10
    assert found.hours == [0, 2, 5, 6, 8, 10]
    # of six: 0, both spaceships, nomad as well, without the first, with it again, without the second
    assert found.any_medal == pytest.approx([0, 200 / 6, 50, 200 / 6, 50, 200 / 6])
    # the first medals come at 2, 2 and 5
    assert found.without_medal == pytest.approx([1, 4 / 6, 3 / 6, 3 / 6, 3 / 6, 3 / 6])
    # (2 * 0 + 3 * 2/6 + 1 * 3/6 + 2 * 2/6 + 2 * 3/6) / 10
    assert found.area == pytest.approx(100 * (1 + 0.5 + 4 / 6 + 1) / 10)
    # lost in seed 2 alone: 0 and 1 of three
    assert found.selection_gap.mean == pytest.approx(100 / 6)
    assert found.selection_gap.sem == pytest.approx(100 / 6)
    assert found.selection_gap.competitions == 3


def test_over_time_ends_with_the_plain_figure_and_is_there_for_snapshots_alone() -> None:
    taken = [result(TWEET, 1, "g", hours=3, snapshots=[]), result(NOMAD, 1, "n", hours=4, snapshots=[(1, "g")])]
    found = one(taken)
    assert found.over_time is not None
    assert found.over_time.limit_hours == 4  # no limit: the longest run
    assert found.over_time.any_medal[-1] == found.any_medal["all"].mean == 50
    assert found.over_time.selection_gap.mean == 50
    assert found.over_time.selection_gap.sem is None
    assert one([result(TWEET, 1, "g", hours=3)]).over_time is None


def test_a_run_with_a_shorter_limit_is_censored_there() -> None:
    found = one(
        [
            result(TWEET, 1, "n", hours=2, time_limit=2 * HOUR, snapshots=[]),
            result(NOMAD, 1, "g", hours=4, time_limit=4 * HOUR, snapshots=[(3, "g")]),
        ]
    ).over_time
    assert found is not None
    assert (found.hours, found.without_medal) == ([0, 3, 4], [1, 0, 0])  # at 3 it is one of one


def test_pass_hat_k_is_the_share_of_subsets_that_win_throughout() -> None:
    for n in range(1, 8):
        for c in range(n + 1):
            for k in range(1, n + 1):
                subsets = list(combinations(range(n), k))
                assert pass_hat_k(n, c, k) == pytest.approx(sum(max(s) < c for s in subsets) / len(subsets))


def test_pass_hat_k_of_a_row() -> None:
    # of three seeds: 2 medals (one has no score), 3, and 0 (one was not run)
    rows = {TWEET: "g?s", NOMAD: "bbb", PATENT: "nx"}
    results = [result(c, s, letter) for c, letters in rows.items() for s, letter in enumerate(letters, 1)]
    found = one(results)
    # C(2,k)/C(3,k): 2/3, 1/3, 0
    assert found.pass_hat_k == pytest.approx({1: 100 * 5 / 9, 2: 100 * 4 / 9, 3: 100 / 3})
    assert found.pass_at_k == pytest.approx({1: 100 * 5 / 9, 2: 200 / 3, 3: 200 / 3})
    assert one([result(TWEET, 1, "g")]).pass_hat_k == {}


def test_the_normalised_score() -> None:
    assert competition(TWEET).normalised(0.72689) == 1
    assert competition(TWEET).normalised(0.0) == 0
    assert competition(NOMAD).normalised(0.05589) == 1
    assert competition(NOMAD).normalised(0.21174) == 0
    assert competition(PATENT).normalised(0.5) is None
    found = one(
        [
            result(TWEET, 1, 0.363445),  # half of the way
            result(TWEET, 2, 0.9),  # beyond gold
            result(NOMAD, 1, 0.4),  # worse than the sample submission
            result(NOMAD, 2, "?"),
            result(PATENT, 1, "g"),  # undefined
            result(PATENT, 2, "x"),
        ]
    )
    assert found.normalised is not None
    assert found.normalised.mean == pytest.approx((25 + 50) / 2)
    assert found.normalised.sem == pytest.approx(12.5)
    assert found.normalised.competitions == 2
    rows = {r.competition_id: r.normalised for r in found.per_competition}
    assert rows[TWEET] == pytest.approx([0.5, 0.9 / 0.72689])
    assert rows[NOMAD] == [pytest.approx((0.4 - 0.21174) / (0.05589 - 0.21174)), None]
    assert rows[PATENT] == [None, None]
    assert any("over the 2 competitions whose sample submission's score is known" in n for n in found.notes())


@pytest.mark.parametrize(("data", "revision"), [("miniature", "v1"), ("real", "v2"), ("real", "v1 (run on v2)")])
def test_nothing_is_normalised_off_the_published_split(data: str, revision: str) -> None:
    kind = {"data": data, "revision": revision[:2]}
    found = one([result(TWEET, 1, "g", **kind)], data=data, revision=revision)
    assert found.normalised is None
    assert found.per_competition[0].normalised == [None]


@pytest.mark.parametrize("kind", [("real", "v1", "v1"), ("miniature", "v1", "v1"), ("real", "v2", "v1")])
def test_the_log_has_what_the_report_has(kind: tuple[str, str, str]) -> None:
    data, revision, ran = kind
    plan = {"task": "t", "seeds": 2, "competitions": {c: {"complexity": "low"} for c in (TWEET, NOMAD)}}
    scores = []
    for competition_id, seed, score in ((TWEET, 1, 0.363445), (TWEET, 2, 0.9), (NOMAD, 1, 0.13)):
        about = {"competition": competition_id, "seed": seed, "plan": plan, "data": data, "revision": revision}
        values = {"any_medal": int(score == 0.9), "valid": 1, "made": 1, "score": score}
        meta = about | {"run_data": data, "run_revision": ran}
        scores.append(SampleScore(score=Score(value=values, metadata=meta)))  # type: ignore[arg-type]
    found = medals()(scores)  # type: ignore[arg-type]
    assert isinstance(found, dict)
    assert found["pass_hat_2"] == 0
    if kind == ("real", "v1", "v1"):
        # by seed: 0.5 and (0.13 - 0.21174) / (0.05589 - 0.21174) = 0.524479...; 1 and nothing
        assert found["normalised"] == pytest.approx((51.22393 + 50) / 2)
        assert found["normalised_sem"] == pytest.approx((51.22393 - 50) / 2, abs=1e-5)
        assert found["normalised_competitions"] == 2
    else:
        assert "normalised" not in found


KNOWN = [c for c in competitions() if c.sample_submission_score is not None]


@pytest.mark.parametrize("found", KNOWN, ids=lambda c: c.id)
def test_the_sample_submission_lies_below_all_medals(found: Competition) -> None:
    places = [found.normalised(getattr(found.thresholds, tier)) for tier in ("gold", "silver", "bronze", "median")]
    assert places[0] == 1
    assert all(p is not None and 0 < p <= 1 for p in places[:3])


def test_what_the_documentation_counts() -> None:
    assert sum(c.leaks for c in competitions("all")) == 18
    assert len(KNOWN) == 31
    assert sum(c.complexity != "dev" for c in KNOWN) == 26


def test_percentiles_by_complexity_and_category() -> None:
    rows = {LOW: "gx", LEAKY: "?n", MEDIUM: "gg"}
    found = one([result(c, s, letter) for c, letters in rows.items() for s, letter in enumerate(letters, 1)])
    best = {r.competition_id: r.percentiles[0] for r in found.per_competition}
    low, medium = found.percentile_by_complexity["low"], found.percentile_by_complexity["medium"]
    gold = best[LOW]
    assert gold is not None
    # by seed: (its gold + 0) / 2, then 0
    assert (low.mean, low.sem, low.competitions) == (gold / 4, gold / 4, 2)
    assert (medium.mean, medium.sem, medium.competitions) == (best[MEDIUM], 0, 1)
    assert found.percentile_by_category["Image To Image"].mean == 0
    assert "| medium | 100.00 ± 0.00 |" in render_report([found], "markdown")


def test_leaky_competitions_are_taken_out() -> None:
    assert competition(LEAKY).leaks
    assert not competition(LOW).leaks
    rows = {LEAKY: "gg", LOW: "gn", NOMAD: "?n"}
    results = [result(c, s, letter) for c, letters in rows.items() for s, letter in enumerate(letters, 1)]
    found = one(results)
    assert found.any_medal["all"].mean == pytest.approx(50)
    assert found.without_leaks is not None
    assert (found.without_leaks.mean, found.without_leaks.sem) == (25, 25)
    assert found.without_leaks.competitions == 2
    assert one([result(LEAKY, 1, "g")]).without_leaks is None
    assert one([result(LOW, 1, "g", revision="v2")], revision="v2").without_leaks is None


def test_what_was_spent() -> None:
    found = one(
        [
            result(TWEET, 1, "g", hours=2, gpus=2, tokens=60, usage=Usage(10, 20, 30), cost=1.5),
            result(TWEET, 2, "?", hours=1, gpus=2, tokens=6, usage=Usage(1, 2, 3), cost=0.5),
            result(NOMAD, 1, "b", hours=4, gpus=1, tokens=1, usage=Usage(1, 0, 0), cost=2.0),
            result(NOMAD, 2, "n", hours=9),  # neither GPU nor model
        ]
    )
    assert (found.input_tokens, found.output_tokens, found.cached_tokens) == (12, 22, 33)
    assert found.gpu_hours == 10
    assert found.medals_per_gpu_hour == pytest.approx(0.2)
    assert found.medals_per_100_dollars == pytest.approx(50)


def test_nothing_is_made_up_where_prices_lengths_or_gpus_are_not_known() -> None:
    found = one(
        [
            result(TWEET, 1, "g", gpus=1, tokens=60, usage=Usage(10, 20, 30)),
            result(NOMAD, 1, "g", hours=1, gpus=1, tokens=1, usage=Usage(1, 0, 0), cost=2.0),
        ]
    )
    assert found.gpu_hours is None
    assert found.medals_per_gpu_hour is None
    assert found.medals_per_100_dollars is None
    found = one([result(TWEET, 1, "g", hours=1)])
    assert (found.input_tokens, found.gpu_hours, found.medals_per_gpu_hour) == (None, None, None)


def test_development_counts_in_no_measure_beside_others() -> None:
    dev = competitions("dev")[0].id
    spent: dict[str, Any] = {"hours": 2, "gpus": 1, "snapshots": [(1, "g")]}
    found = one([result(LOW, 1, "n", **spent), result(dev, 1, "g", **spent)])
    assert found.over_time is not None
    assert (found.over_time.any_medal, found.over_time.selection_gap.mean) == ([0, 100, 0], 100)
    assert (found.gpu_hours, found.medals_per_gpu_hour) == (2, 0)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refused", "submission.csv is a symbolic link; write a regular file in its place"),
        ("refused", "submission.csv has 3,000,000,000 bytes; at most 2,147,483,648 are read"),
        ("reading", "submission.csv is not UTF-8 text (byte 3 is 0xff); save it as UTF-8"),
        ("reading", "submission.csv is not a readable CSV table: line 3 has 4 fields"),
        ("reading", "submission.csv has more than 10,000 columns"),
        ("columns", "column 'Transported' missing; the header must hold PassengerId, Transported; found was 'a,b'"),
        ("columns", "the first column is 'EAP'; put id first"),
        ("ids", "id 'n3' (1 in all) not among the ids to predict; take the ids from the sample submission"),
        ("ids", "id 'n2' occurs more than once; give each id one row"),
        ("rows", "1 rows; exactly 2 are needed, one for each row to predict"),
        ("rows", "no row for id 8 (1 in all); add them"),
        ("values", "column diagnosis must hold whole numbers; the row with id_code 'b' has 1.5 (1 such row)"),
        ("values", "column x must hold numbers; the row with id 1 has 'not a readable CSV, missing; the header'"),
        ("not told", ""),
        ("other", "the submission cannot be scored; compare its columns and values with the sample submission"),
    ],
)
def test_kinds_of_errors(kind: str, error: str) -> None:
    assert invalid_kind(error) == kind
    assert kind in KINDS


def test_invalid_submissions_by_kind() -> None:
    rows = "1 rows; exactly 2 are needed, one for each row to predict"
    found = one(
        [
            result(TWEET, 1, "x"),
            result(TWEET, 2, "x", error=rows),
            result(NOMAD, 1, "x", error=rows),
            result(NOMAD, 2, "x", reason="submission_refused", error="it is a folder"),
            result(PATENT, 1, "-"),  # no submission is no invalid one
            result(PATENT, 2, "?"),
        ]
    )
    assert found.invalid == {"rows": 2, "columns": 1, "refused": 1}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("12h", 43200), ("90m", 5400), ("1h30m", 5400), ("3600s", 3600), ("1.5h", 5400)),
        *((text, None) for text in ("", "0", "12", "3600", "h", "-1h", "30m1h", "1h 0m", "noon")),
    ],
)
def test_lengths_of_time(text: str, seconds: float | None) -> None:
    if seconds is None:
        with pytest.raises(ReportingError, match="no length of time; give one such as 12h"):
            seconds_of(text)
    else:
        assert seconds_of(text) == seconds


def test_runs_cut_at_a_time() -> None:
    limit = {"time_limit": 24 * HOUR, "cost": 2.0, "tokens": 5}
    results = [
        result(TWEET, 1, "n", hours=24, snapshots=[(6, "b"), (12, "g"), (13, "s")], **limit),
        result(TWEET, 2, "g", hours=11, snapshots=[(6, "n")], **limit),  # had ended
        result(NOMAD, 1, "g", hours=24, snapshots=[(12.1, "g")], **limit),  # none yet
        result(NOMAD, 2, "?", hours=24, **limit),
        result(PATENT, 1, "g", hours=24, snapshots=[(1, "g"), (2, "x")], **limit),  # it was invalid then
        result(PATENT, 2, "g", hours=24, snapshots=[(1, "g"), (2, "?")], **limit),  # not known what it was
        # LOW was not run
    ]
    before = Reading((run(results, planned=(TWEET, NOMAD, PATENT, LOW)),))
    (found,) = report(cut(before, 12 * HOUR))
    rows = {r.competition_id: r.outcomes for r in found.per_competition}
    assert rows == {
        TWEET: ["gold", "gold"],
        NOMAD: ["no submission", "unscored"],
        PATENT: ["invalid", "unscored"],
        LOW: ["not run", "not run"],
    }
    assert found.any_medal["all"].mean == 25
    assert found.hours == 11 + 5 * 12 + 12  # what has no score went on until the end
    assert found.cost == 4  # of those alone of which it is known
    assert found.over_time is not None
    assert found.over_time.limit_hours == 12
    assert any(n.startswith("Cut at 12 h") for n in found.notes())
    assert [c.cause for c in found.causes] == ["no disk", "what lay there after 2 h could not be graded"]


def test_runs_without_snapshots_are_cut_only_where_all_had_ended() -> None:
    short = run([result(TWEET, 1, "g", hours=1)], task="short")
    long = run([result(TWEET, 1, "g", hours=13), result(NOMAD, 1, "g", hours=1)], task="long")
    both = cut(Reading((short, long)), 12 * HOUR)
    assert both.runs == cut(Reading((short,)), 12 * HOUR).runs
    why = "cannot be cut at 12 h: 1 of its samples went on and took no snapshots (run with -T snapshot_every=...)"
    assert [tuple(s) for s in both.skipped] == [("run long", why)]
    with pytest.raises(ReportingError, match="cannot be cut at 12 h"):
        cut(Reading((long,)), 12 * HOUR)


def test_tables_are_there_where_there_is_something_to_say() -> None:
    limit = {"time_limit": 8 * HOUR, "snapshots": [(1, "b")], "hours": 8}
    spent: dict[str, Any] = {"usage": Usage(1_000, 20, 3), "gpus": 1}
    rows = {LEAKY: "gx", LOW: "gn"}
    results = [result(c, s, x, **limit, **spent) for c, letters in rows.items() for s, x in enumerate(letters, 1)]
    text = render_report([one(results)], "markdown")
    assert "| pass^k: all of k seeds (%) | 50.00 | 0.00 |" in text
    assert "| after (hours) | 1 | 2 | 4 | 6 | 8 |" in text
    assert "| any medal (%) | 100.00 | 100.00 | 100.00 | 100.00 | 50.00 |" in text
    assert "| selection gap (points) | 50.00 ± 50.00 | 2 |" in text
    assert "| any medal without known leaks (%) | 50.00 ± 50.00 | 1 |" in text
    assert "| tokens in | 4,000 |" in text
    assert "| columns | 1 |" in text
    bare = render_report([one([result(LOW, 1, "g")])], "markdown")
    for word in ("pass^k", "hours)", "selection gap", "leaks", "tokens in", "invalid because", "normalised"):
        assert word not in bare


def test_tables_fit_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    limit = {"time_limit": 24 * HOUR, "snapshots": [(1, "b")], "hours": 24, "gpus": 1}
    text = render_report([one([result(LOW, s, "g", **limit) for s in range(1, 17)])], "table")
    text = click.unstyle(text)
    assert max(len(line) for line in text.splitlines() if not line.startswith("no room")) <= 80
    assert "pass^k" in text
    assert math.isfinite(float(text.split("area under medals over time (%)")[1].split()[0]))
