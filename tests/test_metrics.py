"""The figures of the log, against calculations by hand."""

from __future__ import annotations

import math
import os
import random
import statistics
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from inspect_ai import Epochs, Task, eval_retry, task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog, HeadlineMetric
from inspect_ai.scorer import SampleScore, Score, Scorer, Target, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from mlebench_inspect.run import figures as run_figures
from mlebench_inspect.run.figures import ks, mean_and_sem, medals, pass_at_k
from mlebench_inspect.run.grading import Unscored
from mlebench_inspect.run.identity import running_header
from mlebench_inspect.run.plan import Plan
from mlebench_inspect.run.scoring import unscored

TIERS = ("gold", "silver", "bronze")
# complexity, category, and a letter for each seed: tier, none, "!" an error without any score, "?" a score that stands
# for none, "-" no submission, "x" an invalid one
OUTCOMES: dict[str, tuple[str, str, str]] = {
    "a": ("low", "Tabular", "g!b"),
    "b": ("low", "Image To Image", "sn-"),
    "c": ("low", "Tabular", "xnn"),
    "d": ("medium", "Tabular", "bbb"),
    "e": ("high", "Seq -> Seq", "!?!"),
    "f": ("dev", "Tabular", "ggg"),
    "h": ("low", "Tabular", "???"),
}
MEDAL = {"g": "gold", "s": "silver", "b": "bronze"}


def values(letter: str) -> dict[str, Any]:
    medal = MEDAL.get(letter, "none")
    return {
        "medal": medal,
        "score": 0.5 if letter in "gsbn" else math.nan,
        "percentile": {"g": 95.0, "s": 85.0, "b": 75.0, "n": 25.0}.get(letter, 0.0),
        "any_medal": int(medal != "none"),
        **{tier: int(medal == tier) for tier in TIERS},
        "above_median": int(medal != "none"),
        "valid": int(letter in "gsbn"),
        "made": int(letter != "-"),
    }


def groups(name: str) -> dict[str, str]:
    return {"complexity": OUTCOMES[name][0], "category": OUTCOMES[name][1]}


@pytest.fixture(autouse=True)
def _boards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_figures, "has_board", lambda name: name != "d")


@scorer(name="known", metrics=[medals()])
def known() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        letters = OUTCOMES[str(state.sample_id)][2]
        letter = letters[state.epoch - 1]
        if letter == "!" and os.environ.get("MENDED") == state.sample_id:
            letter = "g"
        if letter == "!":
            raise RuntimeError("the grader is broken")
        header = await running_header()
        assert header
        plan = Plan.of(header.eval).model_dump()
        plan["competitions"] = {c: groups(c) for c in plan["competitions"]}
        meta = {"competition": state.sample_id, "seed": state.epoch, "plan": plan}
        return (
            unscored(Unscored("why", "the cause"), meta)
            if letter == "?"
            else Score(value=values(letter), metadata=meta)
        )

    return score


@solver
def nothing() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        return state

    return solve


@task
def generated(competitions: str, seeds: int = 3, reducer: Any = None, broken: str = "") -> Task:
    samples = [
        Sample(
            id=c,
            input="x",
            setup="exit 1" if c == broken else None,
        )
        for c in competitions
    ]
    return Task(
        dataset=MemoryDataset(samples),
        solver=nothing(),
        scorer=known(),
        epochs=Epochs(seeds, reducer),
        sandbox="local" if broken else None,
        fail_on_error=False,
        headline_metric=HeadlineMetric(scorer="known", metric="any_medal"),
    )


def run(tmp_path: Any, competitions: str, *, sample_id: list[str] | None = None, **options: Any) -> EvalLog:
    built = generated(competitions, **options)
    (log,) = inspect_eval(built, model=None, log_dir=str(tmp_path), display="none", sample_id=sample_id)
    return log


def figures(log: EvalLog) -> dict[str, float]:
    assert log.results
    (found,) = log.results.scores
    return {k: float(m.value) for k, m in found.metrics.items()}


def by_hand(hits: dict[str, set[tuple[str, int]]], competitions: str, seeds: int) -> dict[str, tuple[float, float]]:
    result = {}
    for name, pairs in hits.items():
        rows = [100 * sum((c, s) in pairs for c in competitions) / len(competitions) for s in range(1, seeds + 1)]
        result[name] = (statistics.mean(rows), statistics.stdev(rows) / math.sqrt(seeds) if seeds > 1 else 0.0)
    return result


def letters(wanted: str) -> set[tuple[str, int]]:
    return {(c, s + 1) for c, (_, _, row) in OUTCOMES.items() for s, letter in enumerate(row) if letter in wanted}


def test_the_log_holds_the_published_figures(tmp_path: Any) -> None:
    log = run(tmp_path, "abcde")
    found = figures(log)
    wanted = {
        "any_medal": letters("gsb"),
        "gold": letters("g"),
        "silver": letters("s"),
        "bronze": letters("b"),
        "above_median": letters("gsb"),
        "valid": letters("gsbn"),
        "made": letters("gsbnx"),
    }
    for name, (mean, sem) in by_hand(wanted, "abcde", 3).items():
        assert found[name] == pytest.approx(mean), name
        assert found[f"{name}_sem"] == pytest.approx(sem), name
    # seeds: {a, b, d}, {d}, {a, d} of 5
    assert found["any_medal"] == pytest.approx((60 + 20 + 40) / 3)
    assert found["any_medal_sem"] == pytest.approx(20 / math.sqrt(3))
    assert log.results
    assert log.results.headline
    assert log.results.headline.metric == "any_medal"


def test_any_medal_by_complexity(tmp_path: Any) -> None:
    found = figures(run(tmp_path, "abcde"))
    for label, members in [("low", "abc"), ("medium", "d"), ("high", "e")]:
        mean, sem = by_hand({"x": letters("gsb")}, members, 3)["x"]
        assert found[label] == pytest.approx(mean), label
        assert found[f"{label}_sem"] == pytest.approx(sem), label
    assert list(found).index("low") < list(found).index("medium") < list(found).index("high")


def test_errors_are_failures_and_counted(tmp_path: Any) -> None:
    found = figures(run(tmp_path, "abcde"))
    assert found["competitions"] == 5
    assert found["seeds"] == 3
    assert found["without_score"] == 4


def test_a_sandbox_that_does_not_start_stays_in_the_denominator(tmp_path: Any) -> None:
    found = figures(run(tmp_path, "abd", broken="b"))
    assert found["competitions"] == 3
    assert found["without_score"] == 4
    assert found["any_medal"] == pytest.approx((200 / 3 + 100 / 3 + 200 / 3) / 3)


def test_selected_samples_are_the_whole_denominator(tmp_path: Any) -> None:
    found = figures(run(tmp_path, "abcde", sample_id=["d", "a"]))
    assert found["competitions"] == 2
    assert found["without_score"] == 1
    assert found["any_medal"] == pytest.approx((100 + 50 + 100) / 3)


def test_one_seed_has_no_error(tmp_path: Any) -> None:
    found = figures(run(tmp_path, "ad", seeds=1))
    assert found["any_medal"] == 100
    assert not [k for k in found if k.endswith("_sem")]
    assert not [k for k in found if k.startswith("pass_at")]


def test_pass_at_k_of_a_log(tmp_path: Any) -> None:
    found = figures(run(tmp_path, "abcde"))
    won = {"a": 2, "b": 1, "c": 0, "d": 3, "e": 0}
    for k in (1, 2, 3):
        expected = statistics.mean(1 - math.comb(3 - c, k) / math.comb(3, k) for c in won.values())
        assert found[f"pass_at_{k}"] == pytest.approx(100 * expected)
    assert found["pass_at_1"] == pytest.approx(found["any_medal"])
    assert found["pass_at_3"] == pytest.approx(60)  # best of 3: a, b and d


@pytest.mark.parametrize("reducer", [None, "max", []])
def test_reducers_change_nothing(tmp_path: Any, reducer: Any) -> None:
    assert figures(run(tmp_path, "abd", reducer=reducer))["any_medal"] == pytest.approx((100 + 100 / 3 + 200 / 3) / 3)


def test_a_retried_run_counts_what_still_fails(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(tmp_path, "ade")
    assert figures(first)["without_score"] == 4
    monkeypatch.setenv("MENDED", "a")  # retrying imports this file anew, so a patched table would be lost
    (again,) = eval_retry(first, log_dir=str(tmp_path), display="none")
    found = figures(again)
    assert again.eval.task_id == first.eval.task_id
    assert found["without_score"] == 3
    assert found["any_medal"] == pytest.approx(200 / 3)
    assert found["competitions"] == 3


def direct(rows: list[tuple[str, int, str]], plan: tuple[str, int] | None = None) -> dict[str, float]:
    about: dict[str, Any] = {}
    if plan:
        about["plan"] = {"task": "t", "seeds": plan[1], "competitions": {c: groups(c) for c in plan[0]}}
    scores = [
        SampleScore(
            score=unscored(Unscored("why", "the cause"), {"competition": c, "seed": s, **about})
            if letter == "?"
            else Score(value=values(letter), metadata={"competition": c, "seed": s, **about})
        )
        for c, s, letter in rows
    ]
    result = medals()(scores)  # type: ignore[arg-type]
    assert isinstance(result, dict)
    return {k: float(v) for k, v in result.items()}  # type: ignore[arg-type]


def test_partial_seeds_are_padded_with_failures() -> None:
    found = direct([("a", 1, "g"), ("b", 1, "b"), ("a", 2, "g"), ("b", 3, "n")])
    assert found["without_score"] == 2
    assert found["any_medal"] == pytest.approx((100 + 50 + 0) / 3)
    assert found["any_medal_sem"] == pytest.approx(50 / math.sqrt(3))


def test_a_run_in_which_every_sample_failed_has_a_headline(tmp_path: Any) -> None:
    found = figures(run(tmp_path, "h"))
    assert (found["any_medal"], found["competitions"], found["seeds"], found["without_score"]) == (0, 1, 3, 3)


def test_the_percentile_counts_what_failed_as_nothing(tmp_path: Any) -> None:
    found = figures(run(tmp_path, "abcde"))
    # by seed over a, b, c and e, since d has no board: 95 85 0 -; - 25 25 -; 75 0 25 -
    assert found["percentile"] == pytest.approx((45 + 12.5 + 25) / 3)
    assert found["percentile_sem"] == pytest.approx(9.464847)
    assert found["percentile_competitions"] == 4
    assert direct([("a", 1, "x"), ("b", 1, "s"), ("c", 1, "-")])["percentile"] == pytest.approx(85 / 3)
    assert "percentile" not in direct([("d", 1, "g")])


def test_development_counts_only_where_it_is_run_alone() -> None:
    mixed = direct([("a", 1, "n"), ("f", 1, "g")], ("af", 1))
    assert (mixed["any_medal"], mixed["gold"], mixed["competitions"], mixed["percentile"]) == (0, 0, 1, 25)
    assert mixed["dev"] == 100
    alone = direct([("f", 1, "g")], ("f", 1))
    assert (alone["any_medal"], alone["gold"], alone["competitions"], alone["percentile"]) == (100, 100, 1, 95)


def test_any_one_score_carries_the_whole_plan() -> None:
    """Whichever scores a metric sees, what the run planned and has no score stays in every denominator."""
    rng = random.Random(1)
    names = "abcde"
    for _ in range(50):
        seeds = rng.randint(1, 4)
        pairs = [(c, s) for c in names for s in range(1, seeds + 1)]
        seen = rng.sample(pairs, rng.randint(1, len(pairs)))
        rows = [(c, s, rng.choice("gsbnx-?")) for c, s in seen]
        found = direct(rows, (names, seeds))
        won = sum(letter in "gsb" for _, _, letter in rows)
        assert (found["competitions"], found["seeds"]) == (5, seeds)
        assert found["any_medal"] == pytest.approx(100 * won / len(pairs))
        assert found["without_score"] == len(pairs) - sum(letter != "?" for _, _, letter in rows)


def test_random_seeds_against_exact_arithmetic() -> None:
    rng = random.Random(0)
    for _ in range(20):
        seeds, names = rng.randint(2, 9), [f"c{i}" for i in range(rng.randint(1, 75))]
        table = {(c, s): rng.choice("gsbnx-") for c in names for s in range(1, seeds + 1)}
        found = direct([(c, s, letter) for (c, s), letter in table.items()])
        per_seed = [Fraction(100 * sum(table[c, s] in "gsb" for c in names), len(names)) for s in range(1, seeds + 1)]
        mean = sum(per_seed) / seeds
        variance = sum((v - mean) ** 2 for v in per_seed) / (seeds - 1) / seeds
        assert found["any_medal"] == pytest.approx(float(mean))
        assert found["any_medal_sem"] == pytest.approx(math.sqrt(variance), abs=1e-9)
        k = rng.choice([k for k in (1, 2, 4, 8, seeds) if k <= seeds])
        chance = [
            statistics.mean(any(table[c, s] in "gsb" for s in some) for some in combinations(range(1, seeds + 1), k))
            for c in names
        ]
        assert found[f"pass_at_{k}"] == pytest.approx(100 * statistics.mean(chance))


def test_few_k_are_shown() -> None:
    assert [ks(n) for n in (1, 2, 3, 5, 16, 40)] == [
        [],
        [1, 2],
        [1, 2, 3],
        [1, 2, 4, 5],
        [1, 2, 4, 8, 16],
        [1, 2, 4, 8, 16, 40],
    ]


def test_the_headline_and_its_error_come_first_of_few(tmp_path: Any) -> None:
    found = list(figures(run(tmp_path, "abcde")))
    assert found[:2] == ["any_medal", "any_medal_sem"]
    assert len(found) <= 30


def test_pass_at_k_is_the_share_of_winning_subsets() -> None:
    for n in range(1, 8):
        for c in range(n + 1):
            for k in range(1, n + 1):
                subsets = list(combinations(range(n), k))
                assert pass_at_k(n, c, k) == pytest.approx(sum(min(s) < c for s in subsets) / len(subsets))


def test_mean_and_sem() -> None:
    assert mean_and_sem([1, 2, 3, 4]) == pytest.approx((2.5, math.sqrt(5 / 3 / 4)))
    assert mean_and_sem([7]) == (7, None)
