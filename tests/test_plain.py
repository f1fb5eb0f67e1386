"""What an agent may have chosen is shown as text: in explanations, in answers, in every form of a report."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from mlebench_inspect.graders.report import GradingReport
from mlebench_inspect.plain import as_markdown, one_line, printable
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.formats import FORMATS, render_report
from mlebench_inspect.reporting.pages import html_page
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.run.grading import Unscored
from mlebench_inspect.run.scoring import explain, score_of, unscored
from mlebench_inspect.tasks import competition
from runs import run, score, shell

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</td></tr></table><h1>gold</h1>",
    "&lt;b&gt; &amp;",
    "[gold](javascript:alert(1))",
    "![gold](http://example.com/x.png)",
    "[gold][1] [^1]",
    "`code` ``more``",
    "**Gold medal** _and_ __more__ ~~none~~",
    "a|b|c",
    "$$\\frac{1}{2}$$ \\( x \\)",
    "first\n\n# Gold medal\n\n| a | b |\n|---|---|\n- list\n> quote",
    "    four spaces",
    "# heading",
    "1. one",
    "- one",
    "---",
    "gold, <b>",
    'gold (x), "><script>alert(1)</script>',
]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def tags(text: str) -> Tags:
    parser = Tags()
    parser.feed(text)
    parser.close()
    return parser


def rendered(markdown: str) -> Tags:
    """As a viewer that lets HTML through would show it."""
    return tags(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", ["{}", "no medal: {}", "| a |\n|---|\n| {} |", "- {}"])
def test_markdown_shows_it_as_it_is(text: str, place: str) -> None:
    found, harmless = rendered(place.format(as_markdown(text))), rendered(place.format("x"))
    assert found.found == harmless.found
    assert " ".join(found.text.split()) == " ".join(harmless.text.replace("x", text).split())
    assert not tags(as_markdown(text)).found


@pytest.mark.parametrize(
    "text",
    [
        "there is no file /home/submission/submission.csv",
        "the columns must be ['PassengerId', 'Transported'], not a, b (1.5 %; 3 of 4)",
        "-0.25",
        "+1.20 ± 0.30",
        "prepare x-y --data-dir /tmp/my_data/0",
        "ä 猫",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert as_markdown(text) == one_line(text) == printable(text) == text


def test_a_terminal_gets_no_commands() -> None:
    assert printable("\x1b[2Ja\u202eb\x07\nc") == "\\x1b[2Ja\\u202eb\\x07\nc"
    assert one_line(" a \r\n\t b ") == "a b"


def _report(text: str, **fields: Any) -> GradingReport:
    found = competition("spaceship-titanic")
    return found.report(None, exists=True, error=text, revision="v1", data="miniature").model_copy(update=fields)


@pytest.mark.parametrize("text", HOSTILE)
def test_scores_show_it_as_text(text: str) -> None:
    found = competition("spaceship-titanic")
    made = score_of(_report(text), found, {})
    without = unscored(Unscored("grader_failed", text), {})
    noted = explain(_report("x", valid_submission=True, notice=text, error=None), found)
    for shown in (made.explanation, made.answer, without.explanation, without.answer, noted):
        assert shown is not None
        assert not tags(shown).found
        assert set(rendered(shown).found) <= {"p", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert (made.metadata or {})["error"] == text
    assert (without.metadata or {})["error"] == text


@pytest.mark.parametrize("text", HOSTILE)
def test_pages_hold_no_tag_of_it(text: str) -> None:
    page = html_page([(text, [text], [([text], [[text]])])])
    found, harmless = tags(page), tags(html_page([("x", ["x"], [(["x"], [["x"]])])]))
    assert [t for t in found.found if t != "span"] == [t for t in harmless.found if t != "span"]
    assert html.unescape(page).count(text) == 5  # its heading is in the contents, too


def _scripts() -> list[str]:
    """What writes submissions whose header, ids and cells are hostile."""
    quoted = ['"' + t.replace('"', '""').replace("\n", " ") + '"' for t in HOSTILE]
    tables = [",".join(quoted), "PassengerId,Transported\n" + "\n".join(f"{q},True" for q in quoted)]
    cells = "sed '2,$s/,.*/,<script>alert(1)<\\/script>/' data/sample_submission.csv > submission/submission.csv"
    return [*(f"cat > submission/submission.csv <<'END'\n{t}\nEND" for t in tables), cells]


def test_hostile_submissions_are_shown_as_text_to_the_end(tmp_path: Path) -> None:
    logs = [run(tmp_path / str(n), shell(script)) for n, script in enumerate(_scripts())]
    for log in logs:
        found = score(log)
        assert found.value["valid"] == 0  # type: ignore[index, call-overload]
        assert not tags(found.explanation or "").found
        assert not tags(found.answer or "").found
    results = read_results([Path(log.location) for log in logs])
    reports = report(results)
    for form in FORMATS:
        text = render_report(reports, form)
        if form == "html":
            assert not re.search(r"<script>alert|<img", text)
        if form == "markdown":
            assert not tags(text).found
