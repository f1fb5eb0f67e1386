"""Every option of tasks, agents and commands, given one wrong value: one line that names it, and no traceback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_type_hints

import click
import pytest
from click.testing import CliRunner
from inspect_ai._util.error import PrerequisiteError

import mlebench_inspect._registry as registry
from mlebench_inspect import cli
from mlebench_inspect.benchmark import ELSEWHERE, TASKS, benchmark
from mlebench_inspect.options import OptionError, checked, form_of

NAMES = (
    *("aide", "baseline", "claude_code", "codex", "dummy", "gemini_cli", "mini_swe_agent", "mlab", "opencode"),
    *("openhands", "react", "search"),
)
AGENTS = [getattr(registry, name) for name in NAMES]
WRONG = ("abc", {"a": [1]}, -1, "1", "true")


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    hints = get_type_hints(function, include_extras=True)
    return {name: hint for name, hint in hints.items() if name != "return"}


def refused(flag: str, name: str, hint: Any) -> list[Any]:
    """Those of the wrong values that an option does not take."""
    return [value for value in WRONG if answer(flag, name, hint, value)]


def answer(flag: str, name: str, hint: Any, value: Any) -> str | None:
    """What is said of a value that is refused."""
    try:
        checked(flag, {name: hint}, {name: value}, {})
    except OptionError as ex:
        return str(ex)
    return None


@pytest.mark.parametrize("name", hints_of(benchmark))
def test_an_option_of_a_task_names_its_form(name: str) -> None:
    hint = hints_of(benchmark)[name]
    (wrong, *_) = refused("-T", name, hint)
    assert answer("-T", name, hint, wrong) == f"-T {name}={wrong} must be {form_of(hint)}"
    if name == "split":
        return  # is no option of a task
    with pytest.raises(PrerequisiteError) as raised:
        TASKS["all"](**{name: wrong})
    assert f"-T {name}=" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("agent", AGENTS, ids=lambda a: a.__name__)
def test_an_option_of_an_agent_names_its_form(agent: Callable[..., Any]) -> None:
    for name, hint in hints_of(agent).items():
        (wrong, *_) = refused("-S", name, hint)
        with pytest.raises(PrerequisiteError, match=f"-S {name}=.* must be"):
            agent(**{name: wrong})
    with pytest.raises(PrerequisiteError, match="no option -S stepps"):
        agent(stepps=1)


def test_a_misspelt_option_is_answered_with_the_nearest() -> None:
    with pytest.raises(PrerequisiteError, match="no option -T hardwar; did you mean hardware"):
        TASKS["lite"](hardwar="lite")


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_option_of_another_package_is_answered_with_ours(name: str) -> None:
    with pytest.raises(PrerequisiteError, match=f"no option -T {name} here; "):
        TASKS["lite"](**{name: "x"})


def test_values_are_read_as_they_are_meant() -> None:
    given = {"user": 1000, "gpus": "all", "cpus": "2", "memory": "4g", "competitions": "a,b", "shm_size": None}
    taken = checked("-T", hints_of(benchmark), given, {})
    assert taken == given | {"user": "1000", "cpus": 2.0}
    assert checked("-S", {"steps": int}, {"steps": "1e9"}, {}) == {"steps": 10**9}


def test_a_refused_value_is_shown_as_it_was_typed() -> None:
    assert answer("-S", "steps", int, None) == "-S steps=null must be a whole number"
    assert answer("-S", "steps", Literal["a"], True) == "-S steps=true must be one of a"


def commands() -> list[tuple[str, click.Command]]:
    return list(cli.cli.commands.items())


def wrong_value(parameter: click.Parameter) -> str | None:
    """A value that a command's option or argument does not take; None where any text will do."""
    kind = parameter.type
    if isinstance(kind, click.Path):
        return __file__ if not kind.file_okay else "/no/such/file" if kind.exists else None
    if isinstance(kind, click.types.FloatParamType):
        return "nan"
    is_text = isinstance(kind, click.types.StringParamType | click.types.UnprocessedParamType)
    return None if is_text or isinstance(kind, click.types.BoolParamType) else "no such value"


@pytest.mark.parametrize(
    ("name", "parameter"),
    [(n, p) for n, c in commands() for p in c.params if isinstance(p, click.Option) and wrong_value(p)],
    ids=lambda v: v if isinstance(v, str) else v.name,
)
def test_a_wrong_value_of_a_command_ends_in_one_line(
    name: str, parameter: click.Option, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = cli.cli.commands[name]
    needed = ["x" for p in command.params if isinstance(p, click.Argument) and p.required]
    wrong = wrong_value(parameter)
    monkeypatch.setattr("sys.argv", ["mlebench-inspect", name, parameter.opts[0], str(wrong), *needed])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert parameter.opts[0] in line
    assert str(wrong) in line


@pytest.mark.parametrize("name", [n for n, _ in commands()])
def test_an_unknown_option_of_a_command_ends_in_one_line(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["mlebench-inspect", name, "--no-such-option"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert line.startswith(f"mlebench-inspect {name}: No such option")


def test_help_names_every_command() -> None:
    text = CliRunner().invoke(cli.cli, ["--help"]).output
    assert all(name in text for name, _ in commands())
