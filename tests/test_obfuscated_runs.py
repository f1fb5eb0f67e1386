"""Runs with `-T description=obfuscated`: nothing that the agent is given names the competition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlebench_inspect._inspect import prerequisite_error
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.results import read_results
from mlebench_inspect.run.descriptions import obfuscated_file
from mlebench_inspect.run.preflight import PreflightError
from mlebench_inspect.sandboxes.compose import SandboxSettings, docker_config
from mlebench_inspect.tasks import competition
from runs import run, shell

LOOK = "cat instructions.txt data/description.md; ls data; cp data/sample_submission.csv submission/submission.csv"
LOOK_IN_DOCKER = (
    "cat /home/instructions.txt /home/data/description.md; ls /home/data; touch /home/data/description.md; "
    "cp /home/data/sample_submission.csv /home/submission/submission.csv"
)
TITANIC = competition("spaceship-titanic")


def told(log: Any) -> str:
    """What the agent was told and saw."""
    (sample,) = log.samples
    return f"{sample.input}\n{sample.output.completion}".lower()


def check(log: Any) -> None:
    assert log.status == "success"
    seen = told(log)
    assert not [word for word in TITANIC.giveaways if word.lower() in seen.replace("-", " ").replace("_", " ")]
    assert TITANIC.description(obfuscated=True).strip().lower() in seen
    assert "train.csv" in seen
    assert log.samples[0].scores["mlebench"].value["valid"] == 1


def test_locally(tmp_path: Path) -> None:
    check(run(tmp_path, shell(LOOK), description="obfuscated"))


@pytest.mark.docker
def test_in_docker_with_all_data_read_only(tmp_path: Path) -> None:
    log = run(tmp_path, shell(LOOK_IN_DOCKER), sandbox="docker", description="obfuscated")
    check(log)
    assert "read-only file system" in told(log) or "permission denied" in told(log)


def test_it_is_a_setting_of_its_own(tmp_path: Path) -> None:
    """Beside a run with the original text: two rows, which tell what they are, and may not be pooled."""
    run(tmp_path, shell(LOOK))
    run(tmp_path, shell(LOOK), description="obfuscated")
    reading = read_results([tmp_path / "logs"])
    assert {row.title for row in report(reading)} == {"shell", "shell, obfuscated description"}
    with pytest.raises(ValueError, match="never pooled"):
        report(reading, pooled=["description"])


def test_a_run_with_the_original_text_has_the_identity_that_it_had(tmp_path: Path) -> None:
    assert "description" not in (run(tmp_path, shell("true")).eval.metadata or {})


def test_the_file_is_made_once_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlebench_inspect.run.descriptions.user_cache_dir", lambda name: str(tmp_path))
    path = obfuscated_file(TITANIC, "v1")
    assert path.read_text(encoding="utf-8") == TITANIC.description("v1", obfuscated=True)
    assert "titanic" not in str(path).lower()
    assert path.stat().st_mode & 0o777 == 0o644
    path.chmod(0o644)
    path.write_text("tampered", encoding="utf-8")
    assert obfuscated_file(TITANIC, "v1") == path
    assert path.read_text(encoding="utf-8") == TITANIC.description("v1", obfuscated=True)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("mlebench_inspect.run.descriptions.user_cache_dir", lambda name: str(tmp_path / "file"))
    with pytest.raises(PreflightError, match="cannot be written"):
        obfuscated_file(TITANIC, "v1")


def test_kubernetes_refuses_it() -> None:
    with pytest.raises(prerequisite_error("").__class__, match="needs the sandbox docker"):
        TASKS["spaceship-titanic"](data="miniature", sandbox="k8s", description="obfuscated")


def test_every_other_entry_is_mounted_read_only(tmp_path: Path) -> None:
    for name in ("description.md", "train.csv", "images"):
        (tmp_path / name).mkdir() if name == "images" else (tmp_path / name).write_text("")
    config = docker_config(SandboxSettings(), tmp_path, tmp_path / "other.md")
    mounts = {m.target: m for m in config.services["default"].volumes}  # type: ignore[union-attr]
    assert set(mounts) == {f"/home/data/{name}" for name in ("description.md", "train.csv", "images")}
    assert mounts["/home/data/description.md"].source == str(tmp_path / "other.md")  # type: ignore[union-attr]
    assert all(m.read_only for m in mounts.values())  # type: ignore[union-attr]


@pytest.mark.parametrize("target", ["/home/data", "/home/data/train.csv", "/home/data/../data/more"])
def test_overrides_leave_the_data_alone(target: str, tmp_path: Path) -> None:
    mount = {"type": "bind", "source": "/tmp", "target": target}
    with pytest.raises(ValueError, match="leave the data"):
        docker_config(SandboxSettings(compose_overrides={"volumes": [mount]}), tmp_path)
