"""What mkdocs needs beside docs/*.md: pages that lie elsewhere in the repository, and the package as installed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
FOLDERS = {"": "mlebench_inspect", "tasks": "tasks", "sandboxes": "sandboxes", "graders": "graders"}
"""Where the top-level folders ship, see setup.py."""
HOME, CHANGES, EXAMPLES = "index.md", "changelog.md", "examples/index.md"
PAGES = {HOME: "README.md", CHANGES: "CHANGELOG.md"}
EXAMPLE = re.compile(r"\]\((?P<up>(\.\./)*)examples/?\)")


def on_startup(**_: Any) -> None:
    """Lays the four source folders out as the one package that they are once installed, for the API reference."""
    package = ROOT / "build" / "docs-source" / "mlebench_inspect"
    shutil.rmtree(package, ignore_errors=True)
    for name, folder in FOLDERS.items():
        for path in (ROOT / folder).rglob("*.py"):
            target = package / name / path.relative_to(ROOT / folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)


def on_files(files: Files, config: Any) -> Files:
    """Adds the README as the home page, the changelog, and the examples."""
    for name, source in PAGES.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text(encoding="utf-8")))
    found = sorted(p for p in (ROOT / "examples").iterdir() if p.suffix in (".py", ".sh"))
    for path in found:
        files.append(File.generated(config, f"examples/{path.name}", abs_src_path=str(path)))
    files.append(File.generated(config, EXAMPLES, content=_examples(found)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links out of docs/ lead to where `on_files` has put what they name."""
    source = page.file.src_uri
    if source in PAGES:
        markdown = markdown.replace("](docs/", "](")
    up = "../" * source.count("/")
    if source not in PAGES:  # in the repository they lie a folder higher than on the site
        for name in ("examples", "CHANGELOG.md", "README.md"):
            markdown = markdown.replace(f"]({up}../{name}", f"]({up}{name}")
    for name, there in (("CHANGELOG.md", CHANGES), ("README.md", HOME)):
        markdown = markdown.replace(f"]({up}{name}", f"]({up}{there}")
    return EXAMPLE.sub(rf"](\g<up>{EXAMPLES})", markdown)


def _examples(found: list[Path]) -> str:
    parts = ["# Examples\n\nThese files lie in `examples/` of the repository; each is run by a test.\n"]
    for path in found:
        language = {".py": "python", ".sh": "bash"}[path.suffix]
        parts.append(f"## {path.name}\n\n```{language}\n{path.read_text(encoding='utf-8').rstrip()}\n```\n")
    return "\n".join(parts)
