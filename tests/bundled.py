"""A real run of everything that a bundle must bear, and bundles made of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.log import read_eval_log, write_eval_log
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox, store_as

from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.bundles.container import Container, Writer
from mlebench_inspect.bundles.making import Made, make
from mlebench_inspect.bundles.plain_data import as_json
from mlebench_inspect.bundles.schema import MANIFEST
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.run.snapshots import SnapshotRecord
from mlebench_inspect.run.validation import Validation, check_submission
from mlebench_inspect.sandboxes.local import Local
from mlebench_inspect.sandboxes.providers import PROVIDERS

VALID, INVALID, NONE = "leaf-classification", "random-acts-of-pizza", "spaceship-titanic"
NEVER = "nomad2018-predict-transparent-conductors"
"""Its setup fails, so it has no score; its second seed is not in the log at all."""
COPY = "cp data/sample*ubmission.csv submission/submission.csv; echo pass > code/solve.py"


class _Picky(Local):
    def setup(self, public: str | Path, description: Path | None = None) -> str | None:
        return "#!/bin/sh\nexit 1\n" if "nomad" in str(public) else super().setup(public)  # type: ignore[arg-type]


@solver
def agent() -> Solver:
    """Submits, asks for validity and waits for a snapshot; then spoils some."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if state.sample_id == NONE:
            return state
        await sandbox().exec(["sh", "-c", COPY])
        await check_submission(store_as(Validation))
        with anyio.fail_after(120):
            while not state.store_as(SnapshotRecord).snapshots:
                await anyio.sleep(0.05)
        if state.sample_id == INVALID:
            await sandbox().exec(["sh", "-c", "echo a,b > submission/submission.csv"])
            await check_submission(store_as(Validation))
        return state

    return solve


def run_all(folder: Path) -> Path:
    """Runs four competitions in two seeds; returns the folder of logs. The data lies in `folder/data`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROVIDERS, "local", _Picky())
        task = TASKS["all"](
            competitions=",".join((VALID, INVALID, NONE, NEVER)),
            data="miniature",
            sandbox="local",
            hardware="lite",
            data_dir=str(folder / "data"),
            snapshot_every=0.5,
        )
        options: dict[str, Any] = {"display": "none", "max_samples": 1, "fail_on_error": False}
        (log,) = inspect_eval(task, model=None, solver=agent(), epochs=2, log_dir=str(folder / "logs"), **options)
    log = read_eval_log(log.location)
    assert log.samples
    log.samples = [s for s in log.samples if (s.id, s.epoch) != (NEVER, 2)]
    write_eval_log(log, log.location)
    return folder / "logs"


def copied(logs: Path, folder: Path) -> Path:
    """The logs with all that lies beside them, elsewhere."""
    return Path(shutil.copytree(logs, folder / "logs"))


def bundle(logs: Path, output: Path, **options: Any) -> Made:
    """A bundle of logs."""
    return make(read_results([logs]), str(output), **options)


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of logs; beside it lies the data."""
    return run_all(tmp_path_factory.mktemp("bundled"))


@pytest.fixture(scope="session")
def result(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of them."""
    file = tmp_path_factory.mktemp("bundle") / "result.zip"
    bundle(logs, file)
    return file


Change = Callable[[Any], Any]


def forged(file: Path, output: Path, changes: Mapping[str, Change | bytes | None]) -> Path:
    """A bundle with other members that is whole again: its maker lies, but knows the format.

    Args:
        file: A bundle.
        output: Where to write the other.
        changes: By name: a function of the JSON value, other bytes, or None for a member that goes.
    """
    container = Container(file)
    names = [n for n in container.entries if n != MANIFEST]
    with open(output, "x+b") as out:
        writer = Writer(out)
        for name in [*names, *(n for n in changes if n not in names and n != MANIFEST)]:
            content = container.read(name, 1 << 30) if name in names else b""
            changed = changes.get(name, content)
            if callable(changed):
                changed = as_json(changed(json.loads(content)))
            if changed is not None:
                writer.add(name, changed)
        members = [{"name": e.name, "size": e.size, "sha256": e.sha256} for e in writer.entries]
        manifest = {**json.loads(container.read(MANIFEST, 1 << 30)), "members": members}
        last = changes.get(MANIFEST, lambda value: value)
        writer.add(MANIFEST, last if isinstance(last, bytes) else as_json(last(manifest)))  # type: ignore[misc]
        writer.close()
    return output


def with_value(*path: str | int, value: Any) -> Change:
    """A change that sets one value within JSON."""

    def change(found: Any) -> Any:
        inner = found
        for key in path[:-1]:
            inner = inner[key]
        assert inner[path[-1]] != value
        inner[path[-1]] = value
        return found

    return change
