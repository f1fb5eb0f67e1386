"""Reports and comparisons as text: for the terminal, as markdown, CSV, JSON or one HTML page."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from mlebench_inspect.reporting.figures import LEVELS, Comparison, CompetitionRow, Figure, SettingReport

FORMATS = ("table", "markdown", "csv", "json", "html")
_Table = tuple[list[str], list[list[str]]]
_OUTCOMES = {"gold": "gold", "silver": "silver", "bronze": "bronze", "above_median": "above median"}
_OUTCOMES |= {"valid": "valid", "made": "made"}


def render_report(reports: Sequence[SettingReport], form: str) -> str:
    """The report in one of `FORMATS`."""
    if form == "json":
        return json.dumps([r.model_dump(mode="json") | {"notes": r.notes()} for r in reports], indent=2)
    if form == "csv":
        return _csv_headline(reports)
    sections: list[tuple[str, list[str], list[_Table]]] = [("MLE-bench: any medal (%)", [], [headline(reports)])]
    for found in reports:
        kind = f"{found.data} data, revision {found.revision}"
        tables = [_outcomes(found), *_optional(found), _competitions(found)]
        sections.append((f"{found.setting.label}: {kind}", found.notes(), tables))
    return _WRITERS[form](sections)


def render_comparison(comparisons: Sequence[Comparison], form: str) -> str:
    """The comparison in one of `FORMATS`."""
    if form == "json":
        return json.dumps([c.model_dump(mode="json") for c in comparisons], indent=2)
    if form == "csv":
        return _csv_headline([r for c in comparisons for r in c.rows])
    return _WRITERS[form]([(f"Comparison: {c.title}", _comparison_notes(c), _side_by_side(c)) for c in comparisons])


def headline(reports: Sequence[SettingReport]) -> _Table:
    """One row for each setting, in the columns of the published table."""
    levels = [*LEVELS, *(["dev"] if any("dev" in r.any_medal for r in reports) else [])]
    columns = ["solver", "model", *levels, "seeds", "competitions", "without score", "data", "revision"]
    rows = []
    for r in reports:
        figures = [str(r.any_medal[level]) if level in r.any_medal else "–" for level in levels]
        failed = str(len(r.errors) + len(r.not_run))
        model = "–" if r.model == "none/none" else r.model
        rows.append([r.solver, model, *figures, str(r.seeds), str(r.competitions), failed, r.data, r.revision])
    return columns, rows


def _outcomes(r: SettingReport) -> _Table:
    return ["", *_OUTCOMES.values()], [["all (%)", *(str(r.outcomes[k]) for k in _OUTCOMES)]]


def _optional(r: SettingReport) -> list[_Table]:
    tables: list[_Table] = []
    if r.pass_at_k:
        tables.append(
            (["", *(f"pass@{k}" for k in r.pass_at_k)], [["all (%)", *(f"{v:.2f}" for v in r.pass_at_k.values())]])
        )
    if len(r.by_category) > 1:
        rows = [[name, str(f), str(f.competitions)] for name, f in r.by_category.items()]
        tables.append((["category", "any medal (%)", "competitions"], rows))
    return tables


def _competitions(r: SettingReport) -> _Table:
    columns = ["competition", "complexity", "category", "metric", "best score", "percentile", "by seed"]
    return columns, [
        [
            c.competition_id,
            c.complexity,
            c.category,
            f"{c.metric} {'↓' if c.is_lower_better else '↑'}",
            _number(c.best_score),
            _number(c.percentile),
            ", ".join(c.outcomes),
        ]
        for c in r.per_competition
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _comparison_notes(c: Comparison) -> list[str]:
    lines = [f"Over the {len(c.competitions)} competitions that all runs have."]
    if c.left_out:
        lines.append(f"Left out, because not in all of them: {', '.join(c.left_out)}.")
    if c.rows[0].data == "miniature":
        lines.append("MINIATURE data: generated, so these are no results and no comparison with people.")
    return lines


def _side_by_side(c: Comparison) -> list[_Table]:
    columns, rows = headline(c.rows)
    extended = [
        [*row, f"{d.points:+.2f} ± {d.sem:.2f}" if d else "–"] for row, d in zip(rows, c.against_first, strict=True)
    ]
    each = [{r.competition_id: r for r in s.per_competition} for s in c.rows]
    matrix = [[i, *(_medal_count(found[i]) for found in each)] for i in c.competitions]
    return [
        ([*columns, "against the first (points)"], extended),
        (["competition", *(s.setting.label for s in c.rows)], matrix),
    ]


def _medal_count(row: CompetitionRow) -> str:
    won = sum(o in ("gold", "silver", "bronze") for o in row.outcomes)
    return f"{row.best_tier} ({won} of {len(row.outcomes)})"


def _csv_headline(reports: Sequence[SettingReport]) -> str:
    columns = ["agent", "model"]
    names = [*LEVELS, *(["dev"] if any("dev" in r.any_medal for r in reports) else [])]
    columns += [c for name in names for c in (name, f"{name}_sem", f"{name}_competitions")]
    columns += [c for name in _OUTCOMES for c in (name, f"{name}_sem")]
    columns += ["seeds", "without_score", "data", "revision", "hardware"]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for r in reports:
        row: dict[str, Any] = {"agent": r.solver, "model": r.model, "seeds": r.seeds, "data": r.data}
        row |= {"revision": r.revision, "hardware": "; ".join(r.hardware)}
        row["without_score"] = len(r.errors) + len(r.not_run)
        for name in names:
            row |= _csv_figure(name, r.any_medal.get(name))
        for name in _OUTCOMES:
            row |= {k: v for k, v in _csv_figure(name, r.outcomes[name]).items() if k in columns}
        writer.writerow(row)
    return out.getvalue().rstrip("\n")


def _csv_figure(name: str, figure: Figure | None) -> dict[str, str]:
    if figure is None:
        return {}
    return {
        name: f"{figure.mean:.2f}",
        f"{name}_sem": f"{figure.sem:.2f}",
        f"{name}_competitions": str(figure.competitions),
    }


_Sections = Sequence[tuple[str, Sequence[str], Sequence[_Table]]]


def _terminal(sections: _Sections) -> str:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=200, file=io.StringIO(), record=False, highlight=False)
    for title, notes, tables in sections:
        console.print(f"\n{title}", markup=False)
        for note in notes:
            console.print(f"  {note}", markup=False, soft_wrap=True)
        for columns, rows in tables:
            table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
            for name in columns:
                table.add_column(name, no_wrap=name in ("competition", *LEVELS, "dev"))
            for row in rows:
                table.add_row(*row)
            console.print()
            console.print(table)
    file = console.file
    assert isinstance(file, io.StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().strip("\n").splitlines())


def _markdown(sections: _Sections) -> str:
    lines: list[str] = []
    for title, notes, tables in sections:
        lines += [f"## {title}", "", *(f"- {note}" for note in notes), *([""] if notes else [])]
        for columns, rows in tables:
            lines += [_pipes(columns), _pipes(["---"] * len(columns)), *map(_pipes, rows), ""]
    return "\n".join(lines).rstrip()


def _pipes(cells: Sequence[str]) -> str:
    return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"


def _html(sections: _Sections) -> str:
    body = []
    for title, notes, tables in sections:
        body.append(f"<section><h2>{html.escape(title)}</h2>")
        if notes:
            body.append("<ul>" + "".join(f"<li{_warn(n)}>{html.escape(n)}</li>" for n in notes) + "</ul>")
        body += [_html_table(columns, rows) for columns, rows in tables]
        body.append("</section>")
    return _PAGE.replace("BODY", "\n".join(body))


def _warn(note: str) -> str:
    return ' class="warn"' if note.startswith(("MINIATURE", "Counted as failures")) else ""


def _html_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(c)}</th>" for c in columns)
    lines = "".join("<tr>" + "".join(f"<td>{_cell(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'


_CHIPS = {"gold", "silver", "bronze", "none", "invalid", "no submission", "error", "not run"}


def _cell(text: str) -> str:
    words = text.split(", ")
    if words[0].split(" (")[0] in _CHIPS:
        return " ".join(f'<span class="{w.split(" (")[0].replace(" ", "-")}">{html.escape(w)}</span>' for w in words)
    return html.escape(text)


_WRITERS: dict[str, Callable[[_Sections], str]] = {"table": _terminal, "markdown": _markdown, "html": _html}

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
td .error, td .not-run { background: #e0574f; color: #fff; }
</style>
</head>
<body>
<h1>MLE-bench results</h1>
<p>Percentages are means over seeds ± standard error of the mean. Click a column's head to sort by it.</p>
BODY
<script>
const tiers = ["gold", "silver", "bronze", "none", "invalid", "no submission", "error", "not run"];
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
