"""Differences between settings and revisions, pair by pair, and published rows beneath."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner
from inspect_ai.log import read_eval_log, write_eval_log

from logs import write_log
from mlebench_inspect.cli import cli
from mlebench_inspect.reporting.comparison import Comparison, compare
from mlebench_inspect.reporting.differences import interval
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.formats import render_comparison, render_report
from mlebench_inspect.reporting.published import published
from mlebench_inspect.reporting.records import Reading, RunRecord
from mlebench_inspect.reporting.summaries import Difference
from mlebench_inspect.tasks import competitions
from results import result, run

LOW = [c.id for c in competitions("low")]
A, B, C = LOW[:3]
DEV = competitions("dev")[0].id


def made(solver: str, outcomes: Mapping[str, str], **about: Any) -> RunRecord:
    """A run with a letter for each seed; "." was not run."""
    kind = {k: about[k] for k in ("data", "revision") if k in about}
    fields = {"solver": solver, "model": "a/b", **about.pop("fields", {})}
    results = [
        result(c, seed, letter, fields=fields, **kind)
        for c, letters in outcomes.items()
        for seed, letter in enumerate(letters, 1)
        if letter != "."
    ]
    options = {"task": solver, "group": solver, "seeds": max(map(len, outcomes.values())), **about}
    return run(results, planned=tuple(outcomes), **options)


def comparison(*runs: RunRecord) -> Comparison:
    (found,) = compare(Reading(runs))
    return found


def test_a_difference_is_over_the_pairs_that_both_ran() -> None:
    found = comparison(
        made("one", {A: "ggn", B: "n?x", C: "-gg", DEV: "nnn"}),
        made("two", {A: "bb.", B: "gg", DEV: "ggg"}),
    )
    (d,) = found.differences
    # A: 1-1, 1-1; B: 1-0, 1-0 where one has no score; what is for development is in no figure
    assert (d.title, d.against) == ("two, a/b", "one, a/b")
    assert (d.points, d.pairs, d.competitions, d.without_score) == (50, 4, 2, 1)
    # of the two competitions: B twice, each once, A twice, with chances of 1/4, 1/2, 1/4
    assert (d.low, d.high) == (0, 100)
    assert d.holds_zero
    assert d.sentence() == (
        "two, a/b against one, a/b: +50.00 points over 4 pairs; "
        "the 95 % interval, +0.00 to +100.00, holds zero: no difference is shown."
    )


def test_unequal_clusters_weigh_by_their_pairs() -> None:
    found = comparison(made("one", {A: "nnn", B: "n"}), made("two", {A: "ggg", B: "g"}))
    (d,) = found.differences
    assert (d.points, d.pairs, d.low, d.high) == (100, 4, 100, 100)
    assert d.holds_zero is False
    assert "does not hold zero, but all competitions differ alike" in d.sentence()
    (d,) = comparison(made("one", {A: "nnn", B: "g"}), made("two", {A: "ggg", B: "n"})).differences
    assert d.points == 50  # (3 - 1) / 4, not the mean of the competitions' means
    assert (d.low, d.high) == (-100, 100)


def test_the_interval_is_that_of_all_resamples() -> None:
    """Of four competitions there are 256 resamples, which can be listed: the drawn interval has their percentiles."""
    gaps = {"a": [1, 1, 0], "b": [0, 1], "c": [-1], "d": [0, 0, 1]}
    means = []
    for drawn in product(gaps.values(), repeat=4):
        pairs = [g for chosen in drawn for g in chosen]
        means.append(100 * sum(pairs) / len(pairs))
    low, high = interval(gaps) or (0.0, 0.0)
    tails = np.percentile(means, [1.5, 3.5, 96.5, 98.5])
    assert tails[0] <= low <= tails[1]
    assert tails[2] <= high <= tails[3]
    assert interval(gaps) == (low, high)  # seeded


def test_clusters_make_the_interval_as_wide_as_their_competitions_are_few() -> None:
    """Twice as many seeds that say the same are no further evidence."""
    gaps = {str(i): [int(i % 3 == 0)] for i in range(30)}
    assert interval(gaps) == interval({c: g * 10 for c, g in gaps.items()})


def test_one_competition_has_no_interval() -> None:
    (d,) = comparison(made("one", {A: "ng"}), made("two", {A: "gg"})).differences
    assert (d.points, d.low, d.high, d.holds_zero) == (50, None, None, None)
    assert "which gives no interval" in d.sentence()


def test_each_pair_of_settings_has_a_difference() -> None:
    runs = [made(name, {A: "gn", B: letters}) for name, letters in (("one", "nn"), ("two", "gn"), ("three", "gg"))]
    found = comparison(*runs)
    assert [(d.title[:3], d.against[:3], d.points) for d in found.differences] == [
        ("thr", "one", 50),  # rows are in alphabetical order
        ("two", "one", 25),
        ("two", "thr", -25),
    ]
    assert found.against_first(0) is None
    assert [found.against_first(i) for i in (1, 2)] == found.differences[:2]


FORMS = ("table", "markdown", "csv", "json", "html")


@pytest.mark.parametrize("form", FORMS)
def test_differences_are_in_all_formats(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    runs = [made("one", {A: "nnn", B: "n"}), made("two", {A: "ggg", B: "g"})]
    text = click.unstyle(render_comparison([comparison(*runs)], form))
    if form == "json":
        (found,) = json.loads(text)
        assert Difference.model_validate(found["differences"][0]).low == 100
        assert any("does not hold zero" in n for n in found["notes"])
    elif form == "csv":
        row = list(csv.DictReader(io.StringIO(text)))[-1]
        assert (row["solver"], row["against"], row["difference"], row["pairs"]) == ("two", "one, a/b", "100.00", "4")
        assert (row["difference_low"], row["difference_high"]) == ("100.00", "100.00")
    else:
        assert "does not hold zero" in " ".join(text.split())
        assert "+100.00 to +100.00" in text
        assert "not in it" in text
    if form == "table":
        assert max(len(line) for line in text.splitlines() if not line.startswith("no room")) <= 80


def test_many_pairs_are_told_in_one_sentence() -> None:
    runs = [made(name, {A: "gn", B: "n" * place + "g"}) for place, name in enumerate(("a", "b", "c", "d", "e"))]
    text = render_comparison([comparison(*runs)], "markdown")
    assert "Of 10 intervals of differences, 0 do not hold zero." in text
    assert "some miss zero by chance" in text


def test_revisions_of_one_setting_are_subtracted() -> None:
    first = made("one", {A: "gg", B: "gn"}, revision="v1", task="v1", fields={"revision": "v1", "limits": 1})
    second = made("one", {A: "gn", B: "nn"}, revision="v2", task="v2", fields={"revision": "v2", "limits": 1})
    other = made("one", {A: "nn", B: "nn"}, revision="v2", task="x", fields={"revision": "v2", "limits": 2})
    found = {r.revision: r for r in report(Reading((first, second)))}
    assert found["v2"].against_v2 == {}
    (d,) = found["v1"].against_v2.values()
    assert (d.points, d.pairs) == (50, 4)
    assert any(n.startswith("one, a/b on v1 against on v2: +50.00 points") for n in found["v1"].notes())
    assert "v1 - v2 (points) | +50.00 (+50.00 to +50.00)" in render_report(list(found.values()), "markdown")
    apart = {r.revision: r for r in report(Reading((first, other)))}
    assert apart["v1"].against_v2 == {}


def whole(solver: str = "mine", level: str = "low", **about: Any) -> RunRecord:
    return made(solver, {c.id: "g" for c in competitions(level)}, **about)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMS)
def test_published_rows_stand_beneath_where_they_compare(form: str) -> None:
    found = report(Reading((whole(),)))
    text = click.unstyle(render_report(found, form, published=True))
    side = click.unstyle(render_comparison(compare(Reading((whole(),))), form, published=True))
    if form == "json":
        rows = json.loads(text)[1:]
        assert len(rows) == len(published()) == 30
        assert rows[0]["published"]
        assert (rows[0]["solver"], rows[0]["any_medal"]["low"]["mean"]) == ("Disarray", 90.91)
        assert list(rows[0]["any_medal"]) == ["low"]
        assert json.loads(side)[0]["published"] == rows
    elif form == "csv":
        for table in (text, side):
            row = list(csv.DictReader(io.StringIO(table)))[-1]
            assert (row["solver"], row["published"], row["low"], row["low_sem"]) == ("MLAB", "True", "4.55", "0.86")
            assert row.get("all") in (None, "")
            assert (row["hours_per_run"], row["date"]) == ("24.0", "2024-10-08")
    else:
        for words in ("published", "Famou-Agent", "77.27 ± 0.00", "2026-03-06", "one A10 (24 GB)"):
            assert words in text
            assert words in side
        assert "64.44" not in text  # `all` was not run whole
    assert "Famou" not in render_report(found, form)


@pytest.mark.parametrize("about", [{"data": "miniature"}, {"revision": "v2"}, {"level": None}])
def test_published_rows_are_left_out_where_they_do_not_compare(about: dict[str, Any]) -> None:
    pilot = "level" in about
    found = report(Reading((made("mine", {A: "g"}) if pilot else whole(**about),)))
    text = render_report(found, "markdown", published=True)
    assert "Published results are left out" in text
    assert "Famou" not in text
    mixed = report(Reading((whole("real"), *(() if pilot else (whole(**about, task="x"),)))))
    assert ("do not compare with rows of" in render_report(mixed, "markdown", published=True)) != pilot


def test_options_of_the_commands(tmp_path: Path) -> None:
    path = write_log(tmp_path, dict.fromkeys(LOW, "g"))
    log = read_eval_log(path)
    for sample in log.samples or []:
        sample.total_time = 60
    write_eval_log(log, path)

    def mlebench(*arguments: str) -> Any:
        return CliRunner().invoke(cli, [*arguments, str(tmp_path)])

    for command in ("report", "compare"):
        result = mlebench(command, "--published")
        assert result.exit_code == 0, result.output
        assert "Famou-Agent 2.0" in result.stdout
    assert "Cut at 24 h" in mlebench("report", "--at", "24h").stdout
    assert "no length of time" in str(mlebench("report", "--at", "soon").exception)
