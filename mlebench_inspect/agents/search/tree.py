"""The tree of solutions: what was tried, from what it was made, and what came of it. Plain data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Operator = Literal["draft", "debug", "improve", "merge", "ablate", "ensemble"]
STEPS: dict[Operator, int] = {"ablate": 2}
"""Scripts that an operator runs, where that is not one."""


class Node(BaseModel):
    """One solution, running or done."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    id: int
    operator: Operator
    parents: list[int] = Field(default_factory=list)
    done: bool = False
    plan: str = ""
    code: str = ""
    score: float | None = None
    """What it is chosen by; see `measure`."""
    folds: list[float] = Field(default_factory=list)
    fault: str = ""
    """Why it does not count, in one line; empty where it does."""
    output: str = ""
    lesson: str = ""
    seconds: float = 0.0
    """That its script, or scripts, ran."""
    at: float = 0.0
    """Seconds from the beginning of the search to its end."""

    @property
    def good(self) -> bool:
        """Whether it ran, has a score and a valid submission."""
        return self.done and not self.fault and self.score is not None

    @property
    def broken(self) -> bool:
        """Whether it is done and does not count."""
        return self.done and not self.good


class Tree(BaseModel):
    """All solutions of one search, in the order in which they were begun; a node's id is its place."""

    higher_is_better: bool = True
    seed: int = 0
    nodes: list[Node] = Field(default_factory=list)
    elapsed: float = 0.0
    """Seconds that earlier parts of a search that was cut off took."""
    notes: list[str] = Field(default_factory=list)

    def begin(self, operator: Operator, parents: list[int] | tuple[int, ...] = ()) -> Node:
        """Adds a solution that runs from now on."""
        node = Node(id=len(self.nodes), operator=operator, parents=list(parents))
        self.nodes.append(node)
        return node

    @property
    def steps(self) -> int:
        """Scripts that were run, or are running."""
        return sum(STEPS.get(n.operator, 1) for n in self.nodes)

    def good(self) -> list[Node]:
        """The solutions that count, best first; of equals the earlier one."""
        return sorted((n for n in self.nodes if n.good), key=self.value, reverse=True)

    def best(self) -> Node | None:
        """The best solution that counts."""
        return max((n for n in self.nodes if n.good), key=self.value, default=None)

    def value(self, node: Node) -> float:
        """The score where higher is better, its negative where lower is; minus infinity without one."""
        if node.score is None:
            return -math.inf
        return node.score if self.higher_is_better else -node.score

    def children(self, node: Node) -> list[Node]:
        """What was made from it."""
        return [n for n in self.nodes if node.id in n.parents]

    def busy(self) -> set[int]:
        """Ids of the nodes from which something is being made just now."""
        return {p for n in self.nodes if not n.done for p in n.parents}

    def debug_depth(self, node: Node) -> int:
        """How many debugging steps in a row lead to it."""
        depth = 0
        while node.operator == "debug" and node.parents:
            depth, node = depth + 1, self.nodes[node.parents[0]]
        return depth

    def origin(self, node: Node) -> Node:
        """What a chain of debugging steps began with; the node itself where it is none."""
        while node.operator == "debug" and node.parents:
            node = self.nodes[node.parents[0]]
        return node

    def root(self, node: Node) -> int:
        """Id of the draft that it goes back to, along first parents."""
        while node.parents:
            node = self.nodes[node.parents[0]]
        return node.id

    def drop_running(self) -> None:
        """Forgets what never came to an end, as after a cut; ids of the others stay true."""
        for node in self.nodes:
            if not node.done:
                node.done, node.fault, node.code = True, "the run was cut off", ""  # nothing to be mended

    def lessons(self, most: int = 12) -> Iterator[str]:
        """What was learnt in all branches: of the best and of the latest solutions, no more than `most`."""
        told = [n for n in self.good() if n.lesson][: most // 2]
        told += [n for n in reversed(self.nodes) if n.lesson and n not in told][: most - len(told)]
        for node in sorted(told, key=lambda n: n.id):
            result = f"score {node.score:.6g}" if node.score is not None and node.good else "failed"
            yield f"solution {node.id} ({node.operator}, {result}): {node.lesson}"
