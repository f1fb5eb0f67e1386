"""90/10 split of the English sentences."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks._text_normalization import prepare_language


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """`en_train.csv` becomes train and test; v2 keeps tokens that are spelled like a missing value."""
    prepare_language(raw, public, private, revision, "en")
