"""Familiarity beside results: Spearman's correlation against literals, and the report's forms."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from inspect_ai import eval as inspect_eval
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from scripted_logprobs import scripted

from logs import write_log
from mlebench_inspect.cli import cli
from mlebench_inspect.familiarity.questions import questions
from mlebench_inspect.familiarity.task import familiarity
from mlebench_inspect.reporting.familiarity import Familiar, correlation, interval, read_familiarity, spearman
from mlebench_inspect.reporting.records import ReportingError
from mlebench_inspect.tasks import competition, split_ids

LOW = split_ids("low")[:8]
IQ = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
HOURS = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]


def pairs(xs: list[int], ys: list[int]) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]


@pytest.mark.parametrize(
    ("xs", "ys", "rho"),
    [
        (IQ, HOURS, -29 / 165),  # 1 - 6 * 194 / (10 * 99), the textbook's example
        ([1, 2, 3, 4], [10, 20, 30, 99], 1.0),
        ([1, 2, 3, 4], [9, 7, 1, 0], -1.0),
        ([1, 2, 2, 3], [1, 3, 2, 4], 4.5 / 22.5**0.5),  # ranks 1 2.5 2.5 4 and 1 3 2 4
    ],
)
def test_spearman(xs: list[int], ys: list[int], rho: float) -> None:
    assert spearman(pairs(xs, ys)) == pytest.approx(rho)


@pytest.mark.parametrize(("xs", "ys"), [([1, 2, 3], [1, 2, 3]), ([1, 1, 1, 1], [1, 2, 3, 4]), ([1, 2, 3, 4], [0] * 4)])
def test_no_correlation_of_few_or_of_equal_values(xs: list[int], ys: list[int]) -> None:
    assert spearman(pairs(xs, ys)) is None


def test_the_interval_is_that_of_competitions_and_the_same_each_time() -> None:
    found = interval(pairs(IQ, HOURS))
    assert found == interval(pairs(IQ, HOURS))
    assert found is not None
    assert -1 <= found[0] < -29 / 165 < found[1] <= 1
    assert found[0] < 0 < found[1]
    many = interval([(x, y) for x, y in pairs(IQ, HOURS) for _ in range(8)])
    assert many is not None
    assert many[1] - many[0] < found[1] - found[0]
    assert interval(pairs(IQ, IQ)) == pytest.approx((1, 1))
    assert interval(pairs([1, 2, 3, 4], [0, 0, 0, 1])) is not None


def test_a_sentence_in_plain_words() -> None:
    values = {c: float(n) for n, c in enumerate(LOW)}
    strong = correlation(Familiar("a/b", "recall", values), "any medal", values, "a/b")
    assert strong.sentence() == (
        "Familiarity (recall) and any medal over 8 competitions: Spearman +1.00; the 95 % interval, +1.00 to +1.00, "
        "does not hold zero: results are better where the model is more familiar, whatever the cause."
    )
    none = correlation(Familiar("a/b", "recall", values), "any medal", dict.fromkeys(LOW, 0.0), "c/d")
    assert none.sentence().endswith("no correlation can be computed, because they are too few or all are equal.")
    assert (none.rho, none.low, none.same_model) == (None, None, False)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run of eight competitions by the model whose familiarity is measured in another log."""
    folder = tmp_path_factory.mktemp("familiar")
    outcomes = dict(zip(LOW, ("gg", "gn", "nn", "gg", "ng", "nn", "gn", "nn"), strict=True))
    write_log(folder / "runs", outcomes, model="scripted/test")
    task = familiarity(competitions=",".join(LOW))
    inspect_eval(task, model=scripted("prompt"), display="none", log_dir=str(folder / "familiarity"))
    return folder / "runs", folder / "familiarity"


def report(*args: str | Path) -> str:
    result = CliRunner().invoke(cli, ["report", *map(str, args)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_report_has_the_correlation_in_every_form(logs: tuple[Path, Path]) -> None:
    runs, measured = logs
    (found,) = read_familiarity([measured])
    words = {c: competition(c).description().split() for c in LOW}
    assert found.model == "scripted/test"
    assert found.measure == "description"
    assert found.values == pytest.approx({c: -sum(map(len, w)) / len(w) for c, w in words.items()})
    medals = [100.0, 50.0, 0.0, 100.0, 50.0, 0.0, 50.0, 0.0]
    rho = spearman([(found.values[c], m) for c, m in zip(LOW, medals, strict=True)])
    (row,) = json.loads(report(runs, "--familiarity", measured, "--format", "json"))
    told: dict[str, Any] = {c["outcome"]: c for c in row["familiarity"]}
    assert told["any medal"]["rho"] == pytest.approx(rho)
    assert told["any medal"]["competitions"] == 8
    assert told["any medal"]["same_model"]
    assert told["any medal"]["low"] <= rho <= told["any medal"]["high"]
    assert told["percentile"]["rho"] is not None
    for form in ("table", "markdown", "html"):
        text = re.sub("<[^>]*>", " ", report(runs, "--familiarity", measured, "--format", form))
        assert re.search(rf"description[ |]+any medal[ |]+{re.escape(f'{rho:+.2f}')}[ |]+[+-]", text), form
        assert "Familiarity (description) and any medal over 8 competitions: Spearman" in text
        assert "Not the same model" not in text


def test_another_model_is_warned_of(logs: tuple[Path, Path], tmp_path: Path) -> None:
    write_log(tmp_path, dict.fromkeys(LOW, "g"), model="openai/other")
    text = report(tmp_path, "--familiarity", logs[1])
    assert "Not the same model: familiarity is that of scripted/test, the runs are of openai/other." in text
    assert "no correlation can be computed" in text


def test_a_place_without_familiarity_is_an_error(logs: tuple[Path, Path]) -> None:
    with pytest.raises(ReportingError, match=r"no familiarity in .*; run: inspect eval mlebench_inspect/familiarity"):
        read_familiarity([logs[0]])


def test_the_task_runs_by_the_real_runner_and_without_a_network(tmp_path: Path) -> None:
    """With the stand-in for a model, which offers no log-probabilities and chooses no letter."""
    command = [sys.executable, "-m", "inspect_ai", "eval", "mlebench_inspect/familiarity", "--model", "rehearsal/model"]
    options = ["-T", f"competitions={LOW[0]}", "--log-dir", str(tmp_path / "logs"), "--display", "plain"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = read_familiarity([tmp_path / "logs"])
    assert (found.model, found.measure) == ("rehearsal/model", "recall")
    assert found.values == pytest.approx({LOW[0]: -1 / 3})


def test_a_model_of_another_provider_without_log_probabilities_recalls(tmp_path: Path) -> None:
    outputs = [ModelOutput.from_content("mockllm/model", "ANSWER: C") for _ in range(7)]
    for output in outputs:
        output.usage = ModelUsage()  # counted by a table from the network else
    model = get_model("mockllm/model", custom_outputs=outputs)
    inspect_eval(familiarity(competitions=LOW[0]), model=model, display="none", log_dir=str(tmp_path))
    (found,) = read_familiarity([tmp_path])
    right = sum(q.key == "C" for q in questions(competition(LOW[0])))
    assert found == ("mockllm/model", "recall", {LOW[0]: pytest.approx((right / 5 - 0.25) / 0.75)})  # type: ignore[comparison-overlap]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("splitt=low", "no option -T splitt; did you mean split"),
        ("measure=x", "-T measure=x must be one of auto, description, continuation, recall"),
        ("competitions=unknown", "unknown"),
        ("descriptions=/nowhere", "/nowhere"),
    ],
)
def test_a_wrong_option_is_one_line(option: str, said: str) -> None:
    name, _, value = option.partition("=")
    with pytest.raises(Exception, match=re.escape(said)) as raised:
        familiarity(**{name: value})
    assert type(raised.value).__name__ == "PrerequisiteError"
    assert "\n" not in str(raised.value)
