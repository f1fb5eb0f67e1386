"""The competition that `mlebench-inspect new` lays out; it works as it is."""

from __future__ import annotations

import re
from pathlib import Path

from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.tasks import RESERVED, built_in_ids

ID = "my-competition"
"""What it is called here, in place of which comes the new name."""
_FILES = Path(__file__).parent / "my_competition"
_NAME = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")


class LayoutError(MlebenchError, ValueError):
    """A competition cannot be laid out. One line with the mend."""


def lay_out(name: str, parent: Path) -> Path:
    """Writes the folder of a new competition.

    Args:
        name: Its id.
        parent: Where its folder is made; made itself where it is missing.

    Returns:
        The folder.

    Raises:
        LayoutError: The name is none, or taken, or there is something in the folder.
    """
    if not _NAME.fullmatch(name):
        raise LayoutError(f"{name!r} is no id; choose one of letters, digits and hyphens, such as wine-quality")
    taken = {i.lower(): i for i in (*built_in_ids(), *RESERVED)}
    if name.lower() in taken:
        raise LayoutError(f"{taken[name.lower()]} is built in already; choose another id")
    target = parent / name
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise LayoutError(f"{target} is there already; choose another id, or another folder with --dir")
    for source in sorted(p for p in _FILES.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        path = target / str(source.relative_to(_FILES)).replace(ID.replace("-", "_"), name.replace("-", "_"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source.read_text(encoding="utf-8").replace(ID, name), encoding="utf-8")
    return target
