"""The command: code kept beside logs against notebooks, as a table, as JSON and as a page."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kept_code import log_with_code
from mlebench_inspect.cli import cli
from mlebench_inspect.plagiarism import checking, page
from pairs import functions, program, renamed

SHIP, LEAF, PIZZA = "spaceship-titanic", "leaf-classification", "random-acts-of-pizza"
ORIGIN = functions(1)
EVIL = "</pre><script>alert(1)</script>\u202e\x1b[31m"


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, ["plagiarism", *map(str, args)], env={"COLUMNS": "200"})


def told(*args: str | Path) -> Any:
    result = run(*args, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Logs of five samples, and notebooks of two of their three competitions."""
    folder = tmp_path_factory.mktemp("plagiarism")
    copy = renamed(program(random.Random(0).sample(ORIGIN, len(ORIGIN))))
    code: dict[str, dict[int, dict[str, Any]]] = {
        SHIP: {
            1: {"main.py": copy + f"\n# {EVIL}\n", "notes.txt": "x"},
            2: {"main.py": program(functions(2)), f"{EVIL}.ipynb": "broken"},
            3: {"problem": "the sandbox had ended"},
        },
        LEAF: {1: {"a.py": program(ORIGIN[:3]), "b.py": program(ORIGIN[3:6])}},
        PIZZA: {1: {"a.py": program(ORIGIN)}},
    }
    log_with_code(folder / "logs", code)
    (folder / "notebooks" / SHIP).mkdir(parents=True)
    (folder / "notebooks" / LEAF).mkdir()
    for name, parts in (("starter", functions(3)), ("winner", ORIGIN), ("other", functions(4))):
        (folder / "notebooks" / SHIP / f"{name}.py").write_text(program(parts))
    cells = [{"cell_type": "code", "source": part} for part in [*functions(5, 30), *ORIGIN]]
    (folder / "notebooks" / LEAF / "long.ipynb").write_text(json.dumps({"cells": cells}))
    (folder / "notebooks" / LEAF / "broken.ipynb").write_text("{")
    return folder / "logs", folder / "notebooks"


def test_copies_are_told_from_own_work(places: tuple[Path, Path]) -> None:
    found = told(places[0], "--notebooks", places[1])
    samples = {(s["competition"], s["seed"]): s for s in found["samples"]}
    copy, own = samples[SHIP, 1], samples[SHIP, 2]
    assert copy["for_a_person"]
    assert copy["matches"][0]["notebook"] == "winner.py"
    assert copy["matches"][0]["similarity"] > 0.9
    assert copy["matches"][0]["because"] == "similarity"
    assert len(copy["matches"][0]["passages"]) >= 6
    assert not own["for_a_person"]
    assert own["matches"][0]["similarity"] < 0.2
    assert own["left_out"] == [f"{EVIL}.ipynb: it is no notebook: JSONDecodeError"]
    divided = samples[LEAF, 1]["matches"][0]
    assert divided["code"] == "all files"
    assert divided["because"] == "covered"
    assert divided["similarity"] < 0.6 < divided["covered"]
    assert samples[SHIP, 3]["problem"] == "the sandbox had ended"
    assert samples[PIZZA, 1]["problem"] == "there is no notebook of this competition"
    assert found["notebooks"] == {LEAF: 1, PIZZA: 0, SHIP: 3}
    assert found["left_out"] == [f"{LEAF}/broken.ipynb: it is no notebook: JSONDecodeError"]


def test_the_table_shows_all_samples_and_sends_no_commands(places: tuple[Path, Path]) -> None:
    result = run(places[0], "--notebooks", places[1])
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert re.match(rf"{SHIP} +1 +9\d\.\d % +\d+\.\d % +main.py +winner.py +yes: similarity", lines[1])
    assert re.match(rf"{LEAF} +1 .* all files +long.ipynb +yes: covered", lines[2])
    assert re.match(rf"{SHIP} +2 +\d\.\d % .* no", lines[3])
    assert "not compared: the sandbox had ended" in result.stdout
    assert "2 of 3 samples that were compared have more than 60.0 % in common" in result.stdout
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout


def test_the_threshold_is_what_a_person_must_look_at(places: tuple[Path, Path]) -> None:
    assert not any(s["for_a_person"] for s in told(places[0], "--notebooks", places[1], "--threshold", "1")["samples"])
    lower = told(places[0], "--notebooks", places[1], "--threshold", "0.2")
    assert [s["matches"][0]["because"] for s in lower["samples"] if s["competition"] == LEAF] == ["similarity"]
    for wrong in ("2", "nan", "x"):
        assert run(places[0], "--notebooks", places[1], "--threshold", wrong).exit_code == 2


def test_a_flat_folder_is_for_all(places: tuple[Path, Path]) -> None:
    found = told(places[0], "--notebooks", places[1] / SHIP)
    assert found["notebooks"] == {LEAF: 3, PIZZA: 3, SHIP: 3}
    pizza = next(s for s in found["samples"] if s["competition"] == PIZZA)
    assert pizza["matches"][0]["similarity"] == 1.0


def test_no_notebook_at_all_is_an_error(places: tuple[Path, Path], tmp_path: Path) -> None:
    assert run(places[0], "--notebooks", tmp_path / "none").exit_code == 2
    (tmp_path / "empty").mkdir()
    result = run(places[0], "--notebooks", tmp_path / "empty")
    assert isinstance(result.exception, checking.ReportingError)
    assert "no notebook for any of these competitions" in str(result.exception)
    assert "--from-kaggle N" in str(result.exception)


@pytest.mark.parametrize("name", ["/etc/passwd", "../../x.tar.gz", "s3://b/x", "artifacts/gone.tar.gz", 7, {"a": 1}])
def test_a_name_that_leads_elsewhere_is_not_followed(name: Any, tmp_path: Path, places: tuple[Path, Path]) -> None:
    log_with_code(tmp_path / "logs", {SHIP: {1: {"artifact": name}}})
    (sample,) = told(tmp_path / "logs", "--notebooks", places[1])["samples"]
    assert "no name of a kept file" in sample["problem"] or "cannot be read" in sample["problem"]


def test_the_page_holds_passages_and_no_code_that_runs(places: tuple[Path, Path], tmp_path: Path) -> None:
    output = tmp_path / "page.html"
    result = run(places[0], "--notebooks", places[1], "--format", "html", "--output", output)
    assert result.exit_code == 0, result.output
    text = output.read_text()
    assert text.count("<script>") == 1
    assert "default-src 'none'" in text
    assert "&lt;/pre&gt;&lt;script&gt;" in text
    assert "http://" not in text
    assert "https://" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(re.findall('<div class="sides">', text)) >= 8
    assert "The agent&#x27;s lines" in text or "The agent's lines" in text


def test_a_page_is_bounded(places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_PASSAGES", 1)
    monkeypatch.setattr(page, "MOST_LINES", 5)
    monkeypatch.setattr(page, "MOST_PAIRS", 1)
    text = run(places[0], "--notebooks", places[1], "--format", "html").stdout
    assert text.count('<div class="sides">') == 1
    assert text.count('class="same"') == 10
    assert "shorter passages are not shown" in text
    assert "Shown are 1 of 2 pairs." in text
