"""The commands that README.md and docs/ show: taken out of the pages, and a world in which they can be run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELL, OTHER = ("", "bash"), ("python", "yaml", "text", "dockerfile", "json", "markdown", "toml")
_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>\w*)[^`\n]*\n(?P<code>.*?)^(?P=indent)(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_INLINE = re.compile(r"`((?:mlebench-inspect|inspect eval|inspect eval-set) [^`]+)`")
_LOOPS = re.compile(r"^(for|while|if) ")
_PAIR = re.compile(r"^[A-Z_]+=\S*$")


class Command(NamedTuple):
    """A command as a page shows it."""

    page: str
    text: str
    """On one line, without comments; a loop is one command."""

    def calls(self) -> Iterator[list[str]]:
        """The words of each program's call in it, without variables and what is piped or redirected."""
        text = re.sub(r"\$\(\([^)]*\)\)", "1", self.text)  # arithmetic
        text = re.sub(r"<<\s*['\"]?(\w+).*\n(.*\n)*\1$", "", text, flags=re.MULTILINE)
        text = re.sub(r"<(\w+)>", r"\1", text)  # what the reader fills in
        words: list[str] = []
        pieces = shlex.shlex(text.replace("\n", " ; "), posix=True, punctuation_chars=True)
        pieces.whitespace_split = True
        for piece in [*pieces, ";"]:
            if words and set(words[-1]) <= set("<>"):
                words.pop()  # and this piece is where it goes or comes from
            elif not set(piece) <= set(";&|") and piece not in ("do", "done"):
                words.append(piece)
            else:
                while words and (words[0] in ("export", "time") or _PAIR.match(words[0])):
                    words = words[1:]
                if words and not _LOOPS.match(f"{words[0]} "):
                    yield words
                words = []


def blocks(page: Path, languages: tuple[str, ...]) -> list[str]:
    """The fenced blocks in one of these languages, without the page's indentation."""
    found = []
    for match in _FENCE.finditer(page.read_text(encoding="utf-8")):
        assert match["language"] in (*SHELL, *OTHER), f"{page.name}: a block in {match['language']}"
        if match["language"] in languages:
            found.append(re.sub(f"^{match['indent']}", "", match["code"], flags=re.MULTILINE))
    return found


@cache
def shown(page: Path) -> list[Command]:
    """The commands in a page's blocks, in order."""
    name = str(page.relative_to(ROOT))
    return [Command(name, text) for block in blocks(page, SHELL) for text in _split(block)]


@cache
def mentioned(page: Path) -> list[Command]:
    """Commands of ours that a page names in its text."""
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [Command(str(page.relative_to(ROOT)), text.replace("\n", " ")) for text in _INLINE.findall(prose)]


def _split(block: str) -> Iterator[str]:
    """Commands of a block: lines that go on, open quotes, texts up to a mark and loops are put together.

    Where a block shows a terminal, commands stand behind `$ ` and all else is what they print.
    """
    lines = block.splitlines()
    if block.startswith("$ "):
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    pending = ""
    for line in lines:
        pending += line.rstrip().removesuffix("\\") if line.rstrip().endswith("\\") else f"{line}\n"
        if line.rstrip().endswith("\\") or _is_open(pending):
            continue
        if text := _without_comments(pending).strip():
            yield text
        pending = ""
    assert not pending.strip(), f"a command that does not end: {pending}"


def _is_open(text: str) -> bool:
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    mark = re.search(r"<<\s*['\"]?(\w+)", text)
    if mark and not re.search(rf"^{mark[1]}$", text, re.MULTILINE):
        return True
    return bool(_LOOPS.match(text)) and not re.search(r"^(done|fi)\b", text, re.MULTILINE)


def _without_comments(text: str) -> str:
    kept = []
    for line in text.splitlines():
        for match in re.finditer(r"(^|\s)#", line):
            if line[: match.start()].count("'") % 2 == 0 and line[: match.start()].count('"') % 2 == 0:
                line = line[: match.start()]
                break
        kept.append(line)
    return "\n".join(kept)
