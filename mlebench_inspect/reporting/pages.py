"""Reports as one HTML page."""

from __future__ import annotations

import html
from collections.abc import Sequence

Sections = Sequence[tuple[str, Sequence[str], Sequence[tuple[list[str], list[list[str]]]]]]
"""Headings, notes, and tables of columns and rows."""


def html_page(sections: Sections) -> str:
    """The sections as one page that needs nothing else."""
    body = []
    for title, notes, tables in sections:
        body.append(f"<section><h2>{html.escape(title)}</h2>")
        if notes:
            body.append("<ul>" + "".join(f"<li{_warn(n)}>{html.escape(n)}</li>" for n in notes) + "</ul>")
        body += [_html_table(columns, rows) for columns, rows in tables]
        body.append("</section>")
    return _PAGE.replace("BODY", "\n".join(body))


def _warn(note: str) -> str:
    warnings = ("MINIATURE", "Counted as failures", "Not pooled", "Pooled", "Skipped")
    return ' class="warn"' if note.startswith(warnings) else ""


def _html_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(c)}</th>" for c in columns)
    lines = "".join("<tr>" + "".join(f"<td>{_cell(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'


_CHIPS = {"gold", "silver", "bronze", "none", "invalid", "no submission", "unscored", "not run"}


def _cell(text: str) -> str:
    words = text.split(", ")
    kinds = [w.split(" (")[0] for w in words]
    if not _CHIPS.issuperset(kinds):
        return html.escape(text)
    return " ".join(
        f'<span class="{k.replace(" ", "-")}">{html.escape(w)}</span>' for k, w in zip(kinds, words, strict=True)
    )


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MLE-bench results</title>
<style>
:root { color-scheme: light dark; --line: #8884; --head: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1300px; padding: 0 1rem; }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.25rem; }
ul { margin: .5rem 0; padding-left: 1.2rem; }
.warn { font-weight: 600; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .7rem; text-align: left; white-space: nowrap; }
th { background: var(--head); cursor: pointer; user-select: none; }
th[aria-sort=ascending]::after { content: " ▲"; }
th[aria-sort=descending]::after { content: " ▼"; }
td span { border-radius: .7em; padding: .05em .6em; color: #111; background: #ddd; }
td .gold { background: #f5c542; }
td .silver { background: #c3cad3; }
td .bronze { background: #d99a63; }
td .none { background: #e8e8e8; color: #555; }
td .invalid, td .no-submission { background: #f2b8b5; }
td .unscored, td .not-run { background: #e0574f; color: #fff; }
</style>
</head>
<body>
<h1>MLE-bench results</h1>
<p>Percentages are means over seeds ± standard error of the mean. Click a column's head to sort by it.</p>
BODY
<script>
const tiers = ["gold", "silver", "bronze", "none", "invalid", "no submission", "unscored", "not run"];
function key(cell) {
  const text = cell.textContent.trim(), tier = tiers.findIndex(t => text.startsWith(t));
  if (tier >= 0) return tier;
  const number = parseFloat(text);
  return Number.isNaN(number) ? text.toLowerCase() : number;
}
function compare(a, b) {
  if (a === "" || b === "") return (a === "") - (b === "");
  return typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1;
}
for (const head of document.querySelectorAll("th")) head.addEventListener("click", () => {
  const body = head.closest("table").tBodies[0], column = head.cellIndex;
  const up = head.getAttribute("aria-sort") !== "ascending";
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const rows = [...body.rows].sort((a, b) => {
    const x = key(a.cells[column]), y = key(b.cells[column]);
    return x === "" || y === "" ? compare(x, y) : (up ? 1 : -1) * compare(x, y);
  });
  body.append(...rows);
});
</script>
</body>
</html>"""
