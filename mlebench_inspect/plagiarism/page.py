"""The check as one HTML page that needs nothing else: matching passages side by side."""

from __future__ import annotations

import html
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mlebench_inspect.plagiarism.checking import Check, Finding, Match
from mlebench_inspect.plagiarism.comparing import Document
from mlebench_inspect.plagiarism.forms import COLUMNS, notes, percent, rows
from mlebench_inspect.plain import one_line, printable
from mlebench_inspect.reporting.pages import section_html, whole_page

MOST_PAIRS, MOST_PASSAGES, MOST_LINES = 60, 30, 80
"""Pairs on a page, passages of a pair, lines of a passage."""
AROUND = 2
"""Lines of context before and after a passage."""
LONGEST = 300
"""Characters of a line."""


def page(found: Check) -> str:
    """The page. All code and names on it are text, whatever they hold."""
    pairs = [(f, m) for f in found.findings for m in f.matches if m.because]
    pairs.sort(key=lambda pair: pair[1].rank, reverse=True)
    told = [*notes(found), *([f"Shown are {MOST_PAIRS} of {len(pairs)} pairs."] if len(pairs) > MOST_PAIRS else [])]
    body = [section_html("s0", "Samples", told, [([*COLUMNS], rows(found.findings))])]
    contents = ['<li><a href="#s0">Samples</a></li>']
    for number, (finding, match) in enumerate(pairs[:MOST_PAIRS], 1):
        title = f"{finding.competition}, seed {finding.seed}: {percent(match.alike.similarity)}".replace(
            " %", "\u00a0%"
        )
        contents.append(f'<li><a href="#s{number}">{html.escape(title)}</a></li>')
        body.append(_pair(f"s{number}", title, finding, match))
    lead = "Passages of agents' code that public notebooks have, too. Names, numbers and texts are taken as alike."
    return whole_page("Similarity to public notebooks", lead, contents, body, style=_style())


@cache
def _style() -> str:
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def _pair(anchor: str, title: str, finding: Finding, match: Match) -> str:
    names = html.escape(one_line(match.code.name)), html.escape(one_line(match.notebook.name))
    shares = f"similarity {percent(match.alike.similarity)}, {percent(match.alike.covered)} of the agent's code covered"
    ran = html.escape(one_line(", ".join(filter(None, (finding.solver, finding.model)))))
    parts = [
        f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{html.escape(title)}</h2>',
        f"<p><code>{names[0]}</code> beside <code>{names[1]}</code>: {shares}.</p>",
        f"<p>{ran}</p>",
        *_passages(match),
    ]
    return "\n".join([*parts, "</section>"])


def _passages(match: Match) -> Iterator[str]:
    longest = sorted(match.passages, key=lambda p: -p.tokens)[:MOST_PASSAGES]
    for passage in sorted(longest):
        sides = (("The agent's", match.code, passage.left), ("The notebook's", match.notebook, passage.right))
        columns = "".join(_side(whose, document, lines) for whose, document, lines in sides)
        yield f'<div class="sides">{columns}</div>'
    if len(match.passages) > MOST_PASSAGES:
        yield f"<p>{len(match.passages) - MOST_PASSAGES} shorter passages are not shown.</p>"


def _side(whose: str, document: Document, lines: tuple[int, int]) -> str:
    first, last = lines
    text = document.lines
    stop = min(last, first + MOST_LINES - 1)
    shown = []
    for number in range(max(1, first - AROUND), min(len(text), stop + (AROUND if stop == last else 0)) + 1):
        kind = "same" if first <= number <= last else "near"
        line = printable(text[number - 1].expandtabs(4)[:LONGEST])
        shown.append(f'<span class="{kind}"><b>{number}</b>{html.escape(line) or " "}</span>')
    if stop < last:
        shown.append(f'<span class="near">… {last - stop} more lines</span>')
    head = f"{whose} lines {first} to {last}"
    code = f'<pre tabindex="0" role="region" aria-label="{head}">{"".join(shown)}</pre>'
    return f"<div><h3>{head}</h3>{code}</div>"
