"""Pairs of code with a known overlap: functions that are made up, renamed, reordered and copied in part."""

from __future__ import annotations

import random
import re

IMPORTS = """import numpy as np
import pandas as pd
import lightgbm as lgb
from sklearn.model_selection import (
    KFold,
    StratifiedKFold,
)
"""
BOILERPLATE = f"""{IMPORTS}
train = pd.read_csv("train.csv")
test = pd.read_csv("test.csv")
"""


def function(rng: random.Random, name: str) -> str:
    """A function of some 12 statements of many forms."""
    lines = [f"def {name}({', '.join(_word(rng) for _ in range(rng.randint(1, 4)))}):", f'    """{_word(rng)}"""']
    lines += [f"    {_statement(rng)}" for _ in range(12)]
    return "\n".join([*lines, f"    return {_value(rng)}", ""])


def _word(rng: random.Random) -> str:
    return "".join(rng.choices("abcdefghij", k=6))


def _value(rng: random.Random, deep: int = 0) -> str:
    if deep > 2:
        return rng.choice([_word(rng), str(rng.randint(0, 99)), f'"{_word(rng)}"'])
    v = [_value(rng, deep + 1) for _ in range(3)]
    forms = [
        f"{v[0]} {rng.choice('+-*/%')} {v[1]}",
        f"{_word(rng)}({v[0]}, {_word(rng)}={v[1]})",
        f"{_word(rng)}[{v[0]}]",
        f"{_word(rng)}.{_word(rng)}({v[0]})",
        f"[{_word(rng)} for {_word(rng)} in {v[0]}]",
        f"({v[0]} if {v[1]} else {v[2]})",
        f"{{{v[0]}: {v[1]}}}",
        f"not {v[0]}",
        _word(rng),
    ]
    return rng.choice(forms)


def _statement(rng: random.Random) -> str:
    value = _value(rng)
    forms = [
        f"{_word(rng)} = {value}",
        f"{_word(rng)} += {value}",
        f"assert {value}, {_value(rng)}",
        f"for {_word(rng)} in {value}: {_word(rng)}({_value(rng)})",
        f"if {value}: {_word(rng)} = {_value(rng)}",
        f"{_word(rng)}.{_word(rng)} = {value}",
        f"while {value}: del {_word(rng)}",
        f"{_word(rng)}, {_word(rng)} = {value}, {_value(rng)}",
    ]
    return rng.choice(forms)


def functions(seed: int, number: int = 12) -> list[str]:
    """As many functions."""
    rng = random.Random(seed)
    return [function(rng, f"{_word(rng)}_{place}") for place in range(number)]


def program(parts: list[str]) -> str:
    """A script of these functions, with what all scripts begin with."""
    return BOILERPLATE + "\n".join(parts)


def renamed(code: str, seed: int = 0) -> str:
    """The same code with other names, numbers, comments and line ends."""
    rng = random.Random(seed)
    names: dict[str, str] = {}
    keep = {"def", "return", "for", "in", "if", "else", "not", "assert", "while", "del", "import", "from", "as"}

    def other(found: re.Match[str]) -> str:
        word = found[0]
        return word if word in keep else names.setdefault(word, f"v{len(names)}_{rng.randint(0, 9)}")

    changed = re.sub(r"[A-Za-z_][A-Za-z_0-9]*", other, code)
    return re.sub(r"(?m)^(def .*)$", r"# here\n\n\1  # and here", re.sub(r"\b\d+\b", "7", changed))
