"""The tree as one page that opens without a network: scores, what each solution changed, and its time."""

from __future__ import annotations

import difflib
import math
from html import escape

from mlebench_inspect.agents.search.tree import Node, Tree
from mlebench_inspect.plain import printable
from mlebench_inspect.run.instructions import duration

MAX_CODE = 20_000
"""Characters of code or differences that are shown of a solution."""
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
ul { list-style: none; padding-left: 1.4rem; border-left: 1px solid #8886; }
summary { cursor: pointer; padding: .15rem 0; }
pre { overflow: auto; max-height: 30rem; padding: .6rem; background: #8882; font-size: .85em; }
.best > details > summary { font-weight: 700; }
.fault { color: #b3261e; } .add { color: #1b7f3b; } .del { color: #b3261e; } .dim { opacity: .7; }
@media (prefers-color-scheme: dark) { .fault, .del { color: #ff8a80; } .add { color: #7bd88f; } }
svg { width: 100%; max-height: 16rem; } circle { fill: #3b82f6; } polyline { fill: none; stroke: #3b82f6; }
"""


def page(tree: Tree) -> str:
    """The whole page; whatever came from a model or a script stands in it as text."""
    best = tree.best()
    below: dict[int | None, list[Node]] = {}
    for node in tree.nodes:
        below.setdefault(node.parents[0] if node.parents else None, []).append(node)
    good = sum(n.good for n in tree.nodes)
    told = f"best: solution {best.id} with {best.score:.6g}" if best else "none counts yet"
    notes = "".join(f"<p class=fault>{_text(n)}</p>" for n in tree.notes)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Search</title><style>{_STYLE}</style><h1>Search</h1>"
        f"<p>{len(tree.nodes)} solutions, {good} of them count; {_text(told)}.</p>{notes}"
        f"{_curve(tree)}{_listed(tree, below)}</html>\n"
    )


def _listed(tree: Tree, below: dict[int | None, list[Node]]) -> str:
    """Nested lists, made without recursion, since a chain may be long."""
    best, html = tree.best(), []
    stack: list[Node | str] = ["</ul>", *reversed(below.get(None, [])), "<ul>"]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            html.append(item)
            continue
        mark = " class=best" if best is not None and item.id == best.id else ""
        html.append(f"<li{mark}>{_shown(tree, item)}")
        children = below.get(item.id, [])
        stack += ["</ul></li>", *reversed(children), "<ul>"] if children else ["</li>"]
    return "".join(html)


def _shown(tree: Tree, node: Node) -> str:
    if not node.done:
        result = "running"
    elif node.good:
        result = f"{node.score:.6g}"
    else:
        result = f"<span class=fault>{_text(node.fault[:200])}</span>"
    parents = f" of {', '.join(map(str, node.parents))}" if node.parents else ""
    when = f"<span class=dim>({duration(node.seconds)}; at {duration(node.at)})</span>"
    parts = [_text(node.plan) and f"<p>{_text(node.plan)}</p>", node.lesson and f"<p>Lesson: {_text(node.lesson)}</p>"]
    parts += [_difference(tree, node), node.output and f"<pre>{_text(node.output)}</pre>"]
    body = "".join(p for p in parts if p)
    return f"<details><summary>{node.id}: {node.operator}{parents}: {result} {when}</summary>{body}</details>"


def _difference(tree: Tree, node: Node) -> str:
    """The code; where it was made from another solution, what is different."""
    if not node.code:
        return ""
    if not node.parents:
        return f"<pre>{_text(node.code[:MAX_CODE])}</pre>"
    before = tree.nodes[node.parents[0]].code[:MAX_CODE].splitlines()
    lines = difflib.unified_diff(before, node.code[:MAX_CODE].splitlines(), lineterm="", n=2)
    return f"<pre>{''.join(_line(line) for line in list(lines)[2:])}</pre>"


def _line(line: str) -> str:
    kind = {"+": " class=add", "-": " class=del"}.get(line[:1], "")
    return f"<span{kind}>{_text(line)}</span>\n"


def _curve(tree: Tree) -> str:
    """The best score over time."""
    nodes = sorted((n for n in tree.nodes if n.good), key=lambda n: n.at)
    if len(nodes) < 2:
        return ""
    scores = [n.score or 0.0 for n in nodes]
    low, high, last = min(scores), max(scores), max(n.at for n in nodes) or 1.0
    points: list[str] = []
    dots, best = [], -math.inf
    for node in nodes:
        x = 10 + 780 * node.at / last
        dots.append(f"<circle cx={x:.1f} cy={_height(node.score or 0.0, low, high):.1f} r=3></circle>")
        if points:
            points.append(f"{x:.1f},{points[-1].split(',')[1]}")
        if tree.value(node) > best:
            best = tree.value(node)
            points.append(f"{x:.1f},{_height(node.score or 0.0, low, high):.1f}")
    told = f"Scores over {duration(last)}, from {low:.6g} (bottom) to {high:.6g} (top)"
    return (
        f"<svg viewBox='0 0 800 200' role=img><title>{told}</title>{''.join(dots)}"
        f"<polyline points='{' '.join(points)}'></polyline></svg><p class=dim>{told}; the line is the best so far.</p>"
    )


def _height(score: float, low: float, high: float) -> float:
    return 190 - 180 * ((score - low) / (high - low) if high > low else 0.5)


def _text(text: str) -> str:
    return escape(printable(text))
