"""A search's state: kept after each step, so that one that was cut off goes on where it was."""

from __future__ import annotations

from typing import Any

from inspect_ai.log import transcript
from inspect_ai.util import StoreModel, store_as
from pydantic import Field, ValidationError

from mlebench_inspect.agents.search.hands import Hands
from mlebench_inspect.agents.search.page import page
from mlebench_inspect.agents.search.tree import Tree

TREE, PAGE = "tree.json", "tree.html"
MAX_NODES = 20_000


class Kept(StoreModel):
    """The tree in the sample's store."""

    tree: dict[str, Any] = Field(default_factory=dict)


async def load(hands: Hands) -> Tree | None:
    """The tree of an earlier part of this sample: from the store, else from the file among the logs."""
    kept = store_as(Kept).tree
    found = _read_dict(kept) if kept else _read_text(await hands.kept(TREE))
    if found is None or not found.nodes:
        return None
    found.drop_running()
    transcript().info(f"The search goes on after {len(found.nodes)} solutions.", source="mlebench")
    return found


async def save(hands: Hands, tree: Tree) -> None:
    """Keeps the tree in the store and, with its page, among the logs."""
    store_as(Kept).tree = tree.model_dump(mode="json")
    await hands.keep(TREE, tree.model_dump_json(indent=1))
    await hands.keep(PAGE, page(tree))


def _read_dict(kept: dict[str, Any]) -> Tree | None:
    try:
        return _sound(Tree.model_validate(kept))
    except ValidationError:
        return None


def _read_text(text: str) -> Tree | None:
    """The file's tree; whatever runs in the sandbox could have changed it."""
    try:
        return _sound(Tree.model_validate_json(text)) if text else None
    except ValidationError:
        transcript().info("The search's file cannot be read, so the search begins anew.", source="mlebench")
        return None


def _sound(tree: Tree) -> Tree | None:
    """The tree if it is one: each node in its place, and made from earlier ones."""
    if len(tree.nodes) > MAX_NODES:
        return None
    for place, node in enumerate(tree.nodes):
        known = all(0 <= p < place for p in node.parents)
        if node.id != place or not known or (node.operator == "draft") == bool(node.parents):
            return None
    return tree
