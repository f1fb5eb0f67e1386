"""A task folder of the Harbor format for one prepared competition.

The agent's image holds public data alone. Answers and graders lie in the image of a verifier of its own, which Harbor
starts when the agent is done and to which it hands the submission over.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import mlebench_inspect
from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.run.instructions import TIME_PLACE, task_text, time_budget
from mlebench_inspect.sandboxes.compose import size_in_bytes
from mlebench_inspect.sandboxes.provider import GuestPaths
from mlebench_inspect.tasks import Competition

SCHEMA = "1.4"
"""Of `task.toml`; Harbor 0.26 writes this one."""
GRADING_SECONDS, GRADING_MEMORY = 1800, 8192
"""Of the verifier, in seconds and MB; 2 GiB, the largest submission that is read, are graded or refused in 6 GiB."""


class ExportError(MlebenchError, RuntimeError):
    """A task folder cannot be written. One line with the mend."""


@dataclass(frozen=True)
class Shape:
    """What the exported tasks run on."""

    image: str
    """The agent's."""
    grader_image: str
    cpus: float
    memory: str
    disk: str
    gpus: int
    seconds: float
    """That the agent has."""
    network: str
    """`no-network`, or `public` for agents that install themselves when they start."""

    def hardware(self) -> str:
        """In a line, for the agent."""
        gpus = {0: "no GPU", 1: "1 GPU"}.get(self.gpus, f"{self.gpus} GPUs")
        return f"{self.cpus:g} CPUs, {self.memory} memory, {gpus}"


def write_task(found: Competition, store: Store, folder: Path, shape: Shape) -> Path:
    """Writes the folder aside and renames it; one that is there is replaced.

    Args:
        found: The competition, prepared in `store`.
        store: Where its data lies. Files are hard-linked where that can be done, and copied elsewhere.
        folder: In which the task's folder is made, under the competition's id.
        shape: What the task runs on.

    Returns:
        The task's folder.

    Raises:
        ExportError: The data is not prepared, or the folder there is no task.
    """
    if not store.is_prepared(found):
        raise ExportError(f"{found.id} is not prepared; run: {store.prepare_command([found.typed])}")
    if found.tiers is None:
        raise ExportError(f"{found.id} has no medal tiers, which a reward is made of; write thresholds in its YAML")
    place, aside = folder / found.id, folder / f".{found.id}.{os.getpid()}"
    if place.is_symlink() or (place.exists() and not (place / "task.toml").is_file()):
        raise ExportError(f"{place} is there and is no task folder; give another --output-dir, or remove it")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        _write(found, store, aside, shape)
        if place.exists():
            shutil.rmtree(place)
        os.replace(aside, place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


def _write(found: Competition, store: Store, place: Path, shape: Shape) -> None:
    environment, tests = place / "environment", place / "tests"
    _linked(store.public(found), environment / "data")
    _linked(store.private(found), tests / "prepared/private")
    sample = tests / "prepared" / found.sample_submission  # which grading looks at too
    if not sample.exists():
        sample.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(store.prepared(found) / found.sample_submission, sample)
    _grader(found, tests / "package")
    texts = {
        place / "task.toml": _settings(found, store, shape),
        place / "instruction.md": _instruction(found, store, shape),
        environment / "Dockerfile": _ENVIRONMENT.format(image=shape.image),
        tests / "Dockerfile": _VERIFIER.format(image=shape.grader_image),
        tests / "task.json": json.dumps(
            {"competition": found.id, "revision": store.revision, "data": store.data}, indent=2
        ),
        tests / "test.sh": _TEST,
        tests / "grade_submission.py": (Path(__file__).parent / "grade_submission.py").read_text(encoding="utf-8"),
    }
    if not found.sample_submission.startswith("private"):
        seen = f"/home/data/{found.sample_submission.removeprefix('public/')}"
        texts[place / "solution/solve.sh"] = f"#!/bin/sh\ncp {seen} /home/submission/submission.csv\n"
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if file.suffix == ".sh":
            file.chmod(0o755)


_TEST = """\
#!/bin/sh
exec python3 -I /opt/grader/grade_submission.py /home/submission/submission.csv /logs/verifier
"""
_ENVIRONMENT = """\
FROM {image}
USER root
COPY data /home/data
RUN chmod -R a+rX,a-w /home/data && rm -f /home/validate_submission.sh
USER agent
"""
_VERIFIER = """\
FROM {image}
USER root
RUN mkdir -p /home/submission /logs/verifier
COPY package /opt/grader
COPY prepared /opt/grader/prepared
COPY task.json grade_submission.py /opt/grader/
COPY test.sh /tests/test.sh
"""


def _instruction(found: Competition, store: Store, shape: Shape) -> str:
    text = task_text(
        found,
        GuestPaths(),
        revision=store.revision,
        data=store.data,
        hardware=shape.hardware(),
        network="none" if shape.network == "no-network" else shape.network,
        http_check=False,
    )
    return text.replace(TIME_PLACE, time_budget(shape.seconds), 1)


def _settings(found: Competition, store: Store, shape: Shape) -> str:
    memory, disk = (size_in_bytes(size) >> 20 for size in (shape.memory, shape.disk))
    about = {
        "competition": found.id,
        "complexity": found.complexity,
        "category": found.category,
        "metric": found.metric,
        "data": store.data,
        "revision": store.revision,
        "mlebench_inspect": mlebench_inspect.__version__,
    }
    network = json.dumps(shape.network)
    return "\n".join(
        [
            f'schema_version = "{SCHEMA}"',
            'artifacts = ["/home/submission/submission.csv"]',
            "",
            "[task]",
            f"name = {json.dumps(f'mlebench/{found.id}')}",
            f"description = {json.dumps(f'MLE-bench: {found.name}')}",
            "",
            "[metadata]",
            *(f"{key} = {json.dumps(value)}" for key, value in about.items()),
            "",
            "[agent]",
            f"timeout_sec = {float(shape.seconds)}",
            "",
            "[environment]",
            f"network_mode = {network}",
            f"cpus = {shape.cpus:g}",
            f"memory_mb = {memory}",
            f"storage_mb = {disk}",
            *([f"gpus = {shape.gpus}"] if shape.gpus else []),
            'workdir = "/home/agent"',
            "",
            "[verifier]",
            'environment_mode = "separate"',
            'user = "root"',
            f"timeout_sec = {float(GRADING_SECONDS)}",
            "",
            "[verifier.environment]",
            f"memory_mb = {GRADING_MEMORY}",
            "",
        ]
    )


def _grader(found: Competition, place: Path) -> None:
    """The graders and this one competition: all that grading needs of the package, which imports no Inspect."""
    package = place / "mlebench_inspect"
    package.mkdir(parents=True)
    source = Path(mlebench_inspect.__file__)
    shutil.copy(source, package / "__init__.py")
    import mlebench_inspect.graders as graders
    import mlebench_inspect.tasks as tasks

    without = shutil.ignore_patterns("__pycache__", "raw", ".*")
    shutil.copytree(Path(graders.__file__).parent, package / "graders", ignore=without)
    catalogue = Path(tasks.__file__).parent
    for file in catalogue.glob("*.py"):
        (package / "tasks").mkdir(exist_ok=True)
        shutil.copy(file, package / "tasks" / file.name)
    shutil.copytree(catalogue / "splits", package / "tasks/splits", ignore=without)
    home = place / "own" if found.is_own else package / "tasks"
    shutil.copytree(found.folder, home / found.folder.name, symlinks=True, ignore=without)


def _linked(source: Path, target: Path) -> None:
    """A copy of a folder by hard links, or by bytes where these lie on another disk; links are not followed."""

    def put(here: str, there: str) -> str:
        try:
            os.link(here, there, follow_symlinks=False)
        except OSError:
            shutil.copy2(here, there, follow_symlinks=False)
        return there

    shutil.copytree(source, target, symlinks=True, copy_function=put)
