"""The text that an agent reads first."""

from __future__ import annotations

from mlebench_inspect.graders.report import DataKind
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.sandboxes.provider import GuestPaths
from mlebench_inspect.tasks import HELD_BACK, Competition

_TEXT = """\
You take part in an offline machine learning competition{name}. Train models on the data in `{data}` and predict \
the test set as well as you can. How good your result is will be judged by one thing: the score of the file \
`{submission}` when your time is over or when you say that you are done, held against the results of human teams, for \
whom there were gold, silver and bronze medals.

# Where things are

- `{data}`: the competition's data, read-only. `{data}/description.md` is the description below; there is a sample \
submission.
- `{submission}`: where your submission must lie: one regular CSV file (no link, no archive). Whatever lies there when \
the run ends is graded, so put an early version there soon and replace it when you have a better one (write to another \
name, then rename).
- `{code}`: keep the code that makes your submission here. `{logs}`: a place for logs.
{validation}
# Rules

- Make your predictions with a model that you train or build here. Do not write predictions by hand, do not look for \
the test set's answers anywhere, and do not copy another person's solution.
- There is no person to ask. Decide for yourself and go on until your time is used up or nothing more is to be gained.
- {network}

# What you have

- Time: {time}
- Hardware: {hardware}

# The competition

{description}
"""

_VALIDATION = """\
- Is my file valid? In a shell, `{check} {submission}` tells whether the format is right, or what is wrong with it. It \
never tells a score.
"""


_SCORES = """\
- How good is a candidate? A part of the training data is held back from you: its inputs lie in `{held_back}`, with a \
sample submission for them, its labels do not. {way} by the competition's own metric, the same measure for all \
candidates. The score has nothing to do with the test set, and does not count.
"""
_SCORE_SCRIPT = "In a shell, `{score} FILE` scores a file of predictions for it"
_SCORE_ALONE = "Predictions for it can be scored"


def task_text(
    competition: Competition,
    paths: GuestPaths,
    *,
    revision: Revision,
    data: DataKind,
    hardware: str,
    network: str,
    http_check: bool,
    obfuscated: bool = False,
    search_score: bool = False,
) -> str:
    """The input of a sample: rules, paths, hardware, then the competition's description.

    If that is obfuscated, nothing else names the competition either.

    Of checks it names those that the sandbox has, whichever agent works in it: tools are an agent's own to tell of.

    The time budget is a place holder that the task's setup fills in, since the command line may still change it.
    """
    notes = _VALIDATION.format(check=paths.check, submission=paths.submission_file) if http_check else ""
    if search_score:
        way = _SCORE_SCRIPT.format(score=paths.score) if http_check else _SCORE_ALONE
        notes += _SCORES.format(way=way, held_back=f"{paths.data}/{HELD_BACK}")
    return _TEXT.format(
        name="" if obfuscated else f", **{competition.name}**",
        data=paths.data,
        submission=paths.submission_file,
        code=paths.code,
        logs=paths.logs,
        validation=notes,
        network="There is no network." if network == "none" else "There is a network. Use it within the rules.",
        time=TIME_PLACE,
        hardware=hardware,
        description=competition.description(revision, obfuscated=obfuscated).strip(),
    )


TIME_PLACE = "the time limit of this run"


def duration(seconds: float) -> str:
    """A length of time in words: `24 hours`, `1 hour 30 minutes`, `45 seconds`."""
    seconds = round(seconds)
    parts = []
    for unit, size in (("hour", 3600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}{'s' * (count != 1)}")
    return " ".join(parts[:2]) or "0 seconds"


def time_budget(limit: float | None) -> str:
    """What the agent is told about its time."""
    if limit is None:
        return "there is no fixed limit; stop when nothing more is to be gained."
    return f"{duration(limit)} from the start, all included. Then the run is cut off and graded as it stands."
