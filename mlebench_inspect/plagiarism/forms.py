"""What was found as a table, as JSON, or as a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mlebench_inspect.plagiarism.checking import Check, Finding, Match
from mlebench_inspect.plagiarism.winnowing import WINDOW, K
from mlebench_inspect.plain import one_line
from mlebench_inspect.tables import Column, terminal_width, text_table, wrapped

FORMATS = ("table", "json", "html")
COLUMNS = (
    "competition",
    "seed",
    "similarity",
    "covered",
    "code",
    "notebook",
    "for a person to look at",
    "solver",
    "model",
)
_RANKS = {"model": 9, "solver": 8, "code": 7}
_RIGHT = ("seed", "similarity", "covered")
_SHOWN = 10
"""Lines on what was left out."""


def render(found: Check, form: str) -> str:
    """The check in one of `FORMATS`."""
    if form == "json":
        return json.dumps(as_json(found), indent=2)
    if form == "html":
        from mlebench_inspect.plagiarism.page import page

        return page(found)
    width = terminal_width()
    columns = [Column(name, _RANKS.get(name, 0), name in _RIGHT) for name in COLUMNS]
    lines = [wrapped(line, width, others="  ") for line in notes(found)]
    return "\n".join([text_table(columns, rows(found.findings), width), "", *lines])


def rows(findings: Sequence[Finding]) -> list[list[str]]:
    """One row for each sample, those first that a person should look at."""
    ranked = sorted(findings, key=lambda f: f.matches[0].rank if f.matches else (False, -1.0, 0.0), reverse=True)
    return [_row(f, f.matches[0] if f.matches else None) for f in ranked]


def _row(f: Finding, match: Match | None) -> list[str]:
    about = [one_line(f.solver), one_line(f.model)]
    if match is None:
        return [f.competition, str(f.seed), "–", "–", "–", "–", f"not compared: {one_line(f.problem)}", *about]
    alike = [percent(match.alike.similarity), percent(match.alike.covered)]
    names = [one_line(match.code.name), one_line(match.notebook.name)]
    return [f.competition, str(f.seed), *alike, *names, f"yes: {match.because}" if match.because else "no", *about]


def percent(share: float) -> str:
    """A share, 0 to 1."""
    return f"{100 * share:.1f} %"


def notes(found: Check) -> list[str]:
    """What the figures are, what is above the threshold, and what was left out."""
    compared = [f for f in found.findings if f.matches]
    above = sum(f.for_a_person for f in found.findings)
    counts = ", ".join(f"{name} {n}" for name, n in found.notebooks.items())
    what = f"have more than {percent(found.threshold)} in common with a notebook, and are for a person to look at"
    defined = f"similarity: share of the fingerprints of both ({K} tokens, window {WINDOW}) that the other has"
    lines = [
        f"{above} of {len(compared)} samples that were compared {what}: likeness is no proof of a copy.",
        f"{defined}; covered: the same of the agent's code alone.",
        f"Notebooks: {counts}.",
    ]
    if found.common is not None:
        lines.append(
            f"Left out: fingerprints that more than {percent(found.common)} of a competition's notebooks have."
        )
    if without := len(found.findings) - len(compared):
        lines.append(f"Not compared: {without} samples, see the table.")
    left_out = [*found.left_out, *(f"{f.competition} (seed {f.seed}), {line}" for f in compared for line in f.left_out)]
    lines += [f"Left out: {line}" for line in left_out[:_SHOWN]]
    if len(left_out) > _SHOWN:
        lines.append(f"Left out: {len(left_out) - _SHOWN} more files.")
    return [one_line(line) for line in lines]


def as_json(found: Check) -> dict[str, Any]:
    """All of it but the code itself."""
    return {
        "threshold": found.threshold,
        "common": found.common,
        "k": K,
        "window": WINDOW,
        "notebooks": found.notebooks,
        "left_out": found.left_out,
        "samples": [_sample(f) for f in found.findings],
        "notes": notes(found),
    }


def _sample(f: Finding) -> dict[str, Any]:
    return {
        "competition": f.competition,
        "seed": f.seed,
        "solver": f.solver,
        "model": f.model,
        "log": f.log,
        "for_a_person": f.for_a_person,
        "problem": f.problem or None,
        "left_out": f.left_out,
        "matches": [_match(m) for m in f.matches],
    }


def _match(m: Match) -> dict[str, Any]:
    return {
        "code": m.code.name,
        "notebook": m.notebook.name,
        "similarity": round(m.alike.similarity, 6),
        "covered": round(m.alike.covered, 6),
        "shared_fingerprints": m.alike.shared,
        "because": m.because or None,
        "passages": [{"code": p.left, "notebook": p.right, "tokens": p.tokens} for p in m.passages],
    }
