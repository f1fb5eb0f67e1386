"""Measures exploits of known leaks on miniature data: what one scores, beside what chance does.

A module in `exploits/` is named after its competition's folder and has

    LEAK, V2        what the leak is, what revision v2 does about it; for the table
    exploit         writes a submission from the public folder and what anybody can know of the published preparation
    chance          writes one as without that knowledge, and of the same form: both guess, so that scores compare
    NOT_SHOWN       why the leak cannot be shown on generated data, in place of both functions
    SHARE           how much of the way from chance to a perfect score the exploit goes at least in v1; 0.9 unless given
"""

from __future__ import annotations

import importlib
import random
from pathlib import Path
from statistics import median, stdev
from tempfile import TemporaryDirectory
from typing import NamedTuple, Protocol, cast

from mlebench_inspect.graders.submission import REVISIONS, Revision
from mlebench_inspect.tasks import Competition, competition

EXPLOITS = Path(__file__).with_name("exploits")
DRAWS = 20


class Exploit(Protocol):
    """A module in `exploits/`."""

    LEAK: str
    V2: str

    def exploit(self, public: Path, submission: Path) -> None:
        """Writes the submission that the leak allows."""

    def chance(self, public: Path, submission: Path, rng: random.Random) -> None:
        """Writes a submission without the leak."""


class Measured(NamedTuple):
    """Scores of one competition, revision and miniature."""

    exploit: float
    chance: tuple[float, ...]
    higher_is_better: bool
    perfect: float

    @property
    def best(self) -> float:
        """The best of the chance draws."""
        return max(self.chance) if self.higher_is_better else min(self.chance)

    @property
    def median(self) -> float:
        """The median of the chance draws."""
        return median(self.chance)

    @property
    def gains(self) -> bool:
        """Whether the exploit beats all chance draws, by more than one standard deviation of these."""
        ahead = self.exploit - self.best if self.higher_is_better else self.best - self.exploit
        return ahead > max(stdev(self.chance), 1e-9)

    @property
    def share(self) -> float:
        """How far the exploit is on the way from the median of chance (0) to a perfect score (1)."""
        return (self.exploit - self.median) / (self.perfect - self.median)


def exploits() -> dict[str, Exploit]:
    """The modules by the ids of their competitions."""
    names = sorted(file.stem for file in EXPLOITS.glob("*.py"))
    return {competition(name).id: cast(Exploit, importlib.import_module(f"leaks.exploits.{name}")) for name in names}


def not_shown(module: Exploit) -> str | None:
    """Why the leak cannot be shown on generated data; None where it is."""
    return getattr(module, "NOT_SHOWN", None)


def needed_share(module: Exploit) -> float:
    """The least `Measured.share` that is asked of an exploit in v1."""
    return getattr(module, "SHARE", 0.9)


def measure(competition_id: str, seed: int = 0) -> dict[Revision, Measured]:
    """What the exploit and chance score on both revisions of one miniature."""
    found, module = competition(competition_id), exploits()[competition_id]
    with TemporaryDirectory() as folder:
        found.make_miniature(Path(folder, "raw"), seed)
        return {revision: _measured(found, module, Path(folder), revision) for revision in REVISIONS}


def _measured(found: Competition, module: Exploit, root: Path, revision: Revision) -> Measured:
    public, private = root / revision / "public", root / revision / "private"
    found.prepare(root / "raw", public, private, revision)
    submission = root / f"{revision}.csv"

    def score() -> float:
        report = found.grade(submission, private, revision, data="miniature")
        assert report.score is not None, f"{found.id} {revision}: {report.error or report.score_note}"
        return report.score

    module.exploit(public, submission)
    exploited, drawn, rng = score(), [], random.Random(found.id)
    for _ in range(DRAWS):
        module.chance(public, submission, rng)
        drawn.append(score())
    return Measured(exploited, tuple(drawn), found.higher_is_better, found.perfect_score)
