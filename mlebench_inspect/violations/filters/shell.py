"""Shell commands, taken apart but never run: words, redirections, and the programs of other languages within them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPERATORS = re.compile(r"\|\||&&|;;|[;|&()]|\n")
_HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)([A-Za-z_][A-Za-z0-9_.-]*)\1")
_PREFIXES = {"sudo", "time", "nohup", "nice", "env", "exec", "then", "do", "else", "if", "while", "!", "{", "stdbuf"}
_PREFIXES |= {"timeout", "setsid", "xargs", "command", "builtin", "ionice", "watch"}
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
MOST_COMMANDS, LONGEST = 5_000, 1 << 20
"""Commands of one text; characters of a text that are looked at."""


@dataclass(frozen=True)
class Command:
    """One simple command."""

    words: tuple[str, ...]
    """Program and arguments, without what stands before a program (`sudo`, `timeout 60`, assignments)."""
    targets: tuple[str, ...] = ()
    """Files that it writes by redirection."""
    here: str = ""
    """Its here-document."""
    line: int = 1

    @property
    def program(self) -> str:
        """The program's name, without its folder."""
        return self.words[0].rpartition("/")[2] if self.words else ""

    @property
    def text(self) -> str:
        """As one line."""
        return " ".join(self.words)


def commands(text: str) -> list[Command]:
    """The simple commands of a script, in order; of a broken script what can be made of it."""
    return list(_commands(text[:LONGEST]))


def _commands(text: str) -> Iterator[Command]:
    body, heres = _without_heredocs(text)
    count = 0
    for line, raw, redirected in _split(body):
        found = _command(line, raw, redirected, heres)
        if found is not None:
            yield found
            count += 1
            if count >= MOST_COMMANDS:
                return


def _without_heredocs(text: str) -> tuple[str, dict[str, str]]:
    """The script with marks in place of its here-documents, and these by their marks."""
    lines = text.split("\n")
    kept: list[str] = []
    heres: dict[str, str] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        found = _HEREDOC.search(line) if "<<" in line and len(line) < 10_000 else None
        at += 1
        if found is None:
            kept.append(line)
            continue
        start = at
        while at < len(lines) and lines[at].strip() != found[2]:
            at += 1
        mark = f"\x01{len(heres)}"
        heres[mark] = "\n".join(lines[start:at])
        at += 1
        kept.append(f"{line[: found.start()]} {mark} {line[found.end() :]}")
    return "\n".join(kept), heres


def _split(text: str) -> Iterator[tuple[int, list[str], list[str]]]:
    """Line, words and targets of redirections of each simple command."""
    words: list[str] = []
    targets: list[str] = []
    word: list[str] = []
    line, at, is_target, started = 1, 0, False, False

    def end_word() -> None:
        nonlocal is_target, started
        if word or started:
            (targets if is_target else words).append("".join(word))
            is_target = started = False
            word.clear()

    first = line
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text):
            if text[at + 1] != "\n":
                word.append(text[at + 1])
            else:
                line += 1
            at += 2
            continue
        if char in "'\"":
            end = _closing(text, at)
            inner = text[at + 1 : end]
            word.append(inner.replace('\\"', '"') if char == '"' else inner)
            line += inner.count("\n")
            started = True
            at = end + 1
            continue
        if char == "#" and not word and not started:
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        if char == ">":
            if "".join(word) in ("1", "2", "&"):
                word.clear()
            end_word()
            is_target = True
            at += 2 if text[at : at + 2] in (">>", ">&", ">|") else 1
            continue
        operator = _OPERATORS.match(text, at)
        if operator:
            end_word()
            is_target = False
            if words or targets:
                yield first, words, targets
                words, targets = [], []
            line += char == "\n"
            first = line
            at = operator.end()
            continue
        if char in " \t\r":
            end_word()
        else:
            word.append(char)
        at += 1
    end_word()
    if words or targets:
        yield first, words, targets


def _closing(text: str, at: int) -> int:
    """Place of the quote that closes the one at `at`; the end where there is none."""
    quote = text[at]
    if quote == "'":
        end = text.find(quote, at + 1)
        return len(text) if end < 0 else end
    end = at + 1
    while end < len(text):
        if text[end] == "\\":
            end += 1
        elif text[end] == quote:
            return end
        end += 1
    return len(text)


def _command(line: int, raw: list[str], targets: list[str], heres: dict[str, str]) -> Command | None:
    here = "\n".join(heres[w] for w in raw if w in heres)
    words = [w for w in raw if w not in heres]
    while words and (words[0].rpartition("/")[2] in _PREFIXES or _ASSIGNMENT.match(words[0])):
        prefix = words.pop(0)
        while prefix in ("timeout", "nice", "env", "xargs", "stdbuf", "ionice", "watch", "sudo") and words:
            if not (words[0].startswith("-") or words[0][:1].isdigit()):
                break
            words.pop(0)
    if not words and not here and not targets:
        return None
    return Command(tuple(words), tuple(t for t in targets if not t.isdigit() and t != "/dev/null"), here, line)
