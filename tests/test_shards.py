"""One whole on many hosts: how it is shared out, and that its logs together give the figures of one run."""

from __future__ import annotations

import itertools
import json
import random
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from inspect_ai import eval as inspect_eval
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from logs import write_log
from mlebench_inspect import analysis, cli
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.bundles.figures import reading_of, stated
from mlebench_inspect.bundles.making import make
from mlebench_inspect.bundles.opening import open_bundle
from mlebench_inspect.data import Store, ensure_miniature
from mlebench_inspect.reporting.comparison import compare
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.records import NEVER_STARTED, Reading, RunRecord
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.reporting.shards import with_missing
from mlebench_inspect.reporting.summaries import SettingReport
from mlebench_inspect.run.balance import GB_AN_HOUR, balanced, sizes_of
from mlebench_inspect.tasks import competition, competitions
from results import result
from results import run as run_of

# sharing out


def costs(sizes: dict[str, float], epochs: int, at_once: int, hours: float) -> dict[str, float]:
    return {c: epochs * hours / at_once + size / GB_AN_HOUR for c, size in sizes.items()}


@pytest.mark.parametrize("seed", range(40))
def test_shards_are_disjoint_complete_and_balanced(seed: int) -> None:
    rng = random.Random(seed)
    sizes = {f"c{k}": rng.choice([0.01, rng.uniform(0, 5), rng.uniform(0, 500)]) for k in range(rng.randint(1, 90))}
    hosts, epochs, at_once = rng.randint(1, 20), rng.randint(1, 5), rng.randint(1, 8)
    hours = rng.choice([0.1, 1.0, 24.0])
    shards = balanced(sizes, hosts, epochs=epochs, at_once=at_once, hours=hours)
    assert sorted(c for s in shards for c in s.competitions) == sorted(sizes)
    assert len(shards) == min(hosts, len(sizes))
    assert all(s.competitions for s in shards)
    assert [s.name for s in shards] == [f"{k}/{len(shards)}" for k in range(1, len(shards) + 1)]
    assert sum(s.samples for s in shards) == epochs * len(sizes)
    cost = costs(sizes, epochs, at_once, hours)
    loads = [sum(cost[c] for c in s.competitions) for s in shards]
    assert max(loads) - min(loads) <= max(cost.values()) + 1e-9
    shuffled = dict(rng.sample(list(sizes.items()), len(sizes)))
    assert balanced(shuffled, hosts, epochs=epochs, at_once=at_once, hours=hours) == shards


@pytest.mark.parametrize("seed", range(20))
def test_no_host_has_more_than_four_thirds_of_the_best(seed: int) -> None:
    rng = random.Random(seed)
    sizes = {f"c{k}": rng.uniform(0, 2000) for k in range(7)}
    hosts = rng.randint(2, 3)
    cost = costs(sizes, 1, 1, 0.5)
    loads = [sum(cost[c] for c in s.competitions) for s in balanced(sizes, hosts, hours=0.5)]
    best = min(
        max(sum(cost[c] for c, place in zip(sizes, places, strict=True) if place == host) for host in range(hosts))
        for places in itertools.product(range(hosts), repeat=len(sizes))
    )
    assert max(loads) <= (4 / 3 - 1 / (3 * hosts)) * best + 1e-9


def test_days_of_samples_count_before_hours_of_data() -> None:
    shards = balanced(sizes_of(competitions("all")), 8, epochs=3, at_once=4)
    assert {len(s.competitions) for s in shards} <= {9, 10}
    gigabytes = [s.gigabytes for s in shards]
    assert max(gigabytes) < 1.1 * min(gigabytes)


def shards_command(*words: str) -> str:
    done = CliRunner().invoke(cli.cli, ["shards", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_prints_what_to_type_on_each_host(tmp_path: Path) -> None:
    about = ("--hosts", "3", "--epochs", "2")
    listed = json.loads(shards_command("--split", "low", *about, "--json", "--options", "--model a/b"))
    text = shards_command("--split", "low", *about, "--options", "--model a/b")
    typed = [shlex.split(block.replace("\\\n", " ")) for block in text.split("\n\n")[1:]]
    assert typed == [shard["command"] for shard in listed]
    for k, shard in enumerate(listed, 1):
        ids = shards_command("--split", "low", *about, "--only", str(k)).strip()
        assert shard["competitions"] == ids.split(",")
        assert shard["command"] == [
            *("inspect", "eval", "mlebench_inspect/low", "-T", f"shard={k}/3", "--epochs", "2", "--max-samples", "1"),
            *("--sample-id", ids, "--model", "a/b"),
        ]
    again = shards_command("--split", "low", "--hosts", "2", "--hours", "12", "--eval-set")
    assert again.count("inspect eval-set mlebench_inspect/low ") == 2
    assert again.count("--time-limit 43200 --log-dir-allow-dirty ") == 2
    own = tmp_path / "mine.txt"
    own.write_text("spaceship-titanic\nleaf-classification\n")
    assert f"mlebench_inspect/all \\\n  -T split_file={own} " in shards_command("--split", str(own), "--hosts", "2")
    assert "-T competitions=spaceship-titanic" in shards_command("spaceship-titanic", "--hosts", "1")


def test_a_shard_that_there_is_not_is_told() -> None:
    done = CliRunner().invoke(cli.cli, ["shards", "spaceship-titanic", "--hosts", "3", "--only", "2"])
    assert done.exit_code == 2
    assert "there are 1 shards" in done.output


# figures of generated runs

POOL = [c.id for c in competitions("all")][::7]


def whole_run(rng: random.Random) -> RunRecord:
    ids, seeds = rng.sample(POOL, rng.randint(3, len(POOL))), rng.randint(1, 3)
    results = [result(c, s, rng.choice("gsbnx-?")) for c in ids for s in range(1, seeds + 1)]
    return run_of(results, planned=sorted(ids), seeds=seeds)


def shards_of(rng: random.Random, run: RunRecord, number: int) -> list[RunRecord]:
    places = {c: k % number for k, c in enumerate(rng.sample(run.competitions, len(run.competitions)))}
    return [
        replace(
            run,
            task=f"{run.task}-{k}",
            group="the whole",
            shard=f"{k + 1}/{number}",
            whole=run.competitions,
            competitions=tuple(c for c in run.competitions if places[c] == k),
            results=tuple(r for r in run.results if places[r.competition] == k),
        )
        for k in range(number)
    ]


def figures(found: SettingReport) -> dict[str, Any]:
    return found.model_dump(exclude={"pooling", "variant"})


@pytest.mark.parametrize("seed", range(40))
def test_what_never_started_stays_in_the_denominators(seed: int) -> None:
    rng = random.Random(seed)
    run = whole_run(rng)
    shards = shards_of(rng, run, rng.randint(2, 3))
    started = rng.sample(shards, rng.randint(1, len(shards)))
    here = {c for s in started for c in s.competitions}
    (expected,) = report(Reading((replace(run, results=tuple(r for r in run.results if r.competition in here)),)))
    (found,) = report(Reading(tuple(with_missing(started))))
    assert figures(found) == figures(expected)
    lacking = sorted(set(run.competitions) - here)
    assert any(lacking[0] in n and NEVER_STARTED in n for n in found.pooling) if lacking else True
    merged = [n for n in found.pooling if n.startswith("Merged")]
    assert merged == ([f"Merged from {len(started)} runs with different competitions and as many seeds."]
                      if len(started) > 1 else [])  # fmt: skip


def test_a_pilot_takes_no_place_of_a_shard_that_never_started() -> None:
    rng = random.Random(1)
    run = whole_run(rng)
    first, second, third = shards_of(rng, run, 3)
    pilot = replace(second, task="pilot", group="pilot", shard="", whole=())
    found = report(Reading(tuple(with_missing([pilot, first, third]))))
    assert [r.competitions for r in found] == [len(run.competitions), len(second.competitions)]
    assert found[0].not_run


@pytest.mark.parametrize("mistake", ["a shard twice", "one competition in two shards"])
def test_what_ran_twice_is_not_pooled_but_told(mistake: str) -> None:
    rng = random.Random(2)
    run = whole_run(rng)
    first, second, third = shards_of(rng, run, 3)
    twice = first.competitions[0]
    if mistake == "a shard twice":
        started = [first, second, third, replace(first, task="again", created="2026-01-03T00:00:00+00:00")]
    else:
        moved = tuple(r for r in first.results if r.competition == twice)
        wrong = replace(second, competitions=(*second.competitions, twice), results=(*second.results, *moved))
        started = [first, wrong, third]
    found = report(Reading(tuple(with_missing(started))))
    assert len(found) == 2
    assert {r.seeds for r in found} == {run.seeds}
    assert all(twice in "\n".join(r.pooling) and "each is to run once" in "\n".join(r.pooling) for r in found)


def test_shards_of_other_settings_are_wholes_of_their_own(tmp_path: Path) -> None:
    low = [c.id for c in competitions("low")][:2]
    for number, model in enumerate(("a/b", "c/d"), 1):
        about = {"shard": f"{number}/2", "whole": low}
        write_log(tmp_path, {low[number - 1]: "g"}, model=model, task_id=model.replace("/", ""), metadata=about)
    found = report(read_results([tmp_path]))
    assert [(r.model, r.competitions, r.without_score, r.any_medal["all"].mean) for r in found] == [
        ("a/b", 2, 1, 50),
        ("c/d", 2, 1, 50),
    ]


@pytest.mark.parametrize("about", [{"shard": "x", "whole": ["a"]}, {"shard": "1/2", "whole": "a"}, {"shard": 1}])
def test_a_header_that_tells_nonsense_of_shards_is_read_without_it(about: dict[str, Any], tmp_path: Path) -> None:
    write_log(tmp_path, {POOL[0]: "g"}, metadata=about)
    assert read_results([tmp_path]).runs[0].whole == ()


# runs

VALID, INVALID, WITHOUT_SCORE, LAST = (
    "leaf-classification",
    "random-acts-of-pizza",
    "spooky-author-identification",
    "nomad2018-predict-transparent-conductors",
)
IDS = (VALID, INVALID, WITHOUT_SCORE, LAST)


@solver
def uneven(data: Path) -> Solver:
    """Valid in the first seed of all but one competition; one loses its answers."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        wrong = state.sample_id == INVALID or state.epoch == 2
        copy = "cp data/sample*ubmission.csv submission/submission.csv"
        await sandbox().exec(["sh", "-c", "echo a,b > submission/submission.csv" if wrong else copy])
        if state.sample_id == WITHOUT_SCORE and state.epoch == 1:
            private = Store.open(data, "miniature").private(competition(WITHOUT_SCORE))
            private.rename(private.with_name("away"))
        return state

    return solve


def run_here(data: Path, logs: Path, **options: Any) -> None:
    eval_options = {name: options.pop(name) for name in ("sample_id",) if name in options}
    away = Store.open(data, "miniature").private(competition(WITHOUT_SCORE)).with_name("away")
    if away.exists():
        away.rename(away.with_name("private"))
    task = TASKS["all"](
        competitions=",".join(IDS), data="miniature", sandbox="local", hardware="lite", data_dir=str(data), **options
    )
    inspect_eval(
        task,
        model=None,
        solver=uneven(data),
        epochs=2,
        log_dir=str(logs),
        display="none",
        max_samples=1,
        **eval_options,
    )


SPENT = {"hours", "pooling", "variant"}


def comparable(found: SettingReport) -> dict[str, Any]:
    """Without what a clock says."""
    plain = json.loads(found.model_dump_json(exclude=SPENT))
    for row in plain["per_competition"]:
        row.pop("seconds")
    return plain


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whole run in `whole`, the same as three shards in `shards`, and only two of them in `two`."""
    folder = tmp_path_factory.mktemp("shards")
    data = folder / "data"
    ensure_miniature(Store.open(data), [competition(i) for i in IDS], workers=1)
    run_here(data, folder / "whole")
    for number, ids in enumerate(([VALID, INVALID], [WITHOUT_SCORE], [LAST]), 1):
        place = folder / "shards" / f"{number}"
        run_here(data, place, shard=f"{number}/3", sample_id=ids)
        (folder / "two").mkdir(exist_ok=True)
        if number < 3:
            (folder / "two" / f"{number}").symlink_to(place)
    return folder


def test_three_shards_have_the_figures_of_one_run(logs: Path) -> None:
    whole, parts = read_results([logs / "whole"]), read_results([logs / "shards"])
    (expected,), (found,) = report(whole), report(parts)
    assert expected.without_score >= 1
    assert (expected.competitions, expected.seeds) == (4, 2)
    assert comparable(found) == comparable(expected)
    assert "Merged from 3 runs" in "\n".join(found.pooling)
    (one,), (other,) = compare(whole), compare(parts)
    assert other.competitions == one.competitions
    assert [comparable(r) for r in other.rows] == [comparable(r) for r in one.rows]


def test_a_shard_that_never_started_counts_as_failed(logs: Path) -> None:
    whole, two = read_results([logs / "whole"]), read_results([*(logs / "two").iterdir()])
    run = whole.runs[0]
    without = replace(run, results=tuple(r for r in run.results if r.competition != LAST))
    (expected,), (found,) = report(Reading((without,))), report(two)
    assert comparable(found) == comparable(expected)
    assert found.not_run == [f"{LAST} (seed 1)", f"{LAST} (seed 2)"]


def test_frames_and_bundles_of_shards_are_those_of_one_run(logs: Path, tmp_path: Path) -> None:
    columns = ["competition", "seed", "status", "reason", "medal", "score", "valid", "identity"]
    whole, parts = (analysis.samples(logs / name).sort_values(["competition", "seed"]) for name in ("whole", "shards"))
    assert parts[columns].reset_index(drop=True).equals(whole[columns].reset_index(drop=True))
    two = [*(logs / "two").iterdir()]
    lacking = analysis.samples(two)
    assert sorted(lacking[lacking.status == "not run"].competition) == [LAST, LAST]
    runs = analysis.runs(two)
    assert list(runs[runs.log.isna()].not_run) == [2]
    reading = read_results(two)
    (expected,) = report(reading)
    made = make(reading, str(tmp_path / "bundle.zip"), with_code=False)
    bundle = open_bundle(Path(made.place))
    (row,) = bundle.figures.rows
    assert stated(reading_of(bundle.runs), ()) == [row]
    assert row["any_medal"] == json.loads(expected.model_dump_json())["any_medal"]
    assert row["not_run"] == expected.not_run
