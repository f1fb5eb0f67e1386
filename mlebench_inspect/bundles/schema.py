"""What lies in a bundle. A member is JSON unless its name says otherwise.

    runs/0001/run.json                       a run: its plan, and what it was run with
    runs/0001/<competition>_<seed>.json      a sample: outcome, grading report, identity, sandbox, checks
    runs/0001/<competition>_<seed>/...       its submission and snapshots (gzip), the agent's code and logs (tar.gz)
    figures.json                             the figures as stated
    disclosure.yaml                          what no log knows
    manifest.json                            versions, and the size and SHA-256 of all others

Neither messages nor events are among it: transcripts may be large, and private.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from mlebench_inspect.graders.leaderboard import MedalTier
from mlebench_inspect.reporting.records import NEVER_STARTED, Result
from mlebench_inspect.run.outcome import Ending, Outcome
from mlebench_inspect.run.shards import SHARD

SCHEMA: Final = 1
"""Raised with each change that an older reader would misread."""
MANIFEST, FIGURES, DISCLOSURE = "manifest.json", "figures.json", "disclosure.yaml"
RUN_FILE = "run.json"

MOST_RUNS, MOST_SAMPLES, MOST_SNAPSHOTS = 1000, 50_000, 1000
"""Runs; (competition, seed) pairs that all runs planned; snapshots of one sample."""
MOST_JSON, MOST_OF_ALL_JSON = 64 << 20, 256 << 20
"""Bytes of one member that is JSON, and of all together."""

_Short = Annotated[str, Field(max_length=100)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Member(_Strict):
    """A member of the bundle."""

    name: str
    size: int
    sha256: Sha256


class Manifest(_Strict):
    """All members but itself, in their order."""

    schema_version: Literal[1] = SCHEMA
    made_with: Annotated[dict[_Short, _Short], Field(max_length=50)]
    """Versions of what decides about grades and figures."""
    members: list[Member]


class RunFile(_Strict):
    """A run without its samples."""

    task: str
    group: str
    data: Literal["real", "miniature"]
    revision: str
    created: AwareDatetime
    competitions: list[str]
    seeds: int = Field(ge=1, le=MOST_SAMPLES)
    fields: dict[str, Any]
    noted: dict[str, Any]
    hardware: str | None
    shard: str = Field(default="", pattern=f"^({SHARD}|{NEVER_STARTED})?$")


class Kept(_Strict):
    """A file of an agent's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    member: str
    """Where it lies in the bundle, compressed."""
    sha256: Sha256
    """Of the file itself, uncompressed."""


class Worth(_Strict):
    """What a submission of an earlier moment came to: these fields of its grading report."""

    graded: bool
    """False where it could not be graded, through no fault of the agent's."""
    score: float | None
    medal: MedalTier | None
    rank: int | None = None
    percentile: float | None = None
    valid_submission: bool
    above_median: bool | None = False
    error: str | None = None


class SnapshotFile(_Strict):
    """A submission of an earlier moment."""

    after: int = Field(ge=0)
    """Seconds since the agent began."""
    worth: Worth
    sha256: Sha256 | None = None
    """Of the file; None where what lay there was refused."""
    kept: Kept | None = None
    lacking: str | None = None
    """Why a file that was kept is not here."""


class Check(_Strict):
    """A question of the agent's that was answered: whether a submission is valid, or how good a candidate is."""

    at: str
    asked_by: str
    """`tool` or `endpoint`."""
    answer: str


class Folder(_Strict):
    """The agent's code or logs."""

    member: str | None = None
    complete: bool | None = None
    """Whether the sandbox handed over all of it."""
    problem: str | None = None
    """Why it was not kept, or is not here."""


class SampleFile(_Strict):
    """One competition in one seed."""

    result: Result
    """Without its snapshots, which are below."""
    outcome: Outcome
    cause: str | None = None
    """Why there is no submission."""
    ending: Ending = Ending()
    noted: dict[str, Any] = {}
    """Versions and parallelism when it ran; these keep no runs apart."""
    data: dict[str, Any] = {}
    """SHA-256 of the prepared files, of their recipe and of the answers."""
    sandbox: dict[str, Any] = {}
    """`given`: what the provider says of it, the network among it; `seen`: what a process inside saw of the hardware;
    `apart`: what kept it from others."""
    submission: Kept | None = None
    lacking: str | None = None
    """Why a submission that was taken is not here."""
    snapshots: Annotated[list[SnapshotFile], Field(max_length=MOST_SNAPSHOTS)] | None = None
    """By time; None where the run took none."""
    checks: list[Check] = []
    """Of submissions; never a score."""
    scorings: list[Check] = []
    """Of candidates, on held-back training data."""
    folders: dict[Literal["code", "logs"], Folder] = {}


class Stated(_Strict):
    """The figures as the bundle's maker states them."""

    pooled: list[str] = []
    """Fields of the identity that may differ within a row, as with `--pool`."""
    rows: list[dict[str, Any]]
    """As `mlebench-inspect report --format json` has them."""


def run_folder(number: int) -> str:
    """Where a run lies in the bundle; the first has the number 1."""
    return f"runs/{number:04d}"


def sample_name(competition: str, seed: int) -> str:
    """What a sample's record and its folder are called."""
    return f"{competition}_{seed}"
