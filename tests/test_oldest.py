"""The oldest libraries that the nightly tests use are the oldest that the package allows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_oldest_libraries_are_the_lower_bounds() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    bounds = {match[1]: match[2] for text in dependencies if (match := re.match(r"([\w-]+)>=([\d.]+)", text))}
    pins = dict(re.findall(r"^([\w-]+)==([\d.]+)$", (ROOT / "tests" / "oldest.txt").read_text(), re.MULTILINE))
    assert pins
    assert pins == {name: bounds[name] for name in pins}
