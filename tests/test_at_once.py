"""How many samples run at once, what each gets of the engine, and that Inspect keeps to it."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import anyio
import click
import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import SandboxEnvironmentSpec, sandboxenv, subprocess

from fake_docker import FakeDocker, engine_info, put_on_path
from mlebench_inspect import _inspect
from mlebench_inspect._inspect import (
    CommandLine,
    command_line,
    command_slots,
    init_alike_once,
    limit_sandboxes,
    raise_command_slots,
)
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.run.at_once import GIB, LEAST, LEAST_ON_MINIATURES, Division, TooMany, share_out, words
from mlebench_inspect.sandboxes.compose import SandboxSettings, docker_config, size_in_bytes
from mlebench_inspect.sandboxes.engine import Machine

ENGINE = Machine(8, 32 * GIB, is_engine=True)


def divided(
    typed: CommandLine | None = None,
    *,
    preset: str = "default",
    has: Machine = ENGINE,
    competitions: int = 22,
    at_once: int | None = None,
    gpus_suffice: int | None = None,
    miniatures: bool = False,
    **changes: Any,
) -> Division:
    settings = partial(SandboxSettings.preset, preset, **changes)
    typed = typed or CommandLine("eval")
    least = LEAST_ON_MINIATURES if miniatures else LEAST[preset]
    return share_out(least, settings, has, competitions, typed, at_once=at_once, gpus_suffice=gpus_suffice)


def given(found: Division) -> tuple[int, float | None, str | None]:
    return found.at_once, found.settings.cpus, found.settings.memory


@pytest.mark.parametrize(
    ("typed", "options", "expected"),
    [
        (CommandLine("eval", max_samples=8), {}, (8, 1.0, "2g")),
        (CommandLine("eval", max_samples=8, max_sandboxes=4), {}, (4, 2.0, "4g")),
        (CommandLine("eval", max_connections=4), {}, (4, 2.0, "4g")),
        (CommandLine("eval", max_samples=8), {"competitions": 1}, (1, 8.0, "16g")),
        (CommandLine("eval", max_samples=8, epochs=3), {"competitions": 1}, (3, 2.66, "5461m")),
        (CommandLine("eval-set", tasks_at_once=2), {"competitions": 1}, (2, 4.0, "8g")),
        (CommandLine("eval-set", max_samples=2, tasks_at_once=4), {}, (8, 1.0, "2g")),
        (CommandLine("eval"), {}, (2, 4.0, "8g")),
        (CommandLine("eval"), {"competitions": 1}, (1, 8.0, "16g")),
        (CommandLine("eval"), {"preset": "lite"}, (10, 0.8, "3276m")),
        (CommandLine("eval"), {"miniatures": True}, (10, 0.8, "1638m")),
        (CommandLine("eval"), {"cpus": 2}, (2, 2.0, "8g")),
        (CommandLine("eval"), {"cpus": 2, "memory": "2g"}, (4, 2.0, "2g")),
        (CommandLine("eval"), {"memory": "20g"}, (1, 8.0, "20g")),
        (CommandLine("eval"), {"compose_overrides": {"cpus": 8}}, (1, 8.0, "16g")),
        (CommandLine("eval", max_samples=2), {"at_once": 4}, (4, 2.0, "4g")),
        (CommandLine("eval"), {"gpus_suffice": 1}, (1, 8.0, "16g")),
        (CommandLine("eval", max_samples=8), {"gpus_suffice": 4}, (4, 2.0, "4g")),
    ],
)
def test_each_gets_its_part(typed: CommandLine, options: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert given(divided(typed, **options)) == expected


def test_together_they_never_have_more_than_the_engine() -> None:
    chance = random.Random(1)
    for _ in range(300):
        has = Machine(chance.choice([1, 2, 3, 7, 64, 192]), chance.randrange(GIB, 2000 * GIB), is_engine=True)
        typed = CommandLine("eval", max_samples=chance.choice([None, 1, 3, 50]), epochs=chance.choice([1, 3]))
        changes: dict[str, Any] = {"cpus": chance.choice([None, 1, 2.5]), "memory": chance.choice([None, "1g", "900m"])}
        preset = chance.choice(["default", "lite"])
        try:
            found = divided(typed, preset=preset, has=has, competitions=chance.choice([1, 22, 75]), **changes)
        except TooMany:
            continue
        if found.at_once > 1:
            assert found.at_once * (found.settings.cpus or 0) <= has.cpus + 1e-6
            assert found.at_once * size_in_bytes(found.settings.memory or "0") <= has.memory


@pytest.mark.parametrize(
    ("typed", "changes", "mend"),
    [
        (4, {"cpus": 4}, "4 samples at once with 4 CPUs, 4g memory, no GPU each do not fit"),
        (4, {"cpus": 4}, "give --max-samples 2"),
        (8, {"memory": "8g"}, "give --max-samples 4"),
        (22, {"compose_overrides": {"mem_limit": "31g"}}, "give --max-samples 1"),
    ],
)
def test_more_than_the_engine_has_is_refused(typed: int, changes: dict[str, Any], mend: str) -> None:
    with pytest.raises(TooMany, match=mend):
        divided(CommandLine("eval", max_samples=typed), **changes)


def test_next_to_nothing_is_refused() -> None:
    with pytest.raises(TooMany, match="give --max-samples 16"):
        divided(CommandLine("eval", max_samples=75), competitions=75, has=Machine(2, 8 * GIB, is_engine=True))


def test_one_line_tells_it() -> None:
    assert words(divided(CommandLine("eval", max_samples=8)), ENGINE) == (
        "8 samples at once, each with 1 CPUs, 2g memory, no GPU (the Docker engine has 8 CPUs, 32.0 GiB)"
    )
    assert str(words(divided(), ENGINE)).endswith("; for more, with less for each: --max-samples N")
    assert str(words(divided(gpus_suffice=1), ENGINE)).endswith("; there are GPUs for no more")
    assert str(words(divided(cpus=8, memory="30g"), ENGINE)).endswith("; no more have room")
    assert words(divided(competitions=1), ENGINE) is None
    assert words(divided(CommandLine("eval", max_samples=1)), ENGINE) is None


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    fake = put_on_path(tmp_path, monkeypatch)
    fake.answers(engine_info(NCPU=16, MemTotal=64 * GIB))
    return fake


def built(capsys: pytest.CaptureFixture[str], typed: dict[str, Any], **options: Any) -> tuple[Task, str]:
    context = click.Context(click.Command("eval"), info_name="eval")
    context.params = {"solver": "mlebench_inspect/baseline", "model": "none", "limit": 4, **typed}
    with context:
        task = TASKS["dev"](data="miniature", **options)
    return task, capsys.readouterr().err


def test_what_a_user_types(docker: FakeDocker, capsys: pytest.CaptureFixture[str]) -> None:
    task, told = built(capsys, {"max_samples": 4})
    assert "mlebench_inspect: 4 samples at once, each with 4 CPUs, 8g memory" in told
    about = task.metadata or {}
    assert about["at_once"] == 4
    assert about["settings"]["cpus"] == 4
    assert about["hardware"] == (task.dataset[0].metadata or {})["hardware"] == "4 CPUs, 8g memory, no GPU"
    task, told = built(capsys, {"max_samples": 4, "epochs": 1, "limit": 1})
    assert "each with" not in told
    assert (task.metadata or {})["settings"]["cpus"] == 16
    with pytest.raises(click.ClickException, match="2 samples at once"):
        built(capsys, {"max_samples": 2}, cpus=9)


@pytest.mark.parametrize(
    ("command", "given", "number"),
    [
        ("eval", {"tasks": ("a", "b")}, 1),
        ("eval", {"tasks": ("a", "b"), "max_tasks": 5}, 2),
        ("eval", {"tasks": ("a",), "model": "m/1,m/2"}, 2),
        ("eval-set", {"tasks": tuple("abc")}, 3),
        ("eval-set", {"tasks": tuple("abcdefghijkl")}, 10),
        ("eval-set", {"tasks": tuple("abc"), "max_tasks": 2}, 2),
    ],
)
def test_tasks_that_run_at_once(command: str, given: dict[str, Any], number: int) -> None:
    context = click.Context(click.Command(command), info_name=command)
    context.params = given
    with context:
        assert command_line().tasks_at_once == number


class Counted(_inspect._NoDocker):
    """In Docker's place: a sandbox that only counts how many there are."""

    now = most = 0

    @classmethod
    async def sample_init(cls, *args: Any, **options: Any) -> Any:
        from inspect_ai.util._sandbox.local import LocalSandboxEnvironment

        Counted.now += 1
        Counted.most = max(Counted.most, Counted.now)
        return await LocalSandboxEnvironment.sample_init("", None, {})

    @classmethod
    async def sample_cleanup(cls, *args: Any, **options: Any) -> None:
        Counted.now -= 1

    @classmethod
    def default_concurrency(cls) -> int | None:
        return 50


@solver
def works(beside: int = 0) -> Solver:
    """Waits until so many are at work, and for a moment in which there may be more."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        with anyio.fail_after(120):
            while Counted.most < beside:
                await anyio.sleep(0.01)
        await anyio.sleep(0.3 if beside else 0)
        return state

    return solve


def test_inspect_keeps_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandboxenv(name="counted")(Counted)
    monkeypatch.setattr(_inspect, "docker_sandbox", lambda: Counted)
    monkeypatch.setattr(_inspect, "_AT_ONCE", WeakKeyDictionary())  # without the tasks of other tests

    def most(expected: int, **options: Any) -> int:
        task = Task([Sample(id=str(i), input="x", sandbox="counted") for i in range(8)], solver=works(expected))
        assert limit_sandboxes(task, 3)
        Counted.most = 0
        (log,) = inspect_eval(task, model=None, log_dir=str(tmp_path), display="none", max_samples=8, **options)
        assert log.status == "success", log.error
        return Counted.most

    assert most(3) == 3
    assert most(2, max_sandboxes=2) == 2


def test_images_are_looked_at_once_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inits: list[str] = []

    class Base(Counted):
        @classmethod
        async def task_init(cls, task_name: str, config: Any) -> None:
            inits.append(config.services["default"].image)

    sandboxenv(name="initialised")(Base)
    monkeypatch.setattr(_inspect, "docker_sandbox", lambda: Base)
    assert init_alike_once()
    assert init_alike_once()

    def sample(number: int, image: str) -> Sample:
        config = docker_config(SandboxSettings(image=image, cpus=1), Path(f"/{number}"))
        return Sample(id=str(number), input="x", sandbox=SandboxEnvironmentSpec("initialised", config))

    for _ in range(2):
        inits.clear()
        samples = [sample(i, "two" if i == 3 else "one") for i in range(5)]
        (log,) = inspect_eval(Task(samples, solver=works()), model=None, log_dir=str(tmp_path), display="none")
        assert log.status == "success", log.error
        assert sorted(inits) == ["one", "two"]


def test_a_limit_goes_with_its_task(monkeypatch: pytest.MonkeyPatch) -> None:
    class Base(_inspect._NoDocker):
        @classmethod
        def default_concurrency(cls) -> int | None:
            return 8

    class Built(Base):
        pass

    monkeypatch.setattr(_inspect, "docker_sandbox", lambda: Base)
    monkeypatch.setattr(_inspect, "_AT_ONCE", WeakKeyDictionary())
    first, second = Task(), Task()
    limit_sandboxes(first, 20)
    assert Built.default_concurrency() == 20
    limit_sandboxes(second, 3)
    assert Built.default_concurrency() == 3
    del second
    assert Built.default_concurrency() == 20
    del first
    assert Built.default_concurrency() == 8


@pytest.mark.parametrize(("typed", "expected"), [(None, 64), (3, 3)])
def test_agents_do_not_wait_for_each_others_commands(
    typed: int | None, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INSPECT_DOCKER_CLI_CONCURRENCY", raising=False)
    seen: list[int | None] = []

    @solver
    def looks() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            await subprocess(["true"])
            raise_command_slots(64, typed)
            raise_command_slots(8, typed)  # never fewer
            seen.append(command_slots())
            return state

        return solve

    task = Task([Sample(id="a", input="x")], solver=looks())
    (log,) = inspect_eval(task, model=None, log_dir=str(tmp_path), display="none", max_subprocesses=3)
    assert log.status == "success", log.error
    assert seen == [expected]
