"""Whole runs by providers of which only the name is known: what any of Inspect's can do suffices."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog
from inspect_ai.util import SandboxEnvironment
from ways import EVERY_WAY, options_of

import cloudlike
from agents.scripted import calls, scripted, turn
from mlebench_inspect.agents import baseline, react
from mlebench_inspect.sandboxes import bringing, packing
from runs import run, score, shell, value

pytestmark = pytest.mark.docker
SUBMISSION = "/home/submission/submission.csv"
NEWER = "cp /home/data/sample_submission.csv /home/submission/submission.csv"
# Where nobody but the agent's user can be had, that one must be able to make the data's folder
OWN = {
    "services": {
        "default": {
            "image": "mlebench-inspect-light",
            "command": "sleep infinity",
            "tmpfs": ["/home/data:uid=1000,mode=755"],
        }
    }
}
PROVIDERS: dict[str, dict[str, Any]] = {
    "nousers": {"sandbox": "nousers", "compose_overrides": {"tmpfs": ["/home/data:uid=1000,mode=755"]}},
    "asroot": {"sandbox": "asroot"},
}


def apart(log: EvalLog) -> dict[str, Any]:
    assert log.samples
    found = log.samples[0].store["Environment:apart"]
    assert isinstance(found, dict)
    return found


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_whole_run_where_only_commands_and_files_are_to_be_had(tmp_path: Path, name: str) -> None:
    log = run(tmp_path, baseline(), **PROVIDERS[name])
    assert log.status == "success", log.error
    assert value(log)["score"] > 0.7
    told = apart(log)
    assert told["copied"]["files"] > 2
    assert (tmp_path / "cache/mlebench-inspect/public").is_dir()
    unverified = " ".join(told["unverified"])
    assert "submission check" in unverified
    assert ("root in its sandbox" in unverified) == (name == "asroot")
    assert "agent can change its copy" in unverified
    assert "network" not in unverified


def test_the_check_and_a_large_submission_without_another_user(tmp_path: Path) -> None:
    """A submission of more than any one answer holds comes out whole, and is checked on the way."""
    script = (
        f"{NEWER}; /home/validate_submission.sh {SUBMISSION}; "
        "for i in $(seq 30); do head -c 1M /dev/urandom | base64 -w0; echo; done > /home/submission/submission.csv"
    )
    log = run(tmp_path, shell(script), **PROVIDERS["nousers"])
    assert log.samples
    assert "The submission is valid." in log.samples[0].output.completion
    record = log.samples[0].store
    assert record["SubmissionRecord:outcome"] == "taken"
    assert record["SubmissionRecord:frozen"]
    (kept,) = tmp_path.rglob("submission.csv.gz")
    assert len(gzip.decompress(kept.read_bytes())) == record["SubmissionRecord:size"] > 40 << 20


def test_a_provider_s_own_configuration_is_handed_on(tmp_path: Path) -> None:
    log = run(tmp_path, shell("cat /home/data/description.md | head -1"), sandbox="nousers", sandbox_config=OWN)
    assert log.samples
    assert log.samples[0].error is None
    assert log.samples[0].sandbox is not None
    assert log.samples[0].sandbox.config.services["default"].model_dump()["tmpfs"] == ["/home/data:uid=1000,mode=755"]


def test_the_description_without_its_name_is_what_is_copied(tmp_path: Path) -> None:
    log = run(
        tmp_path,
        shell("cat /home/data/description.md"),
        **PROVIDERS["asroot"],
        description="obfuscated",
        data="miniature",
    )
    assert log.samples
    seen = log.samples[0].output.completion
    assert len(seen) > 200
    assert "Spaceship Titanic" not in seen


def test_a_piece_that_is_lost_on_the_way_is_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider's network fails once, and brings half a piece once."""
    write, sent = cloudlike.Cloudlike.write_file, []

    async def fails(box: cloudlike.Cloudlike, file: str, contents: str | bytes) -> None:
        if file.endswith("/part"):
            sent.append(file)
            if len(sent) == 1:
                raise ConnectionError("reset by peer")
            if len(sent) == 2:
                contents = contents[: len(contents) // 2]
        await write(box, file, contents)

    monkeypatch.setattr(cloudlike.Cloudlike, "write_file", fails)
    monkeypatch.setattr(packing, "PART", 20_000)
    log = run(tmp_path, shell("true"), **PROVIDERS["asroot"])
    assert log.samples
    assert log.samples[0].error is None
    assert len(sent) > 3


def test_other_data_than_were_sent_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put = bringing._put

    async def alters(place: SandboxEnvironment, *rest: Any) -> None:
        await put(place, *rest)
        await place.exec(["/bin/sh", "-c", "echo x >>/home/data/train.csv"], user="root")

    monkeypatch.setattr(bringing, "_put", alters)
    log = run(tmp_path, shell("true"), **PROVIDERS["asroot"])
    assert log.status == "error"
    assert log.samples
    assert log.samples[0].error is not None
    assert "holds other data in /home/data" in log.samples[0].error.message


@pytest.mark.parametrize("way", EVERY_WAY)
def test_baseline_and_a_model_s_agent_by_every_way(tmp_path: Path, way: str) -> None:
    options = {"sandbox": "docker", **options_of(way)}
    log = run(tmp_path / "1", baseline(), **options)
    assert log.status == "success", log.error
    assert value(log)["score"] > 0.7
    turns = [
        calls("bash", {"command": f"{NEWER} && touch /home/data/x; ls /home/data"}),
        calls("validate_submission", {}),
        calls("submit", {"answer": "done"}),
    ]
    model = scripted(lambda messages, tools: turns[min(turn(messages), len(turns) - 1)])
    log = run(tmp_path / "2", react(), model=model, **options)
    assert value(log)["valid"] == 1, score(log).explanation
    assert log.samples
    said = [m.text for m in log.samples[0].messages if m.role == "tool"]
    assert "cannot touch" in said[0]
    assert "sample_submission.csv" in said[0]
    assert "valid" in said[1]
