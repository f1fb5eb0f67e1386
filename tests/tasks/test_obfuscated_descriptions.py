"""The obfuscated descriptions: nothing in them tells which competition it is, and what an agent needs is there."""

from __future__ import annotations

import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import py7zr
import pytest

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks import Competition, competition, competition_ids
from mlebench_inspect.tasks.samples import read_sample

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

CODE_BLOCK = re.compile(r"```\n(.*?)```", re.DOTALL)
PATH = re.compile(r"(?:[^\s<>()]|<[^<>]*>)*(?:/|\.(?=\w*[a-z])\w{2,7})")
ANY = re.compile(r"<[^<>]*>|\{[^{}]*\}|\*")

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


def named_paths(text: str) -> list[str]:
    """What stands in backticks and ends like a file or a folder."""
    spans = re.findall(r"`([^`\n]+)`", CODE_BLOCK.sub("", text))
    return [span for span in spans if PATH.fullmatch(span)]


def as_pattern(name: str) -> re.Pattern[str]:
    """The paths that a name stands for: `<...>`, `{...}` and `*` are any text, and so is a part with a digit."""
    parts = []
    for part in name.rstrip("/").split("/"):
        stem, dot, ending = part.rpartition(".")
        part = f"*.{ending}" if dot and (not stem or re.search(r"\d", stem)) else part
        part = "*" if not dot and re.search(r"\d", part) else part
        parts.append("[^/]+".join(re.escape(fixed) for fixed in ANY.split(part)))
    return re.compile("(?:.*/)?" + "/".join(parts))


def members(file: Path) -> list[str]:
    """The names within an archive; of other files, none."""
    if file.suffix == ".zip":
        with zipfile.ZipFile(file) as zipped:
            return zipped.namelist()
    if file.suffix == ".7z":
        with py7zr.SevenZipFile(file) as packed:
            return list(packed.getnames())
    if file.suffix in (".gz", ".tar", ".tgz"):
        with tarfile.open(file) as tar:
            return tar.getnames()
    return []


def paths_within(folder: Path) -> set[str]:
    """Files and folders below a folder, those in archives included."""
    found = list(folder.rglob("*"))
    names = [str(p.relative_to(folder)) for p in found]
    names += [name.strip("/") for p in found if p.is_file() for name in members(p)]
    return {str(p) for name in names for p in (Path(name), *Path(name).parents)}


def not_there(text: str, paths: set[str]) -> list[str]:
    return [name for name in named_paths(text) if not any(as_pattern(name).fullmatch(path) for path in paths)]


def fits(header: str, columns: list[str]) -> bool:
    """Whether a header of an example is that of the columns: `<...>` is any one of them, `...` any number."""
    fields = [".*" if f == "..." else "[^,]+" if f.startswith("<") else re.escape(f) for f in header.split(",")]
    return re.fullmatch(",".join(fields), ",".join(columns)) is not None


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


@each_revision
@each_competition
def test_named_files_and_folders_are_there(
    competition_id: str, revision: Revision, prepared: Callable[..., Path]
) -> None:
    text = competition(competition_id).description(revision, obfuscated=True)
    assert not_there(text, paths_within(prepared(competition_id, revision) / "prepared/public")) == []


@each_revision
@each_competition
def test_example_has_the_columns_of_a_submission(
    competition_id: str, revision: Revision, prepared: Callable[..., Path]
) -> None:
    found = competition(competition_id)
    examples = CODE_BLOCK.findall(found.description(revision, obfuscated=True).partition("# Submission")[2])
    assert examples or competition_id == "3d-object-detection-for-autonomous-vehicles", "no example is shown"
    sample = read_sample(prepared(competition_id, revision) / "prepared" / found.public_sample, {})
    extra = found.submission.target_columns_v2_extra if revision == "v2" else []
    needed = found.submission.ids(revision) + found.submission.target_columns + extra
    for header in (example.splitlines()[0] for example in examples):
        assert fits(header, list(sample.columns)) or fits(header, needed), header


def test_missing_files_are_found() -> None:
    paths = {"train.csv", "train", "train/1a", "train/1a/x.png", "in", "in/list.txt"}
    text = "`train.csv`, `train/<id>/<name>.png`, `train/7/8.png`, `in/`, `list.txt`, `.png`, `id`, `1.5`, `x.load()`"
    assert named_paths(text) == ["train.csv", "train/<id>/<name>.png", "train/7/8.png", "in/", "list.txt", ".png"]
    assert not_there(text, paths) == []
    wrong = ["test.csv", "train/<id>.png", "train/7/8.jpg", "out/", "train/list.txt", ".npy", "rain.csv"]
    assert not_there(" ".join(f"`{name}`" for name in wrong), paths) == wrong


@pytest.mark.parametrize(
    ("header", "fitting"),
    [
        ("id,label", True),
        ("<id column>,label", True),
        ("id,...", True),
        ("id,target", False),
        ("label,id", False),
        ("id", False),
        ("id,label,<more>", False),
    ],
)
def test_headers_of_examples_are_compared(header: str, fitting: bool) -> None:
    assert fits(header, ["id", "label"]) is fitting
