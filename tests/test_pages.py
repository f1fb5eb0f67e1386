"""Links between the pages lead somewhere, and lists look the same on GitHub and on the site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What headings can be called by, as GitHub names them."""
    heads = [line.lstrip("#").strip().lower() for line in prose(page).splitlines() if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", head).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for target, anchor in _LINK.findall(prose(page)):
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), f"{page.name}: {target}"
        assert not anchor or found.suffix != ".md" or anchor in anchors(found), f"{page.name}: {target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_numbered_lists_with_blocks_are_lists_on_the_site_too(page: Path) -> None:
    """Python-Markdown ends a list at a block that is indented by less than four, and needs a blank line after one."""
    lines = page.read_text(encoding="utf-8").splitlines()
    in_list, block = False, False
    for number, line in enumerate(lines, 1):
        if re.match(r"\d+\. ", line):
            assert not (block and lines[number - 2]), f"{page.name}:{number}: a blank line is needed before it"
            in_list, block = True, False
        elif line and not line.startswith(" ") and lines[number - 2] == "":
            in_list = False
        elif in_list and line.startswith(" ") and lines[number - 2] == "":
            assert line.startswith("    "), f"{page.name}:{number}: indent the block by four"
            block = True
