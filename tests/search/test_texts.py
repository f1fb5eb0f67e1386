"""What models and scripts say, what models are told, and the page."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from mlebench_inspect.agents.search import prompts
from mlebench_inspect.agents.search.hands import Surroundings
from mlebench_inspect.agents.search.page import page
from mlebench_inspect.agents.search.parsing import read_reply, read_review, read_score
from mlebench_inspect.agents.search.prompts import Standing, Terms
from mlebench_inspect.agents.search.tree import Tree

TERMS = Terms(
    task="The task.",
    found=Surroundings(here="/home", packages=["numpy"], preview="train.csv  5 bytes", memory=2**33),
    data="/home/data",
    folder="/home/code/solutions",
    metric="roc_auc",
    higher_is_better=True,
    folds=5,
    table="train.csv",
    folds_file="/home/code/search/folds.csv",
    threads=2,
)
NOW = Standing(steps_left=7, seconds_left=5400.0, timeout=600.0, best=0.75)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Plan.\n```python\nx = 1\n```", "x = 1\n"),
        ("Plan.\r\n``` Python\r\nx = 1\r\n```\r\n", "x = 1\n"),
        ("~~~py\nx = 1\n~~~", "x = 1\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("```python\nx = 1\n```\nand\n```python\nx = 1\ny = 2\n```", "x = 1\ny = 2\n"),
        ("```bash\npip install a lot of things and more\n```\n```python\nx = 1\n```", "x = 1\n"),
        ("````python\nx = '''\n```\n'''\n````", "x = '''\n```\n'''\n"),
        ("```python\nx = 1\n", "x = 1\n"),
        ("```python\nx = (1\n", ""),
        ("```python\nx = new syntax\n```", "x = new syntax\n"),
        ("```python\nx = 1\n```\n```python\nx = [1,\n2,\n", "x = 1\n"),
        ("no code", ""),
        ("", ""),
    ],
)
def test_code_is_read_however_it_is_fenced(text: str, code: str) -> None:
    reply = read_reply(text)
    assert reply.code == code
    assert bool(reply.fault) is not bool(code)


@pytest.mark.parametrize(
    ("line", "score"),
    [
        ('{"validation_score": 0.5, "fold_scores": [0.4, 0.6]}', 0.5),
        ('result: {"validation_score": 3}', 3.0),
        ('{"validation_score": 0.1}\n{"validation_score": 0.2}\nbye', 0.2),
        ('{"validation_score": 0.1}\n{"validation_score": NaN}', 0.1),
        ('{"validation_score": true}', None),
        ('{"validation_score": "0.5"}', None),
        ('{"validation_score": 1e999}', None),
        ('{"validation_score": ' + "[" * 5000, None),
        ("validation_score 0.5", None),
        ("", None),
    ],
)
def test_the_score_is_that_of_the_last_line_that_has_one(line: str, score: float | None) -> None:
    found = read_score(line)
    assert (found.score if found else None) == score


def test_reviews_are_read() -> None:
    assert read_review('Well: {"lesson": "It\\nworked.", "sound": false} .') == ("It worked.", False)
    assert read_review("No JSON here.") == ("No JSON here.", True)
    assert read_review("") == ("", True)
    assert len(read_review("long " * 1000).lesson) <= 300


def small_tree() -> Tree:
    tree = Tree()
    for number, (operator, parents) in enumerate((("draft", []), ("draft", []), ("improve", [0]))):
        node = tree.begin(operator, parents)  # type: ignore[arg-type]
        node.done, node.score, node.code = True, 0.5 + number / 10, f"code_{number} = '```'\n"
        node.plan, node.lesson, node.output = f"plan {number}", f"lesson {number}", f"output {number}"
    broken = tree.begin("improve", [1])
    broken.done, broken.fault, broken.code, broken.output = True, "ended with code 1: Oh", "code_3", "Traceback"
    return tree


def test_each_operator_is_told_what_it_needs() -> None:
    tree = small_tree()
    a, b, c, broken = tree.nodes
    told = {
        "draft": (prompts.draft(TERMS, tree, NOW), ["plan 0", "plan 1"]),
        "debug": (prompts.debug(TERMS, tree, NOW, broken), ["ended with code 1: Oh", "code_3", "Traceback"]),
        "improve": (prompts.improve(TERMS, tree, NOW, a), ["code_0", "output 0", "0.5", "plan 2 -> 0.7"]),
        "merge": (prompts.merge(TERMS, tree, NOW, c, b), ["code_2", "code_1", "0.7", "0.6"]),
        "ablate": (prompts.ablate(TERMS, tree, NOW, c), ["code_2", "10 minutes"]),
        "refine": (prompts.refine(TERMS, tree, NOW, c, "without x: 0.1"), ["code_2", "without x: 0.1"]),
        "ensemble": (prompts.ensemble(TERMS, tree, NOW, [c, b]), ["solutions/2", "solutions/1", "validation.csv"]),
    }
    for text, needed in told.values():
        for words in (*needed, "The task.", "1 hour 30 minutes", "7 more", "0.75", "lesson 2", "folds.csv", "numpy"):
            assert words in text
        assert "{" not in text.replace('{"validation_score": 0.123, "fold_scores": [0.12, 0.13]}', "")
        assert "````python" in text or "code_3" in text or "code_" not in text  # what is quoted cannot end its block


def test_lessons_and_prompts_are_bounded() -> None:
    tree = Tree()
    for number in range(300):
        node = tree.begin("draft")
        node.done, node.score, node.code, node.output = True, number / 1000, "x = 1\n" * 50_000, "o" * 1_000_000
        node.lesson, node.plan = "l" * 400, "p" * 3000
    lessons = list(tree.lessons())
    assert len(lessons) == 12
    assert len({*lessons}) == 12
    for text in (prompts.merge(TERMS, tree, NOW, *tree.nodes[:2]), prompts.ensemble(TERMS, tree, NOW, tree.nodes[:5])):
        assert len(text) < 120_000


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_shows_whatever_was_said_as_text() -> None:
    tree = small_tree()
    evil = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m"
    for node in tree.nodes:
        node.plan = node.lesson = node.output = evil
        node.code += evil
    tree.nodes[3].fault = evil
    tree.notes.append(evil)
    html = page(tree)
    parser = _Tags()
    parser.feed(html)
    assert not {"script", "img"} & {*parser.tags}
    assert parser.text.count("<script>alert(1)</script>") >= 10
    assert "\x1b" not in html
    assert "http" not in html.replace("http-equiv", "")
    assert parser.tags.count("details") == 4
    assert "best: solution 2 with 0.7" in parser.text


def test_the_page_of_a_long_chain_is_made() -> None:
    tree = Tree()
    for number in range(3000):
        node = tree.begin("improve" if number else "draft", [number - 1] if number else [])
        node.done, node.score = True, float(number)
    assert page(tree).count("<details>") == 3000
