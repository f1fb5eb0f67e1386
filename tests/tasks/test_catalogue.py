"""The catalogue: splits, lookups, and what a broken competition.yaml says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from mlebench_inspect.graders import metric_names
from mlebench_inspect.tasks import (
    CatalogueError,
    Competition,
    competition,
    competition_ids,
    competitions,
    load,
    passages,
    split_ids,
)


def test_splits_have_the_published_sizes() -> None:
    assert [len(split_ids(s)) for s in ("low", "medium", "high", "all", "dev")] == [22, 38, 15, 75, 7]
    assert split_ids("lite") == split_ids("low")
    assert len(split_ids("mle_bench_30")) == 30
    assert set(split_ids("mle_bench_30")) < set(split_ids("all"))
    assert len(competition_ids()) == 82


@pytest.mark.parametrize("found", competitions(), ids=lambda c: c.id)
def test_every_competition_is_complete(found: Competition) -> None:
    assert found.metric in metric_names()
    assert found.submission.id_columns
    assert found.submission.target_columns
    assert found.kaggle_slug
    assert found.thresholds
    assert found.revisions == ["v1", "v2"]
    assert found.checksums.zip
    assert found.checksums.private  # of five, all public files are archives, whose bytes depend on the time
    for name in ("prepare.py", "grade.py", "miniature.py", "examples.yaml", "description.md"):
        assert (found.folder / name).is_file()
    for revision in ("v1", "v2"):
        assert "<!--" not in found.description(revision)  # type: ignore[arg-type]


def _uses_the_revision(source: Path) -> bool:
    """Whether the code does more with `revision` than hand it on to its own functions, or has options for v2."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    own = {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
    calls = [n for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in own]
    handed_on = {id(argument) for call in calls for argument in call.args}
    read = any(isinstance(n, ast.Name) and n.id == "revision" and id(n) not in handed_on for n in nodes)
    return read or any(isinstance(n, ast.Constant) and n.value == "v2" for n in nodes)


@pytest.mark.parametrize("found", competitions(), ids=lambda c: c.id)
def test_what_v2_changes_is_told_where_the_code_tells_the_revisions_apart(found: Competition) -> None:
    differs = found.description("v1") != found.description("v2") or any(
        _uses_the_revision(found.folder / name) for name in ("prepare.py", "grade.py")
    )
    assert bool(found.v2_changes) == differs
    for sentence in found.v2_changes:
        assert sentence.endswith(".")
        assert len(sentence) <= 200
    assert len(set(found.v2_changes)) == len(found.v2_changes)


def test_every_known_issue_has_one_of_the_kinds(tmp_path: Path) -> None:
    good = yaml.safe_load((competition("spaceship-titanic").folder / "competition.yaml").read_text())
    path = tmp_path / "spaceship_titanic" / "competition.yaml"
    path.parent.mkdir()
    for issue in ({"text": "odd"}, {"text": "odd", "kind": "quirk"}):
        path.write_text(yaml.safe_dump({**good, "known_issues": [issue]}))
        with pytest.raises(CatalogueError, match=r"known_issues\.0\.kind"):
            load(path)


def test_no_folder_without_a_split() -> None:
    catalogue = Path(competition("AI4Code").folder).parent
    folders = {p.parent.name.replace("_", "-") for p in catalogue.glob("*/competition.yaml")}
    assert folders == set(competition_ids())


def test_unknown_competition_names_similar_ones() -> None:
    with pytest.raises(CatalogueError, match="did you mean spaceship-titanic"):
        competition("spaceship-titanik")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Spaceship-Titanic", "spaceship-titanic"),
        ("spaceship_titanic", "spaceship-titanic"),
        ("ai4code", "AI4Code"),
        (" aerial-cactus-identification ", "aerial-cactus-identification"),
        ("https://www.kaggle.com/c/spaceship-titanic", "spaceship-titanic"),
        ("https://www.kaggle.com/competitions/AI4Code/data?select=train", "AI4Code"),
        ("kaggle.com/competitions/spaceship-titanic/", "spaceship-titanic"),
    ],
)
def test_an_id_is_understood_as_kaggle_writes_it(name: str, meant: str) -> None:
    assert competition(name).id == meant


@pytest.mark.parametrize("name", ["", "https://www.kaggle.com/", "../spaceship-titanic", "titanic", "https://x.org/c/"])
def test_what_is_no_id_is_not_understood(name: str) -> None:
    if name.startswith(".."):
        assert competition(name).id == "spaceship-titanic"
        return
    with pytest.raises(CatalogueError, match="there is no competition"):
        competition(name)


def test_an_address_with_an_error_names_the_nearest_id() -> None:
    with pytest.raises(CatalogueError, match="did you mean spaceship-titanic"):
        competition("https://www.kaggle.com/competitions/spaceship_titanik/overview")


def test_a_split_of_ones_own_is_a_file_with_an_id_a_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_bytes("\ufeff# mine\r\nspaceship_titanic  # tabular\n\nAI4Code\nspaceship-titanic\n".encode())
    assert split_ids(str(file)) == ("AI4Code", "spaceship-titanic")
    assert [c.id for c in competitions(str(file))] == ["AI4Code", "spaceship-titanic"]
    file.write_text("AI4Code\n")
    assert split_ids(str(file)) == ("AI4Code",)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"AI4Code\nspaceship-titanik\n", "line 2: there is no competition 'spaceship-titanik'; did you mean"),
        (b"# nothing\n", "is empty; write an id a line"),
        (b"\xff\xfe\x00", "is no text; write an id a line"),
        (b"#" * (2 << 20), "is larger than 1,048,576 bytes; write an id a line"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_split_file_at_fault_is_named_with_the_mend(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "mine.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CatalogueError, match=re.escape(told)) as caught:
        split_ids(str(file))
    assert str(file) in str(caught.value)


def test_unknown_split_names_the_splits() -> None:
    with pytest.raises(CatalogueError, match="low, medium, high, dev"):
        split_ids("hard")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metric": None}, "metric"),
        ({"higher_is_better": False}, "thresholds"),
        ({"colour": "red"}, "colour"),
        ({"thresholds": {"gold": "high", "silver": 1, "bronze": 1, "median": 1}}, "thresholds.gold"),
        ({"id": "another"}, "another"),
    ],
)
def test_broken_yaml_names_file_and_field(tmp_path: Path, change: dict[str, object], words: str) -> None:
    good = yaml.safe_load((competition("spaceship-titanic").folder / "competition.yaml").read_text())
    folder = tmp_path / "spaceship_titanic"
    folder.mkdir()
    path = folder / "competition.yaml"
    path.write_text(yaml.safe_dump({**good, **change}))
    with pytest.raises(CatalogueError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)


def test_yaml_that_cannot_be_parsed(tmp_path: Path) -> None:
    (tmp_path / "competition.yaml").write_text("a: [")
    with pytest.raises(CatalogueError, match="line 2 is no sound YAML"):
        load(tmp_path / "competition.yaml")


def test_passages_of_the_other_revision_are_left_out() -> None:
    text = "all\n<!-- only v2 -->\nsecond\n<!-- end -->\n<!-- only v1 -->\nfirst\n<!-- end -->\nend\n"
    assert passages(text, "v1") == "all\nfirst\nend\n"
    assert passages(text, "v2") == "all\nsecond\nend\n"
