"""Pictures of reports, drawn with Altair and vl-convert, which the extra `plots` brings.

A module for each picture: its `picture` takes a `Group` of settings and says what there is to show. `gallery.py` knows
all of them, `drawing.py` makes SVG and PNG, and `files.py` writes them. Import this only where `installed()`.
"""

from __future__ import annotations

import importlib.util

INSTALL = "pip install 'mlebench-inspect[plots]'"


def installed() -> bool:
    """Whether what draws is here."""
    return all(importlib.util.find_spec(name) is not None for name in ("altair", "vl_convert"))
