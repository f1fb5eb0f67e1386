"""Reports and comparisons as text: for the terminal, as markdown, CSV, JSON or one HTML page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import click

from mlebench_inspect.plain import as_markdown, printable
from mlebench_inspect.reporting.comparison import Comparison
from mlebench_inspect.reporting.csvs import comparison_csv, headline_csv, tidy_csv
from mlebench_inspect.reporting.galleries import dark, galleries, groups_compared, groups_of
from mlebench_inspect.reporting.measure_tables import difference_table, measure_tables, published_table, sentences
from mlebench_inspect.reporting.pages import html_page
from mlebench_inspect.reporting.published import published_records, reservations
from mlebench_inspect.reporting.records import Skipped
from mlebench_inspect.reporting.summaries import LEVELS, OUTCOMES, CompetitionRow, SettingReport, levels_of
from mlebench_inspect.tables import Column, terminal_width, text_table, wrapped

FORMATS = ("table", "markdown", "csv", "tidy", "json", "html")
_Table = tuple[list[str], list[list[str]]]


def render_report(
    reports: Sequence[SettingReport], form: str, skipped: Sequence[Skipped] = (), *, published: bool = False
) -> str:
    """The report in one of `FORMATS`; what was skipped is named in it, and published results may stand beneath."""
    left_out = [f"Skipped: {s}" for s in skipped] + (reservations(reports) if published else [])
    references = published_records(reports) if published else []
    if form == "json":
        rows = [r.model_dump(mode="json") | {"notes": [*r.notes(), *left_out]} for r in reports]
        return json.dumps([*rows, *references], indent=2)
    if form in ("csv", "tidy"):
        return headline_csv(reports, references) if form == "csv" else tidy_csv(reports)
    tables = [headline(reports), *(published_table(reports) if published else [])]
    sections: list[tuple[str, list[str], list[_Table]]] = [("MLE-bench: any medal (%)", left_out, tables)]
    for found in reports:
        kind = f"{found.data} data, revision {found.revision}"
        tables = [_outcomes(found), *_optional(found), _competitions(found)]
        sections.append((f"{found.title}: {kind}", found.notes(), tables))
    if form == "html":
        return html_page(sections, [galleries(groups_of(reports, published))], dark())
    return _WRITERS[form](sections)


def render_comparison(
    comparisons: Sequence[Comparison], form: str, skipped: Sequence[Skipped] = (), *, published: bool = False
) -> str:
    """The comparison in one of `FORMATS`; what was skipped is named in it, and published results may stand beneath."""
    left_out = [f"Skipped: {s}" for s in skipped]
    if form == "json":
        return json.dumps([_as_json(c, left_out, published) for c in comparisons], indent=2)
    if form in ("csv", "tidy"):
        rows = [r for c in comparisons for r in c.rows]
        references = published_records(rows) if published else []
        return comparison_csv(comparisons, references) if form == "csv" else tidy_csv(rows)
    sections = []
    for c in comparisons:
        notes = [*_comparison_notes(c), *(reservations(c.rows) if published else []), *left_out]
        tables = [*_side_by_side(c), *(published_table(c.rows) if published else [])]
        sections.append((f"Comparison: {c.title}", notes, tables))
    if form == "html":
        groups = groups_compared(comparisons, published)
        return html_page(sections, [galleries([group], first) for first, group in enumerate(groups, 1)], dark())
    return _WRITERS[form](sections)


def _as_json(c: Comparison, left_out: list[str], published: bool) -> dict[str, Any]:
    notes = [*_comparison_notes(c), *(reservations(c.rows) if published else []), *left_out]
    found = c.model_dump(mode="json") | {"notes": notes}
    return found | ({"published": published_records(c.rows)} if published else {})


def headline(reports: Sequence[SettingReport]) -> _Table:
    """One row for each setting, in the columns of the published table."""
    levels = levels_of(reports)
    columns = ["solver", "model", *levels, "percentile", "seeds", "competitions", "without score"]
    columns += ["crashes", "limits", "tokens", "hours", "cost ($)", "data", "revision"]
    rows = []
    for r in reports:
        figures = [str(r.any_medal[level]) if level in r.any_medal else "–" for level in levels]
        figures.append(str(r.percentile) if r.percentile else "–")
        model = "–" if r.model == "none/none" else r.model
        solver = ", ".join(filter(None, (r.solver, r.conditions))) + (f" [{r.variant}]" if r.variant > 1 else "")
        counts = [str(r.seeds), str(r.competitions), str(r.without_score), str(r.crashes), str(sum(r.limits.values()))]
        spent = [_count(r.tokens), _number(r.hours), "–" if r.cost is None else f"{r.cost:.2f}"]
        rows.append([solver, model, *figures, *counts, *spent, r.data, r.revision])
    return columns, rows


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _outcomes(r: SettingReport) -> _Table:
    return ["", *OUTCOMES.values()], [["all (%)", *(str(r.outcomes[k]) for k in OUTCOMES)]]


def _optional(r: SettingReport) -> list[_Table]:
    tables = measure_tables(r)
    if r.reasons:
        tables.append((["reason", "scored samples"], [[name, str(n)] for name, n in r.reasons.items()]))
    if r.ends:
        tables.append(
            (["ended by", "scored samples"], [[name.replace("_", " "), str(n)] for name, n in r.ends.items()])
        )
    return tables


def _competitions(r: SettingReport) -> _Table:
    told = ["conduct"] if r.conduct else []
    columns = ["competition", "by seed", *told, "scores", "mean percentile", "metric", "complexity", "category"]
    return columns, [
        [
            c.competition_id,
            ", ".join(c.outcomes),
            *([", ".join(ruling or "–" for ruling in c.conduct)] if told else []),
            ", ".join("–" if s is None else f"{s:g}" for s in c.scores),
            _number(c.percentile),
            f"{c.metric} {'↓' if c.is_lower_better else '↑'}",
            c.complexity,
            c.category,
        ]
        for c in r.per_competition
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _comparison_notes(c: Comparison) -> list[str]:
    lines = [f"Over the {len(c.competitions)} competitions that all runs have."]
    if c.left_out:
        lines.append(f"Left out, because not in all of them: {', '.join(c.left_out)}.")
    if c.other_plans:
        lines.append(f"Left out, because a larger run of the same identity is there: {', '.join(c.other_plans)}.")
    lines += [note for r in c.rows for note in r.pooling if note.startswith(("Not pooled", "Pooled"))]
    if len({r.conditions for r in c.rows}) > 1:
        told = "; ".join(f"{r.title}: {r.conditions or 'as published'}" for r in c.rows)
        lines.append(f"Not under the same conditions, which differences hold too: {told}.")
    lines += sentences(c.differences)
    if c.rows[0].data == "miniature":
        lines.append("MINIATURE data: generated, so these are no results and no comparison with people.")
    return lines


def _side_by_side(c: Comparison) -> list[_Table]:
    columns, rows = headline(c.rows)
    first = [c.against_first(place) for place in range(len(rows))]
    extended = [[*row[:2], f"{d.points:+.2f}" if d else "–", *row[2:]] for row, d in zip(rows, first, strict=True)]
    each = [{r.competition_id: r for r in s.per_competition} for s in c.rows]
    matrix = [[i, *(_medal_count(found[i]) for found in each)] for i in c.competitions]
    return [
        ([*columns[:2], "against the first (points)", *columns[2:]], extended),
        *difference_table(c.differences),
        (["competition", *(s.title for s in c.rows)], matrix),
    ]


def _medal_count(row: CompetitionRow) -> str:
    if row.best_tier is None:
        return f"no tiers ({row.outcomes.count('valid')} of {len(row.outcomes)} valid)"
    won = sum(o in ("gold", "silver", "bronze") for o in row.outcomes)
    return f"{row.best_tier} ({won} of {len(row.outcomes)})"


_Sections = Sequence[tuple[str, Sequence[str], Sequence[_Table]]]


# Which columns make room first where a terminal is narrow; those not named stay
_RANKS = {name: rank for rank, name in enumerate(("all", "percentile", "low", "seeds", "without score", "medium"), 1)}
_RANKS |= dict.fromkeys(("high", "competitions", "crashes", "limits", "hours", "cost ($)", "tokens", "dev", "own"), 10)
_RANKS |= {"data": 20, "revision": 21, "scores": 3, "mean percentile": 4, "metric": 5, "complexity": 6, "category": 7}
_RANKS |= {"above median": 2, "valid": 3, "made": 4}
_RANKS |= {"remark": 23, "published hardware": 22, "date": 21, "time limit": 9}
_FIRST = 1 + max(_RANKS.values())
_RIGHT = {*LEVELS, "dev", "own", "percentile", "mean percentile", "tokens", "hours", "cost ($)", "scored samples"}
_RIGHT |= {"value", "points", "Spearman", "95 % interval", "pairs", "submissions", "time limit"}
_COLOURS = {"gold": "yellow", "silver": "white", "bronze": "bright_red", "invalid": "red", "unscored": "red"}


def _terminal(sections: _Sections) -> str:
    width, lines = terminal_width(), list[str]()
    for title, notes, tables in sections:
        lines += ["", *(click.style(line, bold=True) for line in wrapped(printable(title), width).splitlines())]
        told = [line for note in notes for line in printable(note).splitlines()]
        lines += [wrapped(line, width, first="  ", others="    ") for line in told]
        for columns, rows in tables:
            cells = [{row[k] for row in rows} for k in range(len(columns))]
            named = [Column(c, _rank(c, v), c in _RIGHT, _colour) for c, v in zip(columns, cells, strict=True)]
            lines += ["", text_table(named, rows, width)]
    return "\n".join(lines).strip("\n")


def _rank(column: str, cells: set[str]) -> int:
    """As in `_RANKS`; a column that says nothing goes first, and one that tells data apart last."""
    rank = _RANKS.get(column, 0)
    if rank and cells == {"–"}:
        return _FIRST
    return 1 if column in ("data", "revision") and len(cells) > 1 else rank


def _colour(cell: str) -> str | None:
    return _COLOURS.get(cell.split(",")[0].split(" (")[0])


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


_WRITERS: dict[str, Callable[[_Sections], str]] = {"table": _terminal, "markdown": _markdown}
