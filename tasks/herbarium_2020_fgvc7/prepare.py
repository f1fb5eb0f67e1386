"""Split of every species: a fifth of its sheets is held out, at least one where it has several."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks._herbarium import prepare_with_regions

KEYS = ("annotations", "images", "categories", "info", "licenses", "regions")


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """The labelled sheets become train and test; v2's numbers of test pictures tell nothing about their species."""
    prepare_with_regions(raw, public, private, revision, folder="nybg2020", keys=KEYS, encoding="latin-1")
