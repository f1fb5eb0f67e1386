"""The data folder: `<data_dir>/<id>/{raw,prepared/public,prepared/private}`.

The layout is the published benchmark's, so that data which a user has prepared before is used as it is. Revision v2
lies beside it in `prepared-v2`, miniature data below `<data_dir>/miniature`, so that none is ever taken for another.
Where a part of the training data is held back, agents see the public tree of `prepared-search-<share>[-v2]`, whose
`private` has the labels of that part; the answers stay those of `prepared`.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_dir

from mlebench_inspect.graders.report import DataKind
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import SPLITS, Competition, split_ids


def default_data_dir() -> Path:
    """`MLEBENCH_DATA_DIR`, else `mlebench-inspect/data` in the user's cache folder."""
    chosen = os.environ.get("MLEBENCH_DATA_DIR")
    return Path(chosen).expanduser() if chosen else Path(user_cache_dir("mlebench-inspect")) / "data"


@dataclass(frozen=True)
class Store:
    """Paths of one kind of data of one revision."""

    data_dir: Path
    data: DataKind = "real"
    revision: Revision = "v1"
    search_score: float | None = None
    """The share of the training data that is held back to score candidates on."""

    @classmethod
    def open(
        cls,
        data_dir: Path | str | None = None,
        data: DataKind = "real",
        revision: Revision = "v1",
        search_score: float | None = None,
    ) -> Store:
        """The store in `data_dir`, or in the default folder. Nothing is created."""
        folder = Path(data_dir).expanduser().absolute() if data_dir else default_data_dir().absolute()
        return cls(folder, data, revision, search_score)

    @property
    def root(self) -> Path:
        """The folder that holds the competitions' folders."""
        return self.data_dir / "miniature" if self.data == "miniature" else self.data_dir

    def folder(self, competition: Competition) -> Path:
        """Everything of one competition."""
        return self.root / competition.id

    def raw(self, competition: Competition) -> Path:
        """The extracted download."""
        return self.folder(competition) / "raw"

    def prepared(self, competition: Competition) -> Path:
        """What preparation made: `public` and `private`."""
        return self.folder(competition) / ("prepared" if self.revision == "v1" else f"prepared-{self.revision}")

    def searched(self, competition: Competition) -> Path:
        """What was made to hold back a part of the training data: `public` and `private`."""
        second = "" if self.revision == "v1" else f"-{self.revision}"
        return self.folder(competition) / f"prepared-search-{self.search_score:g}{second}"

    def held_back(self, competition: Competition) -> Path:
        """The labels that are held back, for a grader; never where an agent could see them."""
        return self.searched(competition) / "private/private"

    def public(self, competition: Competition) -> Path:
        """What the agent sees."""
        seen = self.prepared(competition) if self.search_score is None else self.searched(competition)
        return seen / "public"

    def private(self, competition: Competition) -> Path:
        """The answers. Never mounted, copied or named where an agent could see it."""
        return self.prepared(competition) / "private"

    def is_prepared(self, competition: Competition) -> bool:
        """Whether the answers and the sample submission are there; their contents are not checked.

        Raises:
            PermissionError: This user may not look at the answers.
        """
        return _holds(self.prepared(competition), competition)

    def is_ready(self, competition: Competition) -> bool:
        """Whether it is prepared, and has the held-back part that is asked for; raises as `is_prepared` does."""
        if not self.is_prepared(competition):
            return False
        return self.search_score is None or _holds(self.searched(competition) / "private", competition)

    def prepare_command(self, competition_ids: list[str]) -> str:
        """What to type to prepare these competitions; a whole split is named by its name."""
        verb = "miniature" if self.data == "miniature" else "prepare"
        whole = [s for s in SPLITS if len(competition_ids) > 1 and set(split_ids(s)) == set(competition_ids)]
        names = [f"--split {whole[0]}"] if whole else competition_ids
        options = [] if self.data_dir == default_data_dir().absolute() else [f"--data-dir {self.data_dir}"]
        options += [f"--revision {self.revision}"] if self.revision != "v1" else []
        options += [f"--search-score {self.search_score:g}"] if self.search_score is not None else []
        return " ".join(["mlebench-inspect", verb, *names, *options])


def _holds(prepared: Path, competition: Competition) -> bool:
    return all(_is_file(prepared / name) for name in (competition.answers, competition.sample_submission))


def _is_file(path: Path) -> bool:
    """As `Path.is_file`, which takes a closed folder for a missing file from Python 3.14 on."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
