"""Reports and comparisons as text: for the terminal, as markdown, CSV, JSON or one HTML page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from mlebench_inspect.plain import as_markdown, printable
from mlebench_inspect.reporting.comparison import Comparison
from mlebench_inspect.reporting.pages import html_page
from mlebench_inspect.reporting.records import Skipped
from mlebench_inspect.reporting.summaries import LEVELS, CompetitionRow, Figure, SettingReport

FORMATS = ("table", "markdown", "csv", "json", "html")
_Table = tuple[list[str], list[list[str]]]
_OUTCOMES = {"gold": "gold", "silver": "silver", "bronze": "bronze", "above_median": "above median"}
_OUTCOMES |= {"valid": "valid", "made": "made"}


def render_report(reports: Sequence[SettingReport], form: str, skipped: Sequence[Skipped] = ()) -> str:
    """The report in one of `FORMATS`; what was skipped is named in it."""
    left_out = [f"Skipped: {s}" for s in skipped]
    if form == "json":
        rows = [r.model_dump(mode="json") | {"notes": [*r.notes(), *left_out]} for r in reports]
        return json.dumps(rows, indent=2)
    if form == "csv":
        return _csv_headline(reports)
    sections: list[tuple[str, list[str], list[_Table]]] = [("MLE-bench: any medal (%)", left_out, [headline(reports)])]
    for found in reports:
        kind = f"{found.data} data, revision {found.revision}"
        tables = [_outcomes(found), *_optional(found), _competitions(found)]
        sections.append((f"{found.title}: {kind}", found.notes(), tables))
    return _WRITERS[form](sections)


def render_comparison(comparisons: Sequence[Comparison], form: str, skipped: Sequence[Skipped] = ()) -> str:
    """The comparison in one of `FORMATS`; what was skipped is named in it."""
    left_out = [f"Skipped: {s}" for s in skipped]
    if form == "json":
        tables = [c.model_dump(mode="json") | {"notes": [*_comparison_notes(c), *left_out]} for c in comparisons]
        return json.dumps(tables, indent=2)
    if form == "csv":
        return _csv_headline([r for c in comparisons for r in c.rows])
    return _WRITERS[form](
        [(f"Comparison: {c.title}", [*_comparison_notes(c), *left_out], _side_by_side(c)) for c in comparisons]
    )


def headline(reports: Sequence[SettingReport]) -> _Table:
    """One row for each setting, in the columns of the published table."""
    levels = [*LEVELS, *(["dev"] if any("dev" in r.any_medal for r in reports) else [])]
    columns = ["solver", "model", *levels, "percentile", "seeds", "competitions", "without score", "data", "revision"]
    rows = []
    for r in reports:
        figures = [str(r.any_medal[level]) if level in r.any_medal else "–" for level in levels]
        figures.append(str(r.percentile) if r.percentile else "–")
        model = "–" if r.model == "none/none" else r.model
        solver = r.solver + (f" [{r.variant}]" if r.variant > 1 else "")
        counts = [str(r.seeds), str(r.competitions), str(r.without_score)]
        rows.append([solver, model, *figures, *counts, r.data, r.revision])
    return columns, rows


def _outcomes(r: SettingReport) -> _Table:
    return ["", *_OUTCOMES.values()], [["all (%)", *(str(r.outcomes[k]) for k in _OUTCOMES)]]


def _optional(r: SettingReport) -> list[_Table]:
    tables: list[_Table] = []
    if r.pass_at_k:
        tables.append(
            (["", *(f"pass@{k}" for k in r.pass_at_k)], [["all (%)", *(f"{v:.2f}" for v in r.pass_at_k.values())]])
        )
    if r.reasons:
        tables.append((["reason", "scored samples"], [[name, str(n)] for name, n in r.reasons.items()]))
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
    if c.other_plans:
        lines.append(f"Left out, because a larger run of the same identity is there: {', '.join(c.other_plans)}.")
    lines += [note for r in c.rows for note in r.pooling if note.startswith(("Not pooled", "Pooled"))]
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
        (["competition", *(s.title for s in c.rows)], matrix),
    ]


def _medal_count(row: CompetitionRow) -> str:
    won = sum(o in ("gold", "silver", "bronze") for o in row.outcomes)
    return f"{row.best_tier} ({won} of {len(row.outcomes)})"


def _csv_headline(reports: Sequence[SettingReport]) -> str:
    columns = ["agent", "model"]
    names = [*LEVELS, *(["dev"] if any("dev" in r.any_medal for r in reports) else [])]
    columns += [c for name in names for c in (name, f"{name}_sem", f"{name}_competitions")]
    columns += [c for name in _OUTCOMES for c in (name, f"{name}_sem")]
    columns += ["percentile", "percentile_sem", "percentile_competitions"]
    columns += ["seeds", "without_score", "data", "revision", "hardware", "row", "identity"]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for r in reports:
        row: dict[str, Any] = {"agent": r.solver, "model": r.model, "seeds": r.seeds, "data": r.data}
        row |= {"revision": r.revision, "hardware": "; ".join(r.hardware), "without_score": r.without_score}
        row |= {"row": r.variant, "identity": r.identity, **_csv_figure("percentile", r.percentile)}
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
    from rich.text import Text

    console = Console(width=200, file=io.StringIO(), record=False, highlight=False)
    for title, notes, tables in sections:
        console.print(f"\n{printable(title)}", markup=False)
        for note in notes:
            console.print(f"  {printable(note)}", markup=False, soft_wrap=True)
        for columns, rows in tables:
            table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
            for name in columns:
                table.add_column(Text(printable(name)), no_wrap=name in ("competition", *LEVELS, "dev"))
            for row in rows:
                table.add_row(*(Text(printable(cell)) for cell in row))
            console.print()
            console.print(table)
    file = console.file
    assert isinstance(file, io.StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().strip("\n").splitlines())


def _markdown(sections: _Sections) -> str:
    lines: list[str] = []
    for title, notes, tables in sections:
        listed = [f"- {as_markdown(note)}" for note in notes]
        lines += [f"## {as_markdown(title)}", "", *listed, *([""] if notes else [])]
        for columns, rows in tables:
            lines += [_pipes(columns), "| " + " | ".join(["---"] * len(columns)) + " |", *map(_pipes, rows), ""]
    return "\n".join(lines).rstrip()


def _pipes(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(as_markdown, cells)) + " |"


_WRITERS: dict[str, Callable[[_Sections], str]] = {"table": _terminal, "markdown": _markdown, "html": html_page}
