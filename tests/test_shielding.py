"""Nothing that a run logs, keeps, prints or bundles tells answers, from which a later model might learn them."""

from __future__ import annotations

import gzip
import io
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlebench_inspect.tasks import competition

NUMBERS, CLASSES, TEXTS = "nomad2018-predict-transparent-conductors", "spaceship-titanic", "tweet-sentiment-extraction"
MASKS, CHANCES = "tgs-salt-identification-challenge", "leaf-classification"
RUN = (NUMBERS, CLASSES, TEXTS, MASKS, CHANCES)
CANARY = "canary-5d1e0c9a"
AGENT = """
from inspect_ai.solver import solver
from inspect_ai.util import sandbox, store_as
from mlebench_inspect.run.validation import Validation, check_submission

@solver
def agent():
    async def solve(state, generate):
        await sandbox().exec(["sh", "-c", "cp data/sample*ubmission.csv submission/submission.csv; cp data/*.csv code"])
        await check_submission(store_as(Validation))
        if state.epoch == 2:  # ids that are wrong, values that are none: what messages might quote answers for
            await sandbox().exec(["sed", "-i", "2s/^./x/; 3s/,.*/,?/", "submission/submission.csv"])
            await check_submission(store_as(Validation))
        return state
    return solve
"""


class Run:
    """A run through the command line, with all that followed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.printed = folder, ""
        self.data, self.logs = folder / "data", folder / "logs"
        (folder / "agent.py").write_text(AGENT, encoding="utf-8")

    def command(self, *arguments: str) -> None:
        environment = {**os.environ, "MLEBENCH_DATA_DIR": str(self.data), "INSPECT_LOG_DIR": str(self.logs)}
        program = Path(sys.executable).with_name(arguments[0])
        ended = subprocess.run(
            [program, *arguments[1:]], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300
        )
        self.printed += ended.stdout + ended.stderr

    def private(self, competition_id: str) -> Path:
        return self.data / "miniature" / competition_id / "prepared" / "private"

    def all_texts(self) -> Iterator[tuple[str, str]]:
        """Whatever the run left but the data itself, unpacked."""
        yield "what was printed", self.printed
        for path in sorted(p for p in self.folder.rglob("*") if p.is_file() and not p.is_relative_to(self.data)):
            for name, content in unpacked(path.name, path.read_bytes()):
                yield name, content.decode("utf-8", "replace")


def unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A file and all that it holds, archives opened."""
    if content[:4] == b"PK\3\4":
        with zipfile.ZipFile(io.BytesIO(content)) as zipped:
            for member in zipped.namelist():
                yield from unpacked(f"{name}/{member}", zipped.read(member))
    elif content[:2] == b"\x1f\x8b":
        yield from unpacked(f"{name}/gz", gzip.decompress(content))
    elif content[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            for entry in tar:
                file = tar.extractfile(entry) if entry.isfile() else None
                if file is not None:
                    yield from unpacked(f"{name}/{entry.name}", file.read())
    else:
        yield name, content


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of five competitions in two seeds, scored again, reported, exported and bundled."""
    run = Run(tmp_path_factory.mktemp("shielding"))
    options = ["-T", "data=miniature", "-T", "sandbox=local", "-T", "hardware=lite", "--display", "plain"]
    run.command(
        *("inspect", "eval", "mlebench_inspect/all", "-T", f"competitions={','.join(RUN)}", *options),
        *("--solver", "agent.py", "--model", "none", "--epochs", "2", "--log-level", "debug"),
    )
    (log,) = map(str, run.logs.glob("*.eval"))
    run.command("inspect", "score", log, "--scorer", "mlebench_inspect/mlebench", "--action", "append", "--overwrite")
    for form in ("table", "json", "html", "tidy"):
        run.command("mlebench-inspect", "report", "logs", "--format", form, "--output", f"report.{form}")
    run.command("mlebench-inspect", "report", "logs")
    run.command("mlebench-inspect", "export", "logs", "--output-dir", "export")
    run.command("mlebench-inspect", "bundle", "logs", "--output", "result.zip")
    run.command("mlebench-inspect", "verify", "result.zip")
    assert {p.name for p in run.folder.iterdir()} >= {"logs", "report.html", "export", "result.zip"}, run.printed
    assert "agrees" in run.printed
    return run


def known_to_agents(run: Run, competition_id: str) -> str:
    """All public text, and the submissions."""
    public = run.private(competition_id).parent / "public"
    return "\n".join(p.read_text("utf-8", "replace") for p in public.rglob("*") if p.suffix in (".csv", ".md"))


def answer_rows(run: Run, competition_id: str) -> set[str]:
    """Lines of the answers which say more than a constant submission does."""
    known = set(known_to_agents(run, competition_id).splitlines())
    text = (run.private(competition_id).parent / competition(competition_id).answers).read_text(encoding="utf-8")
    # an empty mask says nothing, and stands at the beginning of other rows
    return {line for line in text.splitlines()[1:] if line not in known and not line.endswith(",")}


def answer_values(run: Run, competition_id: str) -> set[str]:
    """Values of answers which stand in no public file: numbers with digits enough, masks, selected texts."""
    known = known_to_agents(run, competition_id)
    cells = {cell for row in answer_rows(run, competition_id) for cell in re.split('[,"]', row)}
    return {cell for cell in cells if len(cell) >= 6 and cell not in known}


@pytest.mark.parametrize("competition_id", RUN)
def test_no_row_of_answers_is_in_what_a_run_leaves(ended: Run, competition_id: str) -> None:
    rows = answer_rows(ended, competition_id)
    assert len(rows) > 5
    for name, text in ended.all_texts():
        found = [row for row in rows if row in text]
        assert not found, f"{name} holds {found[0]!r}"


@pytest.mark.parametrize("competition_id", [NUMBERS, MASKS])
def test_no_value_of_answers_is_in_what_a_run_leaves(ended: Run, competition_id: str) -> None:
    values = answer_values(ended, competition_id)
    assert len(values) > 5
    for name, text in ended.all_texts():
        found = [value for value in values if stands_alone(value, text)]
        assert not found, f"{name} holds {found[0]!r}"


def stands_alone(value: str, text: str) -> bool:
    """Whether the text has the value, and not within a longer number, such as a time."""
    return value in text and re.search(rf"(?<![\d.]){re.escape(value)}(?![\d.]*\d)", text) is not None


def test_the_search_would_find_them(ended: Run, tmp_path: Path) -> None:
    """What is looked through does hold the submissions' rows, in logs, artefacts and bundle."""
    sample = known_to_agents(ended, NUMBERS).splitlines()
    row = next(line for line in sample if re.fullmatch(r"\d+,[\d.]+,[\d.]+", line))
    places = {name.split("/")[0] for name, text in ended.all_texts() if row in text}
    prediction = row.split(",")[1]
    assert any(stands_alone(prediction, text) for _, text in ended.all_texts())
    assert any("result.zip" in p for p in places)
    assert len(places) > 1


@pytest.mark.parametrize("competition_id", [NUMBERS, CLASSES, MASKS])
def test_answers_that_a_grader_stumbles_over_are_not_quoted(ended: Run, competition_id: str) -> None:
    """The answers hold what no grader foresees; whatever it says of it ends in the log."""
    answers = ended.private(competition_id).parent / competition(competition_id).answers
    whole, mode = answers.read_text(encoding="utf-8"), answers.stat().st_mode
    rows = whole.splitlines()
    try:
        answers.chmod(0o600)
        answers.write_text("\n".join([rows[0], *(re.sub(r"[^,]*$", CANARY, row) for row in rows[1:])]), "utf-8")
        (log,) = map(str, ended.logs.glob("*.eval"))
        before = len(ended.printed)
        insist = ["--scorer", "mlebench_inspect/mlebench", "-S", "accept_answers=true"]
        ended.command("inspect", "score", log, *insist, "--action", "overwrite", "--overwrite", "--log-level", "debug")
        ended.command("mlebench-inspect", "report", "logs", "--format", "json", "--output", "stumbled.json")
        assert len(ended.printed) > before
        assert (
            "grading fails" in (ended.folder / "stumbled.json").read_text(encoding="utf-8") or competition_id == CLASSES
        )
        for name, text in ended.all_texts():
            assert CANARY not in text, name
    finally:
        answers.write_text(whole, encoding="utf-8")
        answers.chmod(mode)
