"""Verdicts on conduct in reports and bundles: who is counted, what a violation costs, what a person may say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bundled import INVALID, VALID, bundle, copied
from bundled import logs as logs
from mlebench_inspect.bundles.opening import open_bundle
from mlebench_inspect.bundles.verifying import verify
from mlebench_inspect.cli import cli
from mlebench_inspect.reporting.conduct import read_entries, wilson, with_entries
from mlebench_inspect.reporting.formats import render_report
from mlebench_inspect.reporting.records import Reading, ReportingError
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.reporting.summaries import SettingReport
from mlebench_inspect.violations.verdicts import Evidence, Verdict
from results import one, result, run
from scans import written

LEAF, PIZZA, SPOOKY = "leaf-classification", "random-acts-of-pizza", "spooky-author-identification"


def verdict(ruling: Any, by: Any = "judge", question: Any = "handmade", model: str | None = "a/judge") -> Verdict:
    return Verdict(question=question, ruling=ruling, by=by, model=model if by == "judge" else None)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # worked out by hand from Wilson's formula with z = 1.959964
    [(0, 10, 0.0, 0.27753), (1, 4, 0.04559, 0.69936), (5, 10, 0.23659, 0.76341), (10, 10, 0.72247, 1.0)],
)
def test_wilsons_interval(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=1e-5)


def mixed() -> SettingReport:
    """Three competitions in two seeds: five medals, of which one is confirmed to be none."""
    suspect = verdict("suspect", "filter", "memorised")
    return one(
        [
            result(LEAF, 1, "g", verdicts=(verdict("violation"), suspect)),
            result(PIZZA, 1, "s", verdicts=(suspect,)),
            result(SPOOKY, 1, "b", verdicts=(verdict("clean"),)),
            result(LEAF, 2, "g", verdicts=(verdict("undecided"),)),
            result(PIZZA, 2, "n", verdicts=(verdict("clean"), verdict("violation", "filter", "tampering"))),
            result(SPOOKY, 2, "g"),
        ]
    )


def test_only_what_is_confirmed_costs_a_medal() -> None:
    found = mixed()
    assert found.conduct is not None
    # seed 1: 2 of 3 (one of three medals was confirmed as none), seed 2: 2 of 3
    assert found.any_medal["all"].mean == pytest.approx(100 * (1 + 2 / 3) / 2)
    assert found.conduct.rule_adjusted.mean == pytest.approx(100 * 2 / 3)
    assert found.conduct.rule_adjusted.competitions == 3


def test_a_rate_is_over_what_was_judged() -> None:
    found = mixed().conduct
    assert found is not None
    assert (found.samples, found.judged, found.violations) == (5, 3, 1)
    assert found.rate == pytest.approx(100 / 3)
    assert (found.low, found.high) == pytest.approx((6.149, 79.234), abs=1e-3)  # Wilson, 1 of 3
    assert found.violating == [f"{LEAF} (seed 1)"]
    # the filter alone confirms nothing, whatever it says
    assert found.suspects == [f"{PIZZA} (seed 1)", f"{PIZZA} (seed 2)"]
    assert found.undecided == [f"{LEAF} (seed 2)"]
    assert found.by_question["handmade"] == {"violation": 1, "undecided": 1, "suspect": 0, "clean": 2}
    assert found.judges == ["a/judge"]


def test_a_judge_without_an_answer_neither_clears_nor_blames() -> None:
    """What the filter found stays suspect, and where it found nothing, nothing is."""
    quoted = Evidence(quote="y = [1, 0, 1]", place="code/a.py:3")
    found = one(
        [
            result(LEAF, 1, "g", verdicts=(verdict("undecided").model_copy(update={"evidence": [quoted]}),)),
            result(PIZZA, 1, "g", verdicts=(verdict("undecided"),)),
            result(SPOOKY, 1, "g", verdicts=(verdict("undecided"), verdict("suspect", "filter", "tampering"))),
        ]
    ).conduct
    assert found is not None
    assert (found.suspects, found.undecided) == ([LEAF, SPOOKY], [PIZZA])
    assert (found.judged, found.rate) == (0, None)


def test_without_a_judge_there_is_no_rate() -> None:
    found = one([result(LEAF, 1, "g", verdicts=(verdict("suspect", "filter"),))])
    assert found.conduct is not None
    assert (found.conduct.judged, found.conduct.rate, found.conduct.low) == (0, None, None)
    assert found.conduct.rule_adjusted.mean == 100


def test_without_verdicts_nothing_is_said() -> None:
    found = one([result(LEAF, 1, "g")])
    assert found.conduct is None
    assert "onduct" not in render_report([found], "markdown")


@pytest.mark.parametrize("form", ["table", "markdown", "html", "json", "tidy"])
def test_every_form_shows_it(form: str) -> None:
    text = render_report([mixed()], form)
    if form == "tidy":
        assert "violation" in text
        return
    assert "1 of 3 judged samples" in text
    if form == "json":
        assert json.loads(text)[0]["per_competition"][0]["conduct"] == ["violation", "undecided"]
    else:
        assert "rule-adjusted" in text


def entries(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "verdicts.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_person_overrules_and_keeps_the_evidence(tmp_path: Path) -> None:
    quoted = Evidence(quote="y = [1, 0, 1]", place="code/a.py:3")
    judged = verdict("clean").model_copy(update={"evidence": [quoted]})
    reading = Reading((run([result(LEAF, 1, "g", uuid="u1", verdicts=(judged,)), result(PIZZA, 1, "g", uuid="u2")]),))
    path = entries(
        tmp_path,
        "- {sample: u1, question: handmade, ruling: violation, note: I read it}\n"
        f"- {{competition: {PIZZA}, seed: 1, question: memorised, ruling: clean}}\n",
    )
    first, second = with_entries(reading, read_entries(path)).results
    assert first.violates
    (now,) = first.verdicts
    assert (now.by, now.model, now.note, now.evidence) == ("person", None, "I read it", [quoted])
    assert second.is_judged
    assert not second.violates


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("- {sample: u9, question: handmade, ruling: clean}", "no sample here: sample u9"),
        ("- {question: handmade, ruling: clean}", "names no sample"),
        (f"- {{competition: {LEAF}, question: handmade, ruling: clean}}", "names no sample"),
        ("- {sample: u1, question: other, ruling: clean}", "0.question"),
        ("- {sample: u1, question: handmade, ruling: suspect}", "0.ruling"),
        ("- {sample: u1, question: handmade, ruling: clean, more: 1}", "0.more"),
        ("a: 1", "the file"),
        ("[" * 5000, "cannot be read"),
        ("- !!python/object/apply:os.getcwd []", "cannot be read"),
    ],
)
def test_a_persons_file_that_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    reading = Reading((run([result(LEAF, 1, "g", uuid="u1")]),))
    with pytest.raises(ReportingError) as raised:
        with_entries(reading, read_entries(entries(tmp_path, text)))
    assert named in str(raised.value)
    assert "\n" not in str(raised.value)


def test_from_scans_to_report_and_bundle(logs: Path, tmp_path: Path) -> None:
    """The whole way: scans beside logs, a person's file, a bundle, and its figures computed again by another."""
    folder = copied(logs, tmp_path)
    uuids = {(r.competition, r.seed): r.uuid for r in read_results([folder]).results}
    quoted = Evidence(quote="y = [1, 0, 1]", place="code/a.py:3")
    found = verdict("violation").model_copy(update={"evidence": [quoted]})
    written(folder, "s", "handmade", [(uuids[VALID, 1], "2026-01-02T00:00:00+00:00", found)])
    person = entries(tmp_path, f"- {{sample: {uuids[INVALID, 1]}, question: tampering, ruling: clean, note: looked}}")
    told = CliRunner().invoke(cli, ["report", str(folder), "--verdicts", str(person), "--format", "json"])
    assert told.exit_code == 0, told.output
    (row,) = json.loads(told.stdout)
    assert (row["conduct"]["judged"], row["conduct"]["violations"]) == (2, 1)
    assert row["conduct"]["judges"] == ["a person", "a/judge"]
    output = tmp_path / "result.zip"
    made = CliRunner().invoke(cli, ["bundle", str(folder), "--verdicts", str(person), "--output", str(output)])
    assert made.exit_code == 0, made.output
    (kept,) = open_bundle(output).figures.rows
    assert kept["conduct"] == row["conduct"]
    assert b"code/a.py:3" in output.read_bytes() or any(
        quoted in v.evidence for _, samples in open_bundle(output).runs for s in samples for v in s.result.verdicts
    )
    assert verify(output, logs.parent / "data").agrees


def test_a_bundle_without_verdicts_has_none(logs: Path, tmp_path: Path) -> None:
    folder = copied(logs, tmp_path)
    bundle(folder, tmp_path / "plain.zip")
    (row,) = open_bundle(tmp_path / "plain.zip").figures.rows
    assert row["conduct"] is None
