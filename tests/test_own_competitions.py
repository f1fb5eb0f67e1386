"""Competitions from outside this package: where they come from, what a broken one does, and what has no medal tiers."""

from __future__ import annotations

import json
import math
import os
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anyio
import pytest
import yaml
from inspect_ai import score as score_log
from inspect_ai.log import read_eval_log, write_eval_log

from mlebench_inspect import checks
from mlebench_inspect.agents import dummy
from mlebench_inspect.benchmark import TASKS, chosen_competitions
from mlebench_inspect.data.ensure import ensure_prepared
from mlebench_inspect.data.store import Store
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.formats import FORMATS, render_report
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.run import grading, workers
from mlebench_inspect.run.scoring import mlebench_scorer
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.tasks import (
    CatalogueError,
    GradingError,
    competition,
    competition_ids,
    competitions,
    faults,
    own,
    split_ids,
)
from mlebench_inspect.template import LayoutError, lay_out
from runs import run, score, value

NAN = re.compile(r"[>|,:\s](nan|NaN)[<|,\s]")
"""A number that is none, where a reader or a program would find it."""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test knows competitions of another."""
    monkeypatch.delenv(own.VARIABLE, raising=False)
    monkeypatch.setattr(own, "_added", {})
    yield
    own.forget()


def change(folder: Path, **fields: object) -> Path:
    """Changes fields of the YAML; those that become None go."""
    path = folder / "competition.yaml"
    found = {**yaml.safe_load(path.read_text()), **fields}
    path.write_text(yaml.safe_dump({k: v for k, v in found.items() if v is not None}))
    return folder


def cli(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlebench_inspect.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env={**os.environ, **variables})


def test_the_variable_names_folders_of_one_and_of_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, several = lay_out("flats", tmp_path), tmp_path / "several"
    lay_out("houses", several)
    lay_out("Gardens", several)
    before = set(competition_ids())
    monkeypatch.setenv(own.VARIABLE, os.pathsep.join((str(one), str(several), str(one))))
    assert set(competition_ids()) - before == {"flats", "houses", "Gardens"}
    assert split_ids("own") == ("Gardens", "flats", "houses")
    assert competition("FLATS").folder == one
    assert competition("flats").complexity == "own"
    assert "flats" not in split_ids("all")
    assert [c.id for c in chosen_competitions("all", "spaceship-titanic,flats")] == ["spaceship-titanic", "flats"]
    assert faults() == []


def test_a_broken_one_is_named_and_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    lay_out("flats", tmp_path)
    (lay_out("broken", tmp_path) / "competition.yaml").write_text("id: broken\ncolour: red\n")
    lay_out("spaceships", tmp_path).rename(tmp_path / "spaceship_titanic")
    variables = {own.VARIABLE: os.pathsep.join((str(tmp_path), str(tmp_path / "nowhere")))}
    listed = cli("list", "--split", "own", "--json", **variables)
    assert [row["id"] for row in json.loads(listed.stdout)] == ["flats"]
    wrong = listed.stderr.splitlines()
    assert len(wrong) == 3
    for words in (
        "colour",
        "spaceship-titanic is built in already",
        "nowhere: there is no such folder",
    ):
        assert sum(words in line for line in wrong) == 1, words
    asked = cli("show", "broken", **variables)
    assert asked.returncode == 2
    assert "colour" in asked.stderr
    assert cli("show", "flats", **variables).returncode == 0
    assert "Spaceship Titanic" in cli("show", "spaceship-titanic", **variables).stdout


def test_what_may_not_be_looked_into_keeps_nobody_from_the_others(open_folder: Path) -> None:
    """Nor does what leads nowhere or in a circle."""
    lay_out("flats", open_folder / "several")
    lay_out("houses", open_folder / "several").chmod(0)
    lay_out("gardens", open_folder / "closed")
    (open_folder / "closed").chmod(0)
    (open_folder / "several/circle").symlink_to("circle")
    (open_folder / "circle").symlink_to("circle")
    places = [open_folder / name for name in ("several", "closed", "closed/gardens", "circle")] + ["~nobody-at-all/x"]
    script = (
        "import os, sys\nfrom mlebench_inspect.tasks import competition, competitions, faults\n"
        "competitions('own'), competition('spaceship-titanic')  # loads all that is needed\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        f"os.environ[{own.VARIABLE!r}] = sys.argv[1]\n"
        "print([c.id for c in competitions('own')], competition('spaceship-titanic').id)\n"
        "print(*faults(), sep='\\n')"
    )
    command = [sys.executable, "-c", script, os.pathsep.join(map(str, places))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("['flats'] spaceship-titanic\n"), done.stderr
    told = done.stdout.splitlines()[1:]
    assert len(told) == 4
    assert sum("you may not look into it" in line for line in told) == 1
    assert sum("there is no such folder" in line for line in told) == 3


def test_two_of_one_id_are_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = lay_out("flats", tmp_path / "a"), lay_out("flats", tmp_path / "b")
    monkeypatch.setenv(own.VARIABLE, os.pathsep.join((str(first), str(second))))
    with pytest.raises(CatalogueError, match="flats is the id of two competitions") as caught:
        competition("flats")
    assert str(first) in str(caught.value)
    assert str(second) in str(caught.value)
    assert competitions("own") == []
    monkeypatch.setenv(own.VARIABLE, str(first))
    with pytest.raises(ValueError, match="id of two competitions"):
        own.add(second)
    assert competition("flats").folder == first


def test_ids_that_differ_in_letter_case_alone_are_one_id(tmp_path: Path) -> None:
    lay_out("Flats", tmp_path / "a"), lay_out("flats", tmp_path / "b"), lay_out("houses", tmp_path / "b")
    variables = {own.VARIABLE: os.pathsep.join((str(tmp_path / "a"), str(tmp_path / "b")))}
    done = cli("list", "--split", "own", "--ids", **variables)
    assert done.stdout == "houses\n"
    assert len(done.stderr.splitlines()) == 1
    for name in ("Flats", "flats", "FLATS"):
        asked = cli("show", name, **variables)
        assert asked.returncode == 2
        assert "is the id of two competitions" in asked.stderr


def test_listing_runs_none_of_their_code(tmp_path: Path) -> None:
    folder = lay_out("flats", tmp_path)
    for name in ("prepare.py", "grade.py", "miniature.py", "__init__.py"):
        (folder / name).write_text("raise SystemExit('this was run')\n")
    done = cli("list", "--split", "own", "--ids", **{own.VARIABLE: str(tmp_path)})
    assert (done.returncode, done.stdout, done.stderr) == (0, "flats\n", "")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("no_such_package", "is no package with competitions"),
        ("json", "there is no competition.yaml"),
        ("os", "is no package"),
        ("leaving.sub", "cannot be imported (SystemExit: 0)"),
    ],
)
def test_a_broken_entry_point_is_named_and_keeps_nobody_from_the_others(value: str, told: str, tmp_path: Path) -> None:
    lay_out("flats", tmp_path / "mine")
    about = tmp_path / "site/broken-1.0.dist-info"
    about.mkdir(parents=True)
    (tmp_path / "site/leaving").mkdir()
    (tmp_path / "site/leaving/__init__.py").write_text("raise SystemExit(0)")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{own.GROUP}]\nbroken = {value}\n")
    variables = {own.VARIABLE: str(tmp_path / "mine"), "PYTHONPATH": str(tmp_path / "site")}
    done = cli("list", "--split", "own", "--ids", **variables)
    assert (done.returncode, done.stdout) == (0, "flats\n")
    assert done.stderr.startswith(f"mlebench-inspect: left out: entry point broken = {value}: {told}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["9", "true", "null", "1e3", "2024-01-01", "0x1f"])
def test_a_name_that_yaml_takes_for_something_else_is_an_id(name: str, tmp_path: Path) -> None:
    assert own.add(lay_out(name, tmp_path)) == (name,)
    assert competition(name).id == name


@pytest.mark.parametrize("name", ["spaceship-titanic", "own", "familiarity", "a b", "../x", "", "-a", "a_b"])
def test_a_name_that_cannot_be_an_id_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(LayoutError):
        lay_out(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    lay_out("flats", tmp_path)
    with pytest.raises(LayoutError, match="is there already"):
        lay_out("flats", tmp_path)


def test_what_is_laid_out_passes_the_check(tmp_path: Path) -> None:
    made = cli("new", "my-flats", "--dir", tmp_path)
    assert f"mlebench-inspect check {tmp_path / 'my-flats'}" in made.stdout
    done = cli("check", tmp_path / "my-flats")
    assert done.returncode == 0, done.stdout
    assert "all 17 checks hold" in done.stdout


COPY = (
    "    test.sort_values('floor').rename(columns={'id': 'x', 'rent': 'y'}).to_csv(public / '%s', sep='%s')\n"
    "    write_csv(train,"
)
FAULTS = {
    "prepare.py": [
        ('test.drop(columns="rent")', "test", "no answers are public", "public/test.csv holds the targets"),
        ("flats, 0.2)", "flats.sample(frac=1), 0.2)", "the same files again", "preparing once more made other files"),
        ('public / "train.csv"', 'raw / "flats.csv"', "no raw file", "preparing changed raw files"),
        ('private / "test.csv"', 'private / "x.csv"', "what competition.yaml names", "does not write private/test.csv"),
        ('"flats.csv")', '"houses.csv")', "what competition.yaml names", "houses.csv"),
        ("    write_csv(train,", COPY % ("zz.csv", ","), "no answers are public", "column 'y' of public/zz.csv"),
        ("    write_csv(train,", COPY % ("zz.tsv", "\t"), "no answers are public", "column 'y' of public/zz.tsv"),
    ],
    "grade.py": [
        (", minimum=0)", ", minimum=1e9)", "sample submission is valid", "the check refuses the sample submission"),
        ("return mean_", "return 1000 - mean_", "the best score", "the answers score 1000.0, not 0"),
        ("= aligned(known, submission, ID, [TARGET])", "= known, submission", "order of rows", "in the opposite order"),
        ("known, submission = aligned(", "return aligned(", "one clear line", "a missing value in rent"),
        ("def checked(", "def looked_at(", "their functions", "no function checked"),
        ("return mean_", "raise RuntimeError('boom') or mean_", "has a score", "RuntimeError: boom (grade.py, line"),
        ("return mean_", "return 'good' or mean_", "has a score", "the grader returned str, which is no number"),
        ("from typing import", "import prepare\nfrom typing import", "by a dot", "from .prepare import"),
    ],
    "miniature.py": [
        ("default_rng(seed)", "default_rng()", "its seed alone", "seed 0 made other files"),
        ("default_rng(seed)", "default_rng(0)", "its seed alone", "seeds 0 and 1 make the same files"),
        ("flats.csv", "houses.csv", "its raw files", "make_raw does not write flats.csv"),
    ],
    "description.md": [("rent", "price", "describes the task", "does not name the columns rent")],
    "examples.yaml": [("score: 50.0", "score: 51.0", "worked examples", "scores 50.0, not 51.0")],
}


@pytest.mark.parametrize(
    ("file", "old", "new", "check", "told"),
    [(file, *case) for file, cases in FAULTS.items() for case in cases],
)
def test_a_fault_is_told_where_it_is(file: str, old: str, new: str, check: str, told: str, tmp_path: Path) -> None:
    folder = lay_out("flats", tmp_path)
    before = (folder / file).read_text()
    assert old in before
    (folder / file).write_text(before.replace(old, new))
    wrong = [v for v in checks.check(folder) if v.status == "fault"]
    assert any(check in v.check and told in f"{v.fault} {v.mend}" for v in wrong), [str(v) for v in wrong]
    for verdict in wrong:
        assert "\n" not in str(verdict)


@pytest.mark.parametrize(
    ("file", "code", "limit", "told"),
    [
        ("grade.py", "raise SystemExit(0)", 300, "SystemExit: 0"),
        ("grade.py", "import os; os._exit(0)", 300, "the competition's code ended the process, with code 0"),
        ("prepare.py", "import time; time.sleep(3600)", 8, "not done within 8 seconds"),
        ("miniature.py", "import os; os.kill(os.getpid(), 11)", 300, "ended the process, with code -11"),
    ],
)
def test_a_check_ends_with_a_verdict_however_the_code_ends(
    file: str, code: str, limit: int, told: str, tmp_path: Path
) -> None:
    folder = lay_out("flats", tmp_path)
    text = (folder / file).read_text(encoding="utf-8")
    end = text.index('"""\n', text.index('"""', text.rindex("def ")) + 3) + 4
    (folder / file).write_text(f"{text[:end]}    {code}\n{text[end:]}", encoding="utf-8")
    done = cli("check", folder, "--json", "--limit", str(limit))
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)["checks"]
    assert len(found) == len(checks.CHECKS)
    assert any(v["status"] == "fault" and told in v["fault"] for v in found), found


def test_what_code_prints_is_no_part_of_the_checks_output(tmp_path: Path) -> None:
    folder = lay_out("flats", tmp_path)
    for name in ("prepare.py", "grade.py"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text + "\nimport os\nprint('loud')\nos.system('echo loud')\n", encoding="utf-8")
    done = cli("check", folder, "--json")
    assert done.returncode == 0, done.stderr
    assert {v["status"] for v in json.loads(done.stdout)["checks"]} == {"ok"}
    assert "loud" in done.stderr


def test_the_command_ends_with_1_where_anything_is_wrong(tmp_path: Path) -> None:
    folder = lay_out("flats", tmp_path)
    (folder / "grade.py").unlink()
    done = cli("check", folder)
    assert done.returncode == 1
    assert "WRONG  v1: all files are there: grade.py missing" in done.stdout
    change(folder, higher_is_better=True)
    unread = cli("check", folder, "--json")
    assert unread.returncode == 1
    assert "thresholds" in json.loads(unread.stdout)["checks"][0]["fault"]
    assert "Traceback" not in done.stderr + unread.stderr


def test_files_of_a_folder_import_each_other_by_a_dot(tmp_path: Path) -> None:
    """Two competitions may have files of the same name, also in processes that grade."""
    for name, error in (("flats", 1.0), ("houses", 2.0)):
        folder = lay_out(name, tmp_path)
        (folder / "helpers.py").write_text(f"SCORE = {error}\n")
        (folder / "grade.py").write_text(
            (folder / "grade.py").read_text().replace("    return mean_absolute", "    return SCORE * mean_absolute")
            + "\n\nfrom .helpers import SCORE\n"
        )
    log = run(tmp_path, dummy(), task="own", competitions_dir=str(tmp_path))
    scores = {s.id: value(log, place)["score"] for place, s in enumerate(log.samples or [])}
    assert scores["houses"] == pytest.approx(2 * scores["flats"])
    assert log.eval.dataset.name == "mlebench-own"


def test_one_that_grades_again_needs_no_variable(tmp_path: Path) -> None:
    from inspect_ai import score as score_again

    from mlebench_inspect.run.scoring import mlebench_scorer

    lay_out("flats", tmp_path)
    log = run(tmp_path, dummy(), task="own", competitions_dir=str(tmp_path / "flats"))
    own._added.clear()
    assert log.eval.scorers is not None
    options = log.eval.scorers[0].options or {}
    again = score_again(log, mlebench_scorer(**options), action="overwrite")
    assert value(again)["score"] == value(log)["score"]


def test_a_result_on_ones_own_is_bundled_verified_and_compared(tmp_path: Path) -> None:
    """Also without tiers, and in processes that know the folder by the variable."""
    change(lay_out("flats", tmp_path), thresholds=None)
    variables = {own.VARIABLE: str(tmp_path / "flats")}
    run(tmp_path, dummy(), task="own", competitions_dir=str(tmp_path / "flats"))
    bundle, data = tmp_path / "result.zip", os.environ["MLEBENCH_DATA_DIR"]
    made = cli("bundle", tmp_path / "logs", "--output", bundle, **variables)
    assert made.returncode == 0, made.stderr
    verified = cli("verify", bundle, "--data-dir", data, **variables)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    refused = cli("verify", bundle, "--data-dir", data)
    assert refused.returncode == 1
    assert "there is no competition 'flats'" in refused.stdout
    for command in ("report", "compare"):
        told = cli(command, tmp_path / "logs", **variables)
        assert told.returncode == 0, told.stderr
        assert not NAN.search(told.stdout)


def test_one_is_exported_with_a_grader_that_needs_nothing_else(tmp_path: Path) -> None:
    folder, tasks = lay_out("flats", tmp_path), tmp_path / "tasks"
    (folder / "circle").symlink_to(".")
    for name in (".notes", "raw"):
        (folder / name).mkdir()
        (folder / name / "kept.txt").write_text("of the author's")
    assert cli("miniature", folder).returncode == 0
    told = cli("export-tasks", folder, "--format", "harbor", "--miniature", "--output-dir", tasks)
    assert told.returncode == 0, told.stderr
    verifier, logs = tmp_path / "verifier", tmp_path / "verdict"
    shutil.copytree(tasks / "flats/tests", verifier, symlinks=True)
    assert not list(verifier.rglob("kept.txt"))
    shutil.copytree(verifier / "package", verifier, symlinks=True, dirs_exist_ok=True)  # as its Dockerfile does
    command = [sys.executable, "-I", verifier / "grade_submission.py", folder / "example/submission.csv", logs]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads((logs / "reward.json").read_text())["score"] == pytest.approx(154.11833)
    change(folder, thresholds=None)
    refused = cli("export-tasks", folder, "--format", "harbor", "--miniature", "--output-dir", tasks)
    assert "flats has no medal tiers" in refused.stderr


@pytest.fixture
def tierless(tmp_path: Path) -> Path:
    return change(lay_out("flats", tmp_path), thresholds=None)


def test_without_tiers_medals_are_undefined_and_no_failures(tierless: Path, tmp_path: Path) -> None:
    log = run(tmp_path, dummy(), task="own", competitions_dir=str(tierless))
    found = value(log)
    assert found["medal"] == "undefined"
    assert found["valid"] == 1
    assert all(math.isnan(found[key]) for key in ("any_medal", "gold", "silver", "bronze", "above_median"))
    assert "no medal tiers" in (score(log).explanation or "")
    assert log.results is not None
    metrics = log.results.scores[0].metrics
    assert math.isnan(metrics["any_medal"].value)
    assert (metrics["valid"].value, metrics["medal_competitions"].value) == (100, 0)
    reading = read_results([str(tmp_path / "logs")])
    (row,) = report(reading)
    assert row.tierless == ["flats"]
    assert not row.any_medal["all"].is_defined
    assert row.outcomes["valid"].mean == 100
    assert row.per_competition[0].outcomes == ["valid"]
    for form in FORMATS:
        assert "flats" in render_report([row], form) or form == "csv"
        assert not NAN.search(render_report([row], form)), form
    assert json.loads(render_report([row], "json"))[0]["any_medal"]["all"]["mean"] is None


def test_in_a_mixed_run_ones_own_stand_apart(tierless: Path, tmp_path: Path) -> None:
    log = run(
        tmp_path, dummy(), task="all", competitions_dir=str(tierless), competitions="spooky-author-identification,flats"
    )
    assert log.results is not None
    metrics = log.results.scores[0].metrics
    assert metrics["competitions"].value == 1
    assert not math.isnan(metrics["any_medal"].value)
    assert "own" not in metrics
    (row,) = report(read_results([str(tmp_path / "logs")]))
    assert (row.competitions, row.development, row.tierless) == (1, 1, [])
    assert "1 competition (and 1 of your own)" in "\n".join(row.notes())


def test_a_board_gives_tiers_and_percentiles(tierless: Path) -> None:
    board = [50.0 + place for place in range(100)]
    (tierless / "leaderboard.csv").write_text("score\n" + "\n".join(map(str, board)) + "\n")
    own.add(tierless)
    found = competition("flats")
    assert found.tiers is not None
    assert (found.tiers.gold, found.tiers.silver, found.tiers.bronze, found.tiers.median) == (59.0, 69.0, 89.0, 99.5)
    told = found.report(60.0, exists=True, error=None)
    assert (told.medal, told.rank, told.percentile) == ("silver", 11, 89.5)


def test_tiers_are_those_that_were_graded_with(tierless: Path, tmp_path: Path) -> None:
    """Written down after a run, they count once it is graded again, in reports as in the log; and not before."""
    run(tmp_path, dummy(), task="own", competitions_dir=str(tierless))
    change(tierless, thresholds={"gold": 1e4, "silver": 2e4, "bronze": 3e4, "median": 4e4})
    own.forget()
    own.add(tierless)
    (row,) = report(read_results([str(tmp_path / "logs")]))
    assert row.tierless == ["flats"]
    assert not row.per_competition[0].any_medal.is_defined
    (path,) = (tmp_path / "logs").glob("*.eval")
    log = score_log(read_eval_log(str(path)), mlebench_scorer(), action="overwrite")
    assert log.results is not None
    assert log.results.scores[0].metrics["any_medal"].value == 100
    assert "medal_competitions" not in log.results.scores[0].metrics
    write_eval_log(log, str(path))
    (row,) = report(read_results([str(tmp_path / "logs")]))
    assert (row.tierless, row.per_competition[0].any_medal.mean) == ([], 100)


def test_modules_beside_a_run_are_no_modules_of_grading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor are folders that are called as an installed package of competitions."""
    for name in ("pandas", "mlebench_inspect", "json"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('of the folder in which the run was started')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workers, "_found", None)
    log = run(tmp_path, dummy(), task="own", competitions_dir=str(lay_out("flats", tmp_path)))
    assert value(log)["valid"] == 1
    assert report(read_results([str(tmp_path / "logs")]))[0].outcomes["valid"].mean == 100


def test_a_changed_competition_is_prepared_anew_from_the_raw_data_that_is_given(tmp_path: Path) -> None:
    folder, data, raw = lay_out("flats", tmp_path), tmp_path / "data", tmp_path / "raw"
    own.add(folder)
    competition("flats").make_miniature(raw, 0)
    assert cli("prepare", folder, "--raw", raw, "--data-dir", data).returncode == 0
    public = data / "flats" / "prepared" / "public"
    (public / "mark").write_text("of the first preparation")
    again = cli("prepare", folder, "--raw", raw, "--data-dir", data)
    assert (again.returncode, (public / "mark").exists()) == (0, True)
    with open(folder / "prepare.py", "a", encoding="utf-8") as file:
        file.write("# changed\n")
    told = cli("prepare", folder, "--data-dir", data)
    assert (told.returncode, (public / "mark").exists()) == (0, True)
    assert "has changed since; give --raw" in " ".join((told.stdout + told.stderr).split())
    anew = cli("prepare", folder, "--raw", raw, "--data-dir", data)
    assert (anew.returncode, (public / "mark").exists()) == (0, False)
    (public / "mark").write_text("of the second preparation")
    rows = (raw / "flats.csv").read_text(encoding="utf-8").splitlines()
    (raw / "flats.csv").write_text("\n".join(rows[:200]) + "\n", encoding="utf-8")
    other = cli("prepare", folder, "--raw", raw, "--data-dir", data)
    assert (other.returncode, (public / "mark").exists()) == (0, False)


def test_a_run_warns_of_data_that_was_prepared_by_other_code(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = lay_out("flats", tmp_path)
    own.add(folder)
    found, store = competition("flats"), Store.open(str(tmp_path / "data"), "real", "v1")
    found.make_miniature(tmp_path / "raw")
    assert cli("prepare", folder, "--raw", tmp_path / "raw", "--data-dir", tmp_path / "data").returncode == 0
    ensure_prepared(store, [found])
    assert caplog.text == ""
    (folder / "words").mkdir()
    (folder / "words/list.txt").write_text("read by prepare.py")
    ensure_prepared(store, [found])
    assert "flats has changed since its data was prepared" in caplog.text


def test_a_preparation_that_ends_the_process_is_told_where(tmp_path: Path) -> None:
    folder = lay_out("flats", tmp_path)
    own.add(folder)
    competition("flats").make_miniature(tmp_path / "raw")
    text = (folder / "prepare.py").read_text(encoding="utf-8")
    (folder / "prepare.py").write_text(text.replace("    flats = ", "    raise SystemExit(0)\n    flats = "))
    done = cli("prepare", folder, "--raw", tmp_path / "raw", "--data-dir", tmp_path / "data")
    assert done.returncode == 1
    assert "preparing failed in flats/prepare.py, line" in " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("name", ["flats.zip", "flats.ZIP", "download"])
def test_raw_data_is_a_zip_whatever_its_name(name: str, tmp_path: Path) -> None:
    folder, raw = lay_out("flats", tmp_path), tmp_path / "raw"
    own.add(folder)
    competition("flats").make_miniature(raw)
    shutil.make_archive(str(tmp_path / "packed"), "zip", raw)
    (tmp_path / "packed.zip").rename(tmp_path / name)
    done = cli("prepare", folder, "--raw", tmp_path / name, "--data-dir", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    no_zip = cli("prepare", folder, "--raw", raw / "flats.csv", "--data-dir", tmp_path / "other")
    assert no_zip.returncode == 1
    assert "is no zip; give the folder that it lies in" in " ".join((no_zip.stdout + no_zip.stderr).split())


def test_one_of_the_second_revision_alone_counts_as_prepared_once_it_is(tmp_path: Path) -> None:
    folder = change(lay_out("flats", tmp_path), revisions=["v2"])
    own.add(folder)
    competition("flats").make_miniature(tmp_path / "raw")
    place = ("--data-dir", tmp_path / "data")
    assert "0 of 1 prepared" in cli("status", folder, *place).stdout
    assert cli("prepare", folder, "--raw", tmp_path / "raw", "--revision", "v2", *place).returncode == 0
    assert "1 of 1 prepared" in cli("status", folder, *place).stdout


def test_scoring_a_log_of_one_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    log = run(tmp_path, dummy(), task="own", competitions_dir=str(lay_out("flats", tmp_path)))
    command = [sys.executable, "-m", "inspect_ai", "score", log.location, "--scorer", "mlebench_inspect/mlebench"]
    command += ["--action", "overwrite", "--overwrite"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tmp_path)
    assert done.returncode != 0
    told = " ".join((done.stdout + done.stderr).split())
    assert "there is no competition 'flats'" in told
    assert "set MLEBENCH_COMPETITIONS to its folder" in told
    assert "Traceback" not in told


def test_results_of_changed_graders_are_not_pooled_without_a_word(tmp_path: Path) -> None:
    folder = lay_out("flats", tmp_path)
    for code in ("return mean_", "return 0.1 * mean_"):
        text = (folder / "grade.py").read_text(encoding="utf-8")
        (folder / "grade.py").write_text(text.replace("return mean_", code), encoding="utf-8")
        own.forget()
        run(tmp_path, dummy(), task="own", competitions_dir=str(folder))
    (row,) = report(read_results([str(tmp_path / "logs")]))
    assert any("Changed between runs" in note and "flats" in note for note in row.notes())


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ("thresholds: {gold: 1.0, silver: 2.0, bronze: 3.0, median: 4.0}\n", "thresholds stands twice"),
        ("known_issues: [{kind: leak, kind: data, text: a}]\n", "kind stands twice"),
    ],
)
def test_a_key_that_stands_twice_is_a_fault(added: str, told: str, tmp_path: Path) -> None:
    folder = lay_out("flats", tmp_path)
    with open(folder / "competition.yaml", "a", encoding="utf-8") as file:
        file.write(added)
    with pytest.raises(CatalogueError, match=rf"competition\.yaml, line \d+ is no sound YAML: {told}"):
        checks.check(folder)


@pytest.mark.parametrize(
    ("thresholds", "board", "told"),
    [
        ({"gold": 42.0, "silver": 48.0, "bronze": 52.0, "median": 10.0}, "", "median are not in the order"),
        (
            {"gold": 42.0, "silver": 48.0, "bronze": 52.0, "median": 55.0},
            "score\n1\n2\n3\n",
            "leave the thresholds out",
        ),
        (None, "40\n41\n45\n", "line 1 holds a score, '40', and is no header"),
        (None, "\ufeff40\n41\n45\n", "line 1 holds a score, '40', and is no header"),
        (None, "a;40\n41\n", "line 1 holds a score, 'a;40', and is no header"),
        (None, "nan\n41\n", "line 1 holds a score, 'nan', and is no header"),
        (None, "score\n40\nforty\n", "line 3 is no finite number: 'forty'"),
        (None, "score\n40\n\ninf\n", "line 4 is no finite number: 'inf'"),
        (None, "score\n45\n41\n", "is not in the order of rank by higher_is_better"),
        (None, "score\nnan\n", "line 2 is no finite number: 'nan'"),
    ],
)
def test_tiers_of_which_one_is_surely_meant_otherwise_are_refused(
    thresholds: dict[str, float] | None, board: str, told: str, tmp_path: Path
) -> None:
    folder = change(lay_out("flats", tmp_path), thresholds=thresholds)
    if board:
        (folder / "leaderboard.csv").write_text(board)
    with pytest.raises(CatalogueError, match=told):
        checks.check(folder)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("metric:", "metrik:", "metric is missing; write it; there is no field metrik; did you mean metric?"),
        ("metric:", "metric: [", "line \\d+ is no sound YAML: .*; mend it there"),
        ("higher_is_better: false", "higher_is_better: [1]", "higher_is_better: Input should be a valid boolean"),
        ("metric:", "approx_rows: {train: 2023-13-45}\nmetric:", "yaml cannot be read: ValueError: month must be in"),
        ("metric:", "approx_rows: {train: !!int abc}\nmetric:", "yaml cannot be read: ValueError: invalid literal"),
        ("answers: private", "answers: public", "answers: public/test.csv is not below private/"),
        ("answers: private", "answers: private/../public", "is not below private/"),
        ("answers: private/test.csv", "answers: /etc/passwd", "answers: /etc/passwd is not below private/"),
        ("gold: 60.0", "gold: .nan", "thresholds.gold: Input should be a finite number"),
        ("gold: 60.0", "gold: -.inf", "thresholds.gold: Input should be a finite number"),
        pytest.param(
            "metric:", f"teams: {'9' * 5000}\nmetric:", "cannot be read: ValueError: Exceeds the", id="digits"
        ),
        pytest.param("metric:", f"approx_rows: {'[' * 5000}\nmetric:", "mend it there", id="brackets"),
    ],
)
def test_a_fault_of_the_yaml_is_one_line_with_its_mend(old: str, new: str, told: str, tmp_path: Path) -> None:
    path = lay_out("flats", tmp_path) / "competition.yaml"
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new, 1), encoding="utf-8")
    done = cli("check", path.parent)
    assert done.returncode != 0
    assert re.search(told, done.stderr + done.stdout)
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 1


def test_a_board_whose_gold_the_sample_submission_reaches_is_refused(tmp_path: Path) -> None:
    folder = change(lay_out("flats", tmp_path), thresholds=None, sample_submission_score=200.0)
    (folder / "leaderboard.csv").write_text("score\n9000\n9001\n")
    with pytest.raises(CatalogueError, match=r"200\.0 is not worse than the gold threshold, 9000\.0"):
        checks.check(folder)


@pytest.mark.parametrize("text", ["score\n1.0\nmuch\n", "score\n", "score\n\xff\n"])
def test_a_broken_board_is_a_broken_competition(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out("houses", tmp_path)
    (lay_out("flats", tmp_path) / "leaderboard.csv").write_bytes(text.encode("latin-1"))
    monkeypatch.setenv(own.VARIABLE, str(tmp_path))
    with pytest.raises(CatalogueError, match=r"leaderboard\.csv"):
        competition("flats")
    assert [c.id for c in competitions("own")] == ["houses"]
    assert "leaderboard.csv" in faults()[0]


ENDS = {
    "prints": ("print('1.0, 2.0: the answers')", None),
    "writes to its descriptor": ("import os; os.write(1, b'1.0, 2.0: the answers')", None),
    "has a program print": ("import os; os.system('echo 1.0, 2.0: the answers')", None),
    "leaves a process": ("import os, time; left = os.fork() or time.sleep(3600)", None),
    "leaves a session": ("import os, time; left = os.fork() or (os.setsid(), time.sleep(3600))", None),
    "leaves a group": ("import os, time; left = os.fork() or (os.setpgid(0, 0), time.sleep(3600))", None),
    "leaves a program": ("import subprocess; left = subprocess.Popen(['sleep', '3600']).pid", None),
    "exits": ("raise SystemExit('1.0, 2.0: the answers')", "grading fails for every submission: SystemExit"),
    "is interrupted": ("raise KeyboardInterrupt('1.0, 2.0: the answers')", "grading fails: KeyboardInterrupt"),
    "ends the process": ("import os; os._exit(0)", "the grading process ended without a report"),
    "ends it as a fault": ("import os; os._exit(3)", "the grading process ended with code 3"),
    "ends it otherwise": ("import os; os.write(2, b'answers'); os._exit(1)", "the grading process ended with code 1"),
    "is killed": (
        "import os; os.write(2, b'answers'); os.kill(os.getpid(), 9)",
        "the grading process ended with code -9",
    ),
    "raises": ("raise ValueError('1.0, 2.0: the answers')", "grading fails for every submission: ValueError"),
    "returns a word": ("return '1.0, 2.0: the answers'", "grading fails for every submission: TypeError"),
    "returns a number as a word": ("return '0.5'", "grading fails for every submission: TypeError"),
    "returns no finite number": ("return float('-inf')", "grading fails for every submission: NotFinite"),
}


def ends(pid: int) -> bool:
    """Whether a process has ended, or ends soon."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 60)[0])
    finally:
        os.close(process)


@pytest.mark.parametrize("how", ENDS)
def test_whatever_a_grader_does_there_is_a_report_or_a_fault_without_its_words(how: str, tmp_path: Path) -> None:
    code, told = ENDS[how]
    folder = lay_out("flats", tmp_path / "own")
    text = (folder / "grade.py").read_text(encoding="utf-8")
    head, mark, body = text.partition("    return mean_absolute_error")
    left = tmp_path / "left"
    code += f"; open({str(left)!r}, 'w').write(str(left))" if "left = " in code else ""
    (folder / "grade.py").write_text(f"{head}    {code}\n{mark}{body}", encoding="utf-8")
    own.add(folder)
    found, root = competition("flats"), tmp_path / "data/flats"
    found.make_miniature(root / "raw")
    found.prepare(root / "raw", root / "prepared/public", root / "prepared/private")
    store = Store.open(str(tmp_path / "data"), "real", "v1")
    sample = store.prepared(found) / found.sample_submission
    graded = partial(grading.grade_file, found, sample, store, max_bytes=1 << 20)
    if told is None:
        assert anyio.run(graded).valid_submission
        assert not left.exists() or ends(int(left.read_text()))
        return
    with pytest.raises((GradingError, HostError), match=told) as caught:
        anyio.run(graded)
    assert "answers" not in str(caught.value)


def test_normalised_scores_without_tiers_end_at_the_perfect_score(tierless: Path) -> None:
    own.add(change(tierless, sample_submission_score=200.0))
    assert competition("flats").normalised(50.0) == 0.75


def test_a_revision_that_there_is_not_is_refused_in_one_line(tmp_path: Path) -> None:
    lay_out("flats", tmp_path)
    done = cli("miniature", tmp_path / "flats", "--revision", "v2")
    assert done.returncode == 1
    assert "flats has no revision v2, only v1" in done.stderr
    with pytest.raises(Exception, match="has no such revision"):
        TASKS["own"](competitions_dir=str(tmp_path), data="miniature", sandbox="local", revision="v2")


def test_real_data_comes_from_the_user_alone(tmp_path: Path) -> None:
    folder, data = lay_out("flats", tmp_path), tmp_path / "data"
    done = cli("prepare", folder, "--data-dir", data)
    assert done.returncode == 1
    assert "flats: its raw data is not on Kaggle; give it with --raw DIR_OR_ZIP" in done.stderr
    nowhere = cli("prepare", "spaceship-titanic", "./nowhere", "--data-dir", data)
    assert nowhere.returncode != 0
    assert "there is no folder ./nowhere; mend the path" in nowhere.stderr
    with pytest.raises(ValueError, match="there is no folder"):
        own.add(tmp_path / "nowhere")
