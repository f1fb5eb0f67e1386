"""Reports as one HTML page, which needs nothing else: no network, and a script of its own for sorting and searching."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence
from functools import cache
from itertools import zip_longest
from pathlib import Path
from string import Template
from typing import NamedTuple

Sections = Sequence[tuple[str, Sequence[str], Sequence[tuple[list[str], list[list[str]]]]]]
"""Headings, notes, and tables of columns and rows."""
_SEARCHED = 6
"""Rows from which on a table has a search field."""


class Figure(NamedTuple):
    """A picture on the page."""

    name: str
    title: str
    caption: str
    wide: str
    """SVG for a laptop."""
    narrow: str
    """SVG for a phone."""


class Gallery(NamedTuple):
    """Pictures under one heading."""

    title: str
    figures: Sequence[Figure]
    note: str
    """What is not drawn, and why; empty if all is."""


def html_page(sections: Sections, galleries: Sequence[Sequence[Gallery]] = (), dark: str = "") -> str:
    """The sections as one page.

    Args:
        sections: Text, which may hold anything.
        galleries: For each section the pictures that follow it; the SVG is trusted, other text is not.
        dark: Rules of CSS that give the pictures other colours where it is dark.
    """
    contents, body = list[str](), list[str]()
    for number, (section, follow) in enumerate(zip_longest(sections, galleries[: len(sections)], fillvalue=()), 1):
        title, notes, tables = section  # type: ignore[misc]
        contents.append(f'<li><a href="#s{number}">{html.escape(title)}</a></li>')
        body.append(section_html(f"s{number}", title, notes, tables))
        for place, gallery in enumerate(follow, 1):
            contents.append(_listed(f"g{number}-{place}", gallery))
            body.append(_gallery(f"g{number}-{place}", gallery))
    lead = "Percentages are means over seeds ± standard error of the mean. A column's head sorts by it."
    return whole_page("MLE-bench results", lead, contents, body, dark=dark)


def whole_page(
    title: str, lead: str, contents: Sequence[str], body: Sequence[str], *, style: str = "", dark: str = ""
) -> str:
    """A page with its style and script in it.

    Args:
        title: Its name.
        lead: A sentence beneath.
        contents: Items of a list, as HTML.
        body: Sections, as HTML.
        style: Further rules of CSS.
        dark: Rules of CSS where it is dark.
    """
    script = _part("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    parts = {"contents": "\n".join(contents), "body": "\n".join(body), "script": script, "hash": f"sha256-{digest}"}
    parts |= {"title": html.escape(title), "lead": html.escape(lead)}
    whole = Template(_part("page.html")).substitute(parts, style=_part("page.css").replace("$dark", dark) + style)
    return whole.strip()


@cache
def _part(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def section_html(
    anchor: str, title: str, notes: Sequence[str], tables: Sequence[tuple[list[str], list[list[str]]]]
) -> str:
    """A heading with its notes and tables, all of them text."""
    parts = [f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{html.escape(title)}</h2>']
    if notes:
        parts.append("<ul>" + "".join(f"<li{_warn(n)}>{html.escape(n)}</li>" for n in notes) + "</ul>")
    parts += [_html_table(columns, rows, anchor) for columns, rows in tables]
    return "\n".join([*parts, "</section>"])


def _warn(note: str) -> str:
    warnings = ("MINIATURE", "Counted as failures", "Not pooled", "Not the same model", "Pooled", "Skipped")
    return ' class="warn"' if note.startswith(warnings) else ""


def _html_table(columns: Sequence[str], rows: Sequence[Sequence[str]], anchor: str) -> str:
    head = "".join(f'<th scope="col"><button type="button">{html.escape(c)}</button></th>' for c in columns)
    lines = "".join(f'<tr><th scope="row">{_cell(r[0])}</th>' + "".join(map(_data, r[1:])) + "</tr>\n" for r in rows)
    field = '<label>Search <input type="search" autocomplete="off"></label><output aria-live="polite"></output>'
    bar = f'<div class="search" hidden>{field}</div>\n' if len(rows) >= _SEARCHED else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>\n{lines}</tbody></table>"
    return f'{bar}<div class="scroll" tabindex="0" role="region" aria-labelledby="{anchor}">{table}</div>'


def _data(text: str) -> str:
    return f"<td>{_cell(text)}</td>"


_CHIPS = {"gold", "silver", "bronze", "none", "invalid", "no submission", "unscored", "not run"}


def _cell(text: str) -> str:
    words = text.split(", ")
    kinds = [w.split(" (")[0] for w in words]
    if not _CHIPS.issuperset(kinds):
        return html.escape(text)
    return " ".join(
        f'<span class="{k.replace(" ", "-")}">{html.escape(w)}</span>' for k, w in zip(kinds, words, strict=True)
    )


def _listed(anchor: str, gallery: Gallery) -> str:
    links = (f'<li><a href="#{anchor}-{f.name}">{html.escape(f.title)}</a></li>' for f in gallery.figures)
    return f'<li><a href="#{anchor}">{html.escape(gallery.title)}</a> <ul>{"".join(links)}</ul></li>'


def _gallery(anchor: str, gallery: Gallery) -> str:
    parts = [f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{html.escape(gallery.title)}</h2>']
    if gallery.note:
        parts.append(f"<p>{html.escape(gallery.note)}</p>")
    figures = [_figure(f"{anchor}-{f.name}", f) for f in gallery.figures]
    return "\n".join([*parts, '<div class="pictures">', *figures, "</div></section>"])


def _figure(anchor: str, figure: Figure) -> str:
    sizes = (("wide", figure.wide), ("narrow", figure.narrow))
    drawn = [
        f'<div class="scroll {size}" tabindex="0" role="region" aria-labelledby="{anchor}">{svg}</div>'
        for size, svg in sizes
    ]
    caption = f"<figcaption>{html.escape(figure.caption)}</figcaption>"
    return f'<figure><h3 id="{anchor}">{html.escape(figure.title)}</h3>{"".join(drawn)}{caption}</figure>'
