"""Every command that the docs show is one that the programs take; what needs no account, no GPU and no hours is run."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import click
import pytest
import yaml
from inspect_ai._cli.eval import eval_command, eval_set_command
from inspect_ai._cli.score import score_command

from docs.commands import PAGES, ROOT, Command, blocks, mentioned, shown
from docs.reasons import REASONS, reason_of
from mlebench_inspect import agents, competition
from mlebench_inspect.benchmark import TASKS, own_competitions
from mlebench_inspect.cli import cli
from mlebench_inspect.data.store import Store
from mlebench_inspect.familiarity.task import familiarity
from mlebench_inspect.options import OptionError, checked
from mlebench_inspect.run.scoring import mlebench_scorer

QUICK = ("README.md", "docs/from-mle-bench.md", "docs/bundles.md")
"""Pages whose cheap commands run for every change; `make nightly` runs all of all pages."""
RUN_ELSEWHERE = {
    "docs/analysis.md": "tests/test_analysis.py compares what its code prints with the page",
    "docs/own-competition.md": "a test of its own types it",
}
"""The competition that a page makes, which then is a task."""
FOREIGN = {
    *("aws", "cat", "chcon", "cp", "docker", "echo", "gzip", "harbor", "make", "mkdir", "pip", "podman", "pytest"),
    *("python", "rm", "sbatch", "scout", "touch", "unset"),
}
"""Programs that are not ours, and are not looked into."""
PLACEHOLDER = re.compile(r"^(\.\.\.|[A-Z]+|.*\$.*|)$")
EVAL = {"eval": eval_command, "eval-set": eval_set_command, "score": score_command}
DOCKER = re.compile(r"rehearsal/model|^mlebench-inspect (demo|doctor)")
SLOW = re.compile(
    rf"{DOCKER.pattern}|^inspect (eval|score)|^mlebench-inspect (scan|plagiarism)|--format html|--figures"
)
MAY_END_WITH = {"mlebench-inspect doctor": (1,)}
"""Where a host lacks something, such as Kaggle's token, that is what the command is for."""


def all_shown() -> list[Command]:
    return [c for page in PAGES for c in shown(page)]


def options_of(words: list[str], command: click.Command) -> tuple[dict[str, Any], list[str]]:
    """What click makes of the words, without looking at the values."""
    parser = command.make_parser(click.Context(command))
    given, rest, _ = parser.parse_args(list(words))
    positional = given.get("tasks") or rest or ()
    return given, list(positional)


def check_ours(words: list[str]) -> None:
    """The command is one of `mlebench-inspect`'s, with options that it has."""
    if words and words[0] in ("--help", "--version"):
        return
    found = cli.commands[words[0]]
    arguments = [p for p in found.params if isinstance(p, click.Argument)]
    found.params = [p for p in found.params if not isinstance(p, click.Argument)]
    try:
        options_of(words[1:], found)
    finally:
        found.params += arguments


def check_pairs(flag: str, build: Callable[..., Any], pairs: tuple[str, ...]) -> None:
    """Each name is an option there, and each value of its form, unless it stands for one."""
    hints = {k: v for k, v in get_type_hints(build, include_extras=True).items() if k != "return"}
    for pair in pairs:
        name, _, value = pair.partition("=")
        stands_for = PLACEHOLDER.match(value) or "..." in value
        try:
            checked(flag, hints, {name: yaml.safe_load(value)} if not stands_for else {}, {})
        except OptionError as ex:
            pytest.fail(f"{pair}: {ex}")
        assert name in hints, f"{flag} {name}"


def check_inspect(words: list[str], page: str) -> None:
    """The task and the solver are there, with the options that are given; a page may make a competition of its own."""
    name, *rest = words
    if name not in EVAL:
        return
    given, positional = options_of(rest, EVAL[name])
    if name == "score":
        check_pairs("-S", mlebench_scorer, tuple(given.get("s") or ()))
        return
    for task in positional:
        kind = task.removeprefix("mlebench_inspect/")
        if task.startswith("mlebench_inspect/") and kind.islower() and "<" not in kind:
            made = {kind: own_competitions} if f"mlebench-inspect new {kind}" in page else {}
            build = {**TASKS, "familiarity": familiarity, **made}[kind]
            check_pairs("-T", build, tuple(given.get("t") or ()))
    solver = given.get("solver") or "mlebench_inspect/react"
    if solver.startswith("mlebench_inspect/") and "$" not in solver and solver.rpartition("/")[2].islower():
        check_pairs("-S", getattr(agents, solver.partition("/")[2]), tuple(given.get("s") or ()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_ones_that_the_programs_take(page: Path) -> None:
    for command in [*shown(page), *mentioned(page)]:
        for words in command.calls():
            program = words[0].rpartition("/")[2]
            try:
                if program == "mlebench-inspect":
                    check_ours(words[1:])
                elif program == "inspect":
                    check_inspect(words[1:], page.read_text(encoding="utf-8"))
                else:
                    assert program in FOREIGN or program.startswith("-"), f"what is {program}?"
            except (click.UsageError, KeyError, AttributeError) as ex:
                pytest.fail(f"{command.page}: {command.text}: {type(ex).__name__}: {ex}")


def test_each_reason_is_of_a_command() -> None:
    texts = [c.text for c in all_shown()] + [b for page in PAGES for b in blocks(page, ("python",))]
    unused = [pattern for pattern in REASONS if not any(re.search(pattern, text) for text in texts)]
    assert not unused


AGENT = """\
from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.util import sandbox


@agent
def my_agent() -> Agent:
    async def execute(state: AgentState) -> AgentState:
        await sandbox().exec(["sh", "-c", "cp data/sample*ubmission.csv submission/submission.csv"], timeout=60)
        return state

    return execute
"""


class World:
    """A folder with logs, data and files of the names that the docs use, in which their commands do their work."""

    def __init__(self, home: Path) -> None:
        self.home = home
        bins = Path(sys.executable).parent
        self.environment = {
            **os.environ,
            "PATH": f"{bins}{os.pathsep}{os.environ['PATH']}",
            "MLEBENCH_DATA_DIR": str(home / "data"),
            "COLUMNS": "200",
        }

    def run(self, text: str, timeout: float = 1200) -> subprocess.CompletedProcess[str]:
        """Runs a command as a shell does."""
        options: dict[str, Any] = {"cwd": self.home, "env": self.environment, "timeout": timeout}
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            **options,
        )

    def prepare(self) -> None:
        """Makes what the docs take for granted."""
        options = "-T data=miniature -T sandbox=local -T hardware=lite --model none --display none --epochs 2"
        (self.home / "my_agent.py").write_text(AGENT, encoding="utf-8")
        for solver in ("mlebench_inspect/dummy", "my_agent.py@my_agent"):
            made = self.run(
                "inspect eval mlebench_inspect/all -T competitions=leaf-classification,spaceship-titanic "
                f"-T snapshot_every=1 --solver {solver} {options} --log-dir logs"
            )
            assert made.returncode == 0, made.stdout + made.stderr
        titanic = competition("spaceship-titanic")
        prepared = Store.open(str(self.home / "data"), "miniature", "v1").prepared(titanic)
        shutil.copy(prepared / titanic.sample_submission, self.home / "submission.csv")
        shutil.copytree(prepared, self.home / "data" / "spaceship-titanic" / "prepared")
        for name in ("logs-original", "logs-obfuscated", "logs/scaffolds"):
            shutil.copytree(self.home / "logs", self.home / name, ignore=shutil.ignore_patterns("scaffolds"))
        (self.home / "verdicts.yaml").write_text(
            '- {competition: leaf-classification, seed: 2, question: memorised, ruling: clean, note: "read in full"}\n',
            encoding="utf-8",
        )
        notebook = self.home / "notebooks" / "spaceship-titanic" / "a.py"
        notebook.parent.mkdir(parents=True)
        notebook.write_text("print('a notebook')\n", encoding="utf-8")

    def filled(self, text: str) -> str:
        """The command with what the page leaves to the reader."""
        text = text.replace("<id>", "spaceship-titanic")
        logs = sorted((self.home / "logs").glob("*.eval"))
        result = self.home / "result.zip"
        digest = hashlib.sha256(result.read_bytes()).hexdigest() if result.exists() else "none"
        for word, value in {"LOG": f"'{logs[0]}'", "D": str(self.home / "data"), "DIGEST": digest}.items():
            text = re.sub(rf"(?<=[ ]){word}(?=[ ]|$)", value, text)
        return text


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("world")
    World(home).prepare()
    return home


@pytest.fixture
def world(built: Path, tmp_path: Path, s3: str) -> World:
    """A copy of the world for each page; the bucket of the docs has the logs as well."""
    import fsspec

    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    files = fsspec.filesystem("s3")
    files.makedirs("bucket", exist_ok=True)
    files.put(str(tmp_path / "logs") + "/", "bucket/logs/", recursive=True)
    return World(tmp_path)


def runnable(page: Path) -> list[str]:
    """What is to be run of a page: commands, and programs in Python."""
    name = str(page.relative_to(ROOT))
    if name in RUN_ELSEWHERE:
        return []
    return [text for text in (*(c.text for c in shown(page)), *blocks(page, ("python",))) if reason_of(text) is None]


def _cases() -> list[Any]:
    """Each page whole, in the night; what is cheap of some for every change."""
    cases = []
    for page in PAGES:
        texts, name = runnable(page), str(page.relative_to(ROOT))
        if name in QUICK:
            cases.append(pytest.param(page, [t for t in texts if not SLOW.search(t)], id=f"{name}-cheap"))
        if texts:
            marks = [pytest.mark.nightly, *([pytest.mark.docker] if any(map(DOCKER.search, texts)) else [])]
            cases.append(pytest.param(page, texts, id=f"{name}-whole", marks=marks))
    return cases


@pytest.mark.parametrize(("page", "texts"), _cases())
def test_commands_do_their_work(page: Path, texts: list[str], world: World) -> None:
    failed = []
    python = set(blocks(page, ("python",)))
    for text in texts:
        done = world.run(f"python - <<'END'\n{text}\nEND" if text in python else world.filled(text))
        if done.returncode not in (0, *MAY_END_WITH.get(text, ())):
            failed.append(f"{text}\n  ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
    assert not failed, "\n".join(failed)
