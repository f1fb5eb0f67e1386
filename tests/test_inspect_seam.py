"""The seam to Inspect's private interfaces: they are there and mean what we take them for, and a fallback where not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import GenerateConfig, Model, ModelOutput, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolCall
from inspect_ai.util import sandbox_service

from mlebench_inspect import _inspect
from mlebench_inspect._inspect import CommandLine

PRIVATE = (
    "inspect_ai.log._samples",
    "inspect_ai.util._subprocess",
    "inspect_ai._util.error",
    "inspect_ai.util._sandbox.local",
    "inspect_ai.util._sandbox.service",
    "inspect_ai._util.file",
    "inspect_ai._eval.task.util",
)


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Inspect had none of its private modules."""
    for name in PRIVATE:
        monkeypatch.setitem(sys.modules, name, None)


def inside(look: Any, tmp_path: Path, **options: Any) -> Any:
    """What `look` sees within a running sample."""
    seen: list[Any] = []

    @solver
    def looks() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            seen.append(await look())
            return state

        return solve

    task = Task(dataset=[Sample(id="a", input="x")], solver=looks(), **options)
    (log,) = inspect_eval(task, model=None, log_dir=str(tmp_path), display="none")
    assert log.status == "success", log.error
    return seen[0], log


def test_the_running_evaluation(tmp_path: Path) -> None:
    async def look() -> Any:
        return _inspect.running()

    found, log = inside(look, tmp_path)
    assert (found.eval_id, found.log_location) == (log.eval.eval_id, log.location)
    assert _inspect.running() is None


def test_command_slots(tmp_path: Path) -> None:
    async def look() -> Any:
        return _inspect.command_slots()

    assert inside(look, tmp_path)[0] > 0


def test_the_sandbox_that_really_runs(tmp_path: Path) -> None:
    assert inside(_inspect.sandbox_in_use, tmp_path, sandbox="local")[0] == ("local", "")


@pytest.mark.parametrize("call", ["generate", "compact"])
def test_a_request_to_a_model_can_be_refused(call: str, tmp_path: Path) -> None:
    class Refused(Exception):
        pass

    async def look() -> Any:
        def check(model: Model) -> None:
            raise Refused(str(model))

        model = get_model("mockllm/model")
        assert _inspect.check_model_calls(check)
        arguments: list[Any] = ["hi"] if call == "generate" else [[], []]
        with pytest.raises(Refused, match="mockllm/model"):
            await getattr(model, call)(*arguments)
        return True

    assert inside(look, tmp_path)[0]
    assert not _inspect.check_model_calls(lambda model: None)


@pytest.mark.anyio
async def test_answers_are_had_without_half_characters() -> None:
    half = "a\ud800b"
    call = ToolCall(id="1", function=half, arguments={half: [half]})
    output = ModelOutput.from_content("m", half)
    output.message.tool_calls = [call]
    model = get_model("mockllm/model", custom_outputs=lambda *given: output, memoize=False)
    for _ in range(2):
        _inspect.mend_answers(model)
    assert model.api.should_retry(UnicodeDecodeError("utf-8", b"", 0, 1, "no UTF-8"))
    assert not model.api.should_retry(ValueError("wrong"))
    given = await model.api.generate([], [], "auto", GenerateConfig())
    assert isinstance(given, tuple)
    answer, sent = given
    assert isinstance(answer, ModelOutput)
    assert "a\ufffdb" in sent.model_dump_json()
    assert answer.completion == "a\ufffdb"
    assert answer.message.tool_calls == [ToolCall(id="1", function="a\ufffdb", arguments={"a\ufffdb": ["a\ufffdb"]})]


def test_room_can_be_made_before_a_service_starts(tmp_path: Path) -> None:
    made: list[tuple[str, str | None]] = []

    async def look() -> Any:
        async def make_room(name: str, user: str | None) -> None:
            made.append((name, user))

        class Nowhere:
            def default_polling_interval(self) -> float:
                return 1.0

        assert _inspect.before_each_service(make_room)
        with pytest.raises(Exception, match="exec"):  # it goes on, but there is no sandbox
            await sandbox_service("mine", [], lambda: True, Nowhere(), user="root", requires_python=False)  # type: ignore[call-overload]
        return True

    assert inside(look, tmp_path)[0]
    assert made == [("mine", "root")]


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        (CommandLine(), "abc"),
        (CommandLine(limit=2), "ab"),
        (CommandLine(limit=(1, 3)), "bc"),
        (CommandLine(sample_id=["[bc]"]), "bc"),
        (CommandLine(sample_id=["a", "c"]), "ac"),
    ],
)
def test_selected_samples(typed: CommandLine, left: str) -> None:
    found = _inspect.selected(MemoryDataset([Sample(id=i, input="x") for i in "abc"]), typed)
    assert "".join(str(s.id) for s in found) == left


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--limit", "3"], CommandLine(limit=3)),
        (["--limit", "2-4"], CommandLine(limit=(1, 4))),
        (["--sample-id", "a,b"], CommandLine(sample_id=["a", "b"])),
        (["--sandbox", "local"], CommandLine(sandbox="local")),
        ([], CommandLine()),
    ],
)
@pytest.mark.parametrize("command", ["eval", "eval-set"])
def test_inspects_own_command_line_is_understood(
    command: str, arguments: list[str], expected: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspect_ai._cli.eval import eval_command, eval_set_command

    found = {"eval": eval_command, "eval-set": eval_set_command}[command]
    with found.make_context(command, [*arguments, "task.py"], resilient_parsing=False):
        assert _inspect.command_line() == expected._replace(command=command)
    assert _inspect.command_line() == CommandLine()


def test_a_retry_asks_for_what_the_log_was_of(tmp_path: Path) -> None:
    from inspect_ai._cli.eval import eval_retry_command

    task = Task(dataset=[Sample(id=i, input="x") for i in "abc"])
    (log,) = inspect_eval(task, model=None, sample_id=["b"], log_dir=str(tmp_path), display="none")
    with eval_retry_command.make_context("eval-retry", [log.location]):
        assert _inspect.command_line() == CommandLine("eval-retry", sample_id=["b"])
    (log,) = inspect_eval(task, model=None, epochs=2, max_samples=4, log_dir=str(tmp_path), display="none")
    with eval_retry_command.make_context("eval-retry", [log.location]):
        assert _inspect.command_line() == CommandLine("eval-retry", epochs=2, max_samples=4)
    with eval_retry_command.make_context("eval-retry", [log.location, "--max-samples", "1"]):
        assert _inspect.command_line().max_samples == 1


@pytest.mark.parametrize("place", ["{tmp}/x", "memory://seam/x"])
def test_files(tmp_path: Path, place: str) -> None:
    _moves_a_file(tmp_path, place.format(tmp=tmp_path))


def _moves_a_file(tmp_path: Path, folder: str) -> None:
    files = _inspect.filesystem(folder)
    (tmp_path / "a").write_text("1")
    files.mkdir(folder, exist_ok=True)
    files.put_file(str(tmp_path / "a"), f"{folder}/b")
    assert files.exists(f"{folder}/b")
    assert not files.exists(f"{folder}/c")
    files.get_file(f"{folder}/b", str(tmp_path / "c"))
    assert (tmp_path / "c").read_text() == "1"
    files.rm(f"{folder}/b")
    assert not files.exists(f"{folder}/b")


def test_without_the_private_modules_everything_has_a_fallback(tmp_path: Path, gone: None) -> None:
    assert _inspect.running() is None
    assert _inspect.command_slots() is None
    assert not _inspect.check_model_calls(lambda model: None)
    assert "why" in str(_inspect.prerequisite_error("why"))
    data = MemoryDataset([Sample(id=i, input="x") for i in "abc"])
    assert len(_inspect.selected(data, CommandLine(limit=1))) == 3
    _moves_a_file(tmp_path, f"{tmp_path}/plain")


def test_the_warning_about_commands_can_fail_no_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlebench_inspect.agents import dummy
    from runs import run, value

    monkeypatch.setitem(sys.modules, "inspect_ai.util._subprocess", None)
    assert value(run(tmp_path, dummy()))["valid"] == 1


def test_headers_are_there_before_the_first_sample(tmp_path: Path) -> None:
    from mlebench_inspect.run.identity import running_header

    header, log = inside(running_header, tmp_path)
    assert header.eval.dataset.sample_ids == ["a"]
    assert header.eval.task_id == read_eval_log(log.location, header_only=True).eval.task_id
