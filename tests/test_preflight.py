"""What is looked at before a run begins: one line with the mend, and nothing is started or made."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest

from fake_docker import FakeDocker, engine_info, put_on_path
from logs import graded
from mlebench_inspect._inspect import CommandLine
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.reporting.closing import closing_words
from mlebench_inspect.reporting.records import Result
from mlebench_inspect.run.estimate import estimate
from mlebench_inspect.sandboxes.compose import SandboxSettings

ID = "spaceship-titanic"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    monkeypatch.setenv("MLEBENCH_DATA_DIR", str(tmp_path / "data"))
    return put_on_path(tmp_path, monkeypatch)


@contextmanager
def typed(**options: Any) -> Iterator[None]:
    """As within `inspect eval` with these options."""
    context = click.Context(click.Command("eval"), info_name="eval")
    context.params = options
    with context:
        yield


def refusal(options: dict[str, Any] | None = None, **given: Any) -> str:
    """What is said, in one line, of a task with the options `given`, by a command with `options`."""
    with typed(**(options or {"solver": "mlebench_inspect/baseline"})), pytest.raises(click.ClickException) as raised:
        TASKS[ID](data="miniature", **given)
    assert raised.value.exit_code == 2
    assert "\n" not in raised.value.message
    return raised.value.message


def test_an_image_that_is_not_built_is_named_with_the_command(docker: FakeDocker, tmp_path: Path) -> None:
    docker.answers(images="none")
    assert refusal() == (
        "the image mlebench-inspect-light is not built; run: mlebench-inspect build light (or give -T build=true)"
    )
    assert "docker pull my/image" in refusal(image="my/image")
    misspelt = refusal(image="mlebench-inspect-aid")
    assert "docker pull" not in misspelt
    assert "mlebench-inspect-aide" in misspelt
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("given", "engine", "told", "mend"),
    [
        (
            {"gpus": 1, "gpu_ids": 0},
            'could not select device driver "" with capabilities: [[gpu]]',
            '--gpus "device=0"',
            "Toolkit",
        ),
        ({"user": "nob"}, "unable to find user nob: no matching entries in passwd file", "--user nob", "user=UID"),
        ({"network": "net"}, "network net not found", "--network net", "docker network ls"),
        ({"runtime": "runsc"}, "unknown or invalid runtime name: runsc", "--runtime runsc", "engine's settings"),
    ],
)
def test_what_the_engine_cannot_start_is_told_with_the_mend(
    docker: FakeDocker, given: dict[str, Any], engine: str, told: str, mend: str
) -> None:
    docker.answers(run=(125, f"docker: Error response from daemon: {engine}\n\nRun 'docker run --help' for more"))
    said = refusal(**given)
    assert told in said
    assert f"({engine.rstrip(':')})" in said
    assert mend in said
    assert "Run 'docker" not in said


def test_a_plain_run_starts_no_trial_container(docker: FakeDocker, prepared: Any) -> None:
    with typed(solver="mlebench_inspect/baseline", model="none"):
        TASKS[ID](data="miniature")
    assert not [call for call in docker.calls() if call.startswith("run")]


def test_hardware_of_the_paper_says_what_it_needs(docker: FakeDocker) -> None:
    said = refusal(hardware="paper")
    assert "36 CPUs" in said
    assert "440 GB" in said


def test_an_engine_that_does_not_answer(docker: FakeDocker) -> None:
    docker.runs("echo Cannot connect >&2; exit 1")
    assert "the Docker engine does not answer (Cannot connect)" in refusal()


def test_podman_in_docker_s_place_is_named_with_its_own_provider(docker: FakeDocker) -> None:
    docker.answers(engine_info(ServerVersion="5.4.2", ProductLicense="Apache-2.0"))
    assert "give -T sandbox=podman" in refusal()


@pytest.mark.parametrize("solver", [None, "mlebench_inspect/react", "mlebench_inspect/aide", "mlebench_inspect/mlab"])
def test_an_agent_without_a_model(docker: FakeDocker, solver: str | None) -> None:
    said = refusal({"solver": solver, "model": "none"})
    assert said.startswith(f"{(solver or 'react').rpartition('/')[2]} acts through a model, and --model none is none")


@pytest.mark.parametrize(
    ("solver", "role", "mend"),
    [
        (None, "jugde", "it has no roles: leave the option away"),
        ("mlebench_inspect/search", "reviewer", "its roles are draft or debug or review"),
        ("mlebench_inspect/aide", "review", "its roles are feedback"),
    ],
)
def test_a_role_that_nobody_asks_for_is_refused(docker: FakeDocker, solver: str | None, role: str, mend: str) -> None:
    given = {"solver": solver, "model": "openai/x", "model_role": ("judge=openai/y", f"{role}=openai/z")}
    assert mend in refusal(given)
    assert repr(role) in refusal(given)


@pytest.mark.parametrize(
    ("agent", "layer"),
    [
        ("mini_swe_agent", "mini-swe-agent"),
        ("claude_code", "claude-code"),
        ("codex", "codex"),
        ("gemini_cli", "gemini-cli"),
        ("opencode", "opencode"),
    ],
)
def test_a_scaffold_that_is_not_in_the_image(docker: FakeDocker, agent: str, layer: str) -> None:
    docker.answers(run=(1, ""))
    said = refusal({"solver": f"mlebench_inspect/{agent}", "model": "openai/gpt-5"})
    assert said == (
        f"{agent} is not in the image mlebench-inspect-light; run: mlebench-inspect build {layer} "
        f"(and give -T image=mlebench-inspect-{layer})"
    )


def test_packages_of_this_host(docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install 'mlebench-inspect[k8s]'" in refusal(sandbox="k8s")
    for solver, lacking in {
        "mlebench_inspect/mini_swe_agent": "mini_swe_agent needs inspect_swe",
        "mlebench_inspect/codex": "codex needs inspect_swe",
        "mlebench_inspect/claude_code": "claude_code needs inspect_swe and anthropic",
        "mlebench_inspect/gemini_cli": "gemini_cli needs inspect_swe and google.genai and websockets",
        "mlebench_inspect/opencode": "opencode needs inspect_swe and anthropic",
        "inspect_swe/codex_cli": "codex_cli needs inspect_swe",
        "inspect_swe/claude_code": "claude_code needs inspect_swe and anthropic",
        "inspect_swe/gemini_cli": "gemini_cli needs inspect_swe and google.genai and websockets",
    }.items():
        said = refusal({"solver": solver, "model": "openai/gpt-5"})
        assert said.startswith(lacking)
        assert said.endswith("run: pip install 'mlebench-inspect[scaffolds]'")


@pytest.mark.parametrize(
    ("solver", "tag"),
    [
        (None, "react"),
        ("mlebench_inspect/baseline", "baseline"),
        ("inspect_swe/codex", "codex"),
        ("a/b.py@mine", "mine"),
    ],
)
def test_a_tag_tells_runs_of_two_solvers_apart(docker: FakeDocker, solver: str | None, tag: str) -> None:
    with typed(solver=solver, model="openai/gpt-5"):
        assert TASKS[ID](data="miniature").tags == [f"{tag} miniature"]
        assert TASKS[ID](data="miniature", revision="v2").tags == [f"{tag} miniature v2"]
    assert TASKS[ID](data="miniature").tags == ["miniature"]


def test_an_estimate_of_a_long_run() -> None:
    settings = SandboxSettings(memory="64g")
    told = estimate(75, CommandLine("eval", epochs=3), settings, 9, 86400)
    assert told == (
        "225 samples (75 competitions x 3 seeds) of at most 24 hours, 9 at once: at most 25 days in all, "
        "with up to 9 x 100g of disk for sandboxes"
    )
    assert estimate(1, CommandLine("eval", time_limit=600), settings, 1, 86400) is None


def result(status: Any = "unscored", reason: str | None = "setup_failed", cause: str | None = "no image") -> Result:
    return Result(ID, 1, status, graded(ID, "x") if status == "scored" else None, reason, cause)


def test_the_last_words_of_a_run() -> None:
    alike = closing_words([result(), result()], "LOG")
    assert alike == (
        "2 of 2 samples have no score, all for the same reason (setup_failed: no image); the figures of this run say "
        "nothing; mend that, then run: inspect eval-retry LOG"
    )
    mixed = closing_words([result(), result(reason="unreachable"), result("scored", None, None)], "LOG")
    assert mixed == (
        "2 of 3 samples have no score (setup_failed 1, unreachable 1); mend that, then run: inspect eval-retry LOG"
    )
    kept = closing_words([result(reason="grader_failed"), result(reason="answers_missing")], "LOG")
    assert kept == (
        "2 of 2 samples have no score (grader_failed 1, answers_missing 1); mend that, then run: inspect score LOG "
        "--scorer mlebench_inspect/mlebench --action overwrite --overwrite"
    )
    crashed = [result("scored", "agent_crashed", "KeyError('x')")] * 2
    assert closing_words(crashed, "LOG") == (
        "all 2 samples ended without a valid submission, alike (agent_crashed: KeyError('x'))"
    )
    assert closing_words([result("scored", None, None)], "LOG") is None
