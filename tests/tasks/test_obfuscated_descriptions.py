"""The obfuscated descriptions: nothing in them tells which competition it is, and what an agent needs is there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import Competition, competition, competition_ids

LIKE_WORDS = 12
MIN_WORDS, MAX_WORDS = 80, 1000
MIN_GIVEAWAYS = 5

# Words of names and ids that say what kind of task it is, or nothing, and so may stand in any description.
GENERAL = frozenset(
    re.findall(
        r"\w+",
        """
    activity analysis answering audio automated challenge classification classifier collection contest dataset deep
    detection edition explore extraction first from future human identification identify image kernels label labeling
    language line matching modal model multi normalization object only part playground position predict predicting
    prediction predictions preference properties question random recognition reduce research right score scoring
    screening search segmentation series signal tabular tagging text with word
        """,
    )
)

FORBIDDEN = {
    "the word Kaggle": r"kaggle",
    "an address": r"https?://|www\.|\b[\w-]+\.(?:com|org|net|io)\b",
    "a year": r"(?<![\d.,])(?:199\d|20[0-2]\d)(?![\d,]|\.\d)",
    "a prize": r"\b(?:prizes?|dollars?|usd)\b",
}

each_competition = pytest.mark.parametrize("competition_id", competition_ids())
each_revision = pytest.mark.parametrize("revision", ["v1", "v2"])


def plain(text: str) -> str:
    """The text in lower case, with blanks for hyphens, underscores and line breaks."""
    return " ".join(re.sub(r"[-_‐-―]", " ", text.lower()).split())


def holds(text: str, phrase: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(plain(phrase))}(?!\w)", plain(text)) is not None


def giveaways_within(text: str, found: Competition) -> list[str]:
    return [g for g in found.giveaways if holds(text, g)]


def words_of_name(found: Competition) -> set[str]:
    return set(re.findall(r"\w{4,}", plain(f"{found.name} {found.id}"))) - GENERAL


def prose(text: str) -> list[str]:
    """The words outside code and formulas."""
    for pattern in (r"```.*?```", r"<!--.*?-->", r"\$\$.*?\$\$", r"`[^`\n]*`", r"\$[^$\n]*\$"):
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    return re.findall(r"\w+", text.lower())


def runs(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + LIKE_WORDS]) for i in range(len(words) - LIKE_WORDS + 1)}


def faults(text: str, original: str, found: Competition) -> list[str]:
    """What is wrong with an obfuscated description, a line each."""
    wrong = [f"giveaway: {g}" for g in giveaways_within(text, found)]
    wrong += [f"word of the name: {w}" for w in sorted(words_of_name(found)) if holds(text, w)]
    wrong += [f"holds {what}" for what, pattern in FORBIDDEN.items() if re.search(pattern, text, re.IGNORECASE)]
    wrong += [f"as in the original: {' '.join(r)}" for r in sorted(runs(prose(text)) & runs(prose(original)))]
    if not MIN_WORDS <= len(text.split()) <= MAX_WORDS:
        wrong.append(f"{len(text.split())} words")
    if not text.startswith("# Task\n"):
        wrong.append("does not begin with the heading # Task")
    if "<!--" in text or "-->" in text:
        wrong.append("a mark of a revision is not closed")
    return wrong + lacks(text, found)


def lacks(text: str, found: Competition) -> list[str]:
    """What an agent needs and does not find."""
    wrong = []
    if not re.search(r"sample[ _]?submission", text, re.IGNORECASE) and found.public_sample[7:] not in text:
        wrong.append("no sample submission is named")
    names = set(found.metric.split("_")) - {"at", "by", "column", "mean", "score", "type", "wise"}
    if "$" not in text and not any(holds(text, name) for name in names):
        wrong.append(f"neither a formula nor a word of the metric, {found.metric}")
    better = "higher|larger|greater" if found.higher_is_better else "lower|smaller"
    if not re.search(rf"\b(?:{better})\b", text, re.IGNORECASE):
        wrong.append("does not say whether higher or lower is better")
    return wrong


@each_revision
@each_competition
def test_description_gives_nothing_away(competition_id: str, revision: Revision) -> None:
    found = competition(competition_id)
    text = found.description(revision, obfuscated=True)
    assert faults(text, found.description(revision), found) == []


@each_competition
def test_giveaways_are_listed(competition_id: str) -> None:
    giveaways = competition(competition_id).giveaways
    assert len({plain(g) for g in giveaways}) == len(giveaways) >= MIN_GIVEAWAYS
    assert all(re.search(r"\w", g) for g in giveaways)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda text: f"{text}\nThe Titanic was a ship.\n", "giveaway: titanic"),
        (lambda text: f"{text}\nColumn `Cryo_Sleep`.\n", "giveaway: cryo-sleep"),
        (lambda text: f"{text}\nA spaceship.\n", "word of the name: spaceship"),
        (lambda text: f"{text}\nAs on Kaggle.\n", "holds the word Kaggle"),
        (lambda text: f"{text}\nSee https://example.test.\n", "holds an address"),
        (lambda text: f"{text}\nTaken in 2015.\n", "holds a year"),
        (lambda text: f"{text}\nThe first prize.\n", "holds a prize"),
        (lambda text: text + " ".join(f"word{i}" for i in range(12)), "as in the original: "),
        (lambda text: text * 20, " words"),
        (lambda text: text[:200], " words"),
        (lambda text: text.replace("# Task", "# Titles"), "does not begin with the heading # Task"),
        (lambda text: f"{text}\n<!-- only v3 -->\n", "a mark of a revision is not closed"),
        (lambda text: text.replace("sample submission", "file"), "no sample submission is named"),
        (lambda text: text.replace("accuracy", "share"), "neither a formula nor a word of the metric"),
        (lambda text: text.replace("Higher", "It"), "does not say whether higher or lower is better"),
    ],
)
def test_each_fault_is_found(spoil: Callable[[str], str], fault: str) -> None:
    found = competition("spaceship-titanic").model_copy(update={"giveaways": ["titanic", "cryo-sleep"]})
    shown = "The sample submission shows how. Metric: accuracy. Higher is better."
    text = "# Task\n\n" + "Predict it. " * 50 + f"\n\n{shown}\n"
    original = " ".join(f"word{i}" for i in range(30))
    assert faults(text, original, found) == []
    assert any(fault in each for each in faults(spoil(text), original, found))
