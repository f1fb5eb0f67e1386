"""Making a bundle: what is in it, that equal logs make equal bytes, and what is refused."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import fsspec
import pytest
from click.testing import CliRunner
from inspect_ai.log import list_eval_logs, read_eval_log, write_eval_log

from bundled import INVALID, NEVER, NONE, VALID, bundle, copied
from bundled import logs as logs
from bundled import result as result
from logs import write_log
from mlebench_inspect.bundles import disclosure
from mlebench_inspect.bundles.container import Container, Writer
from mlebench_inspect.bundles.errors import BrokenBundle, BundleError
from mlebench_inspect.bundles.figures import reading_of
from mlebench_inspect.bundles.making import make
from mlebench_inspect.bundles.opening import open_bundle
from mlebench_inspect.bundles.plain_data import from_json
from mlebench_inspect.bundles.verifying import verify
from mlebench_inspect.cli import cli
from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.results import read_results


def record(file: Path, competition: str, seed: int = 1) -> dict[str, Any]:
    with zipfile.ZipFile(file) as zipped:
        found: dict[str, Any] = json.loads(zipped.read(f"runs/0001/{competition}_{seed}.json"))
    return found


def test_it_is_a_zip_that_every_tool_opens(result: Path) -> None:
    with zipfile.ZipFile(result) as zipped:
        assert zipped.testzip() is None
        assert zipped.namelist()[-1] == "manifest.json"


def test_equal_logs_make_equal_bytes_wherever_they_lie(logs: Path, result: Path, tmp_path: Path) -> None:
    bundle(copied(logs, tmp_path), tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == result.read_bytes()


def test_records_make_the_same_figures_as_logs(logs: Path, result: Path) -> None:
    found = open_bundle(result)
    (of_logs,) = report(read_results([logs]))
    assert report(reading_of(found.runs)) == [of_logs]
    assert found.figures.rows == [of_logs.model_dump(mode="json")]
    assert (of_logs.unscored, of_logs.not_run) == ([f"{NEVER} (seed 1)"], [f"{NEVER} (seed 2)"])
    assert of_logs.over_time is None or of_logs.over_time.any_medal


def test_it_holds_what_a_reader_asks_for(result: Path) -> None:
    names = zipfile.ZipFile(result).namelist()
    valid, invalid, none, never = (record(result, c) for c in (VALID, INVALID, NONE, NEVER))
    assert (valid["outcome"], none["outcome"], never["outcome"]) == ("taken", "missing", "never_taken")
    assert [c["answer"][:7] for c in invalid["checks"]] == ["The sub", "Invalid"]
    assert valid["sandbox"]["seen"]["cpus"] >= 1
    assert valid["result"]["fields"]["settings"]["network"] == "none"
    assert valid["result"]["fields"]["limits"]["time_limit"] == 86400
    assert valid["noted"]["packages"]["inspect_ai"]
    assert invalid["snapshots"][0]["worth"]["valid_submission"]
    assert invalid["snapshots"][0]["kept"]["member"] in names
    assert valid["snapshots"][0]["kept"] == valid["submission"]  # equal files lie there once
    assert valid["folders"]["code"]["member"] in names
    assert never["result"]["reason"]
    assert {"figures.json", "disclosure.yaml", f"runs/0001/{VALID}_2/submission.csv.gz"} <= set(names)


def test_it_holds_no_transcript(logs: Path, result: Path) -> None:
    log = read_eval_log(list_eval_logs(str(logs))[0])
    assert log.samples
    said = log.samples[0].messages[0].text
    assert len(said) > 500
    with zipfile.ZipFile(result) as zipped:
        assert not any(said[:200].encode() in zipped.read(n) for n in zipped.namelist())


def test_code_can_be_left_out(logs: Path, tmp_path: Path) -> None:
    bundle(logs, tmp_path / "small.zip", with_code=False)
    names = zipfile.ZipFile(tmp_path / "small.zip").namelist()
    assert not [n for n in names if n.endswith(".tar.gz")]
    assert record(tmp_path / "small.zip", VALID)["folders"] == {}


def kept(logs: Path, name: str) -> list[Path]:
    return sorted(logs.rglob(name))


def test_lost_and_damaged_files_are_named_and_nothing_is_written(logs: Path, tmp_path: Path) -> None:
    here = copied(logs, tmp_path)
    lost, damaged = kept(here, "submission.csv.gz")[:2]
    lost.unlink()
    damaged.write_bytes(damaged.read_bytes()[:-9])
    snapshot = kept(here, "snapshots/*.gz")[0]
    snapshot.write_bytes(kept(here, "code.tar.gz")[0].read_bytes())
    shutil.rmtree(logs.parent / "elsewhere", ignore_errors=True)
    moved = logs.rename(logs.parent / "elsewhere")  # a log names the folder that it was first in
    try:
        with pytest.raises(BundleError) as caught:
            bundle(here, tmp_path / "new" / "r.zip")
        for file in (lost, damaged, snapshot):
            assert str(file.relative_to(here)) in str(caught.value)
        assert "\n" not in str(caught.value)
        assert "--allow-missing" in str(caught.value)
        assert not (tmp_path / "new").exists()
        made = bundle(here, tmp_path / "r.zip", allow_missing=True)
    finally:
        moved.rename(logs)
    assert len(made.lacking) >= 3
    assert not any(str(tmp_path) in text or "/tmp" in text for text in made.lacking)
    verdict = verify(tmp_path / "r.zip", logs.parent / "data")
    assert not verdict.agrees
    assert {f.kind for f in verdict.findings} == {"not checked"}
    assert sum(str(lost.relative_to(here)) in f.what for f in verdict.findings) == 1


@pytest.mark.parametrize("name", ["/etc/hostname", "../outside.gz", "artifacts/../../outside.gz", "s3://bucket/file"])
def test_a_log_cannot_have_other_files_bundled(logs: Path, tmp_path: Path, name: str) -> None:
    here = copied(logs, tmp_path)
    location = list_eval_logs(str(here))[0].name
    log = read_eval_log(location)
    assert log.samples
    sample = next(s for s in log.samples if s.id == VALID)
    sample.store["SubmissionRecord:artifact"] = name
    sample.store["SnapshotRecord:snapshots"] = []
    sample.store["SubmissionRecord:folders"]["code"]["artifact"] = name
    write_eval_log(log, location)
    with pytest.raises(BundleError, match="is no name of a kept file"):
        bundle(here, tmp_path / "r.zip")
    bundle(here, tmp_path / "r.zip", allow_missing=True)
    about = record(tmp_path / "r.zip", VALID, sample.epoch)
    assert "is no name of a kept file" in about["lacking"]
    assert "is no name of a kept file" in about["folders"]["code"]["problem"]


def test_a_score_of_which_a_log_tells_nothing_more_is_refused(tmp_path: Path) -> None:
    write_log(tmp_path, {"leaf-classification": "g", "spaceship-titanic": "-"})
    with pytest.raises(BundleError, match=r"^2 files .*does not say what became of the submission of leaf"):
        bundle(tmp_path, tmp_path / "r.zip")


def test_from_s3_and_to_s3_it_is_the_same(logs: Path, result: Path, s3: str) -> None:
    fs = fsspec.filesystem("s3")
    fs.put(str(logs), f"{s3}/logs", recursive=True)
    make(read_results([f"{s3}/logs"]), f"{s3}/out/result.zip")
    assert fs.cat(f"{s3}/out/result.zip") == result.read_bytes()


def test_the_disclosure_is_asked_for_and_kept(logs: Path, tmp_path: Path) -> None:
    asked = CliRunner().invoke(cli, ["disclosure"]).output
    assert disclosure.unanswered(disclosure.answers(asked.encode(), "d")) == list(disclosure.QUESTIONS)[:-1]
    filled = asked.replace("human_help:\n", "human_help: |\n  None.\n  Really.\n").replace(
        "contact:\n", "contact: us\n"
    )
    bundle(logs, tmp_path / "r.zip", answers=filled.encode())
    found = open_bundle(tmp_path / "r.zip")
    assert found.answers["human_help"] == "None.\nReally."
    assert {"human_help", "contact"}.isdisjoint(found.unanswered)
    assert "training" in found.unanswered
    with pytest.raises(BrokenBundle, match="answers 'humen_help', which is not asked"):
        bundle(logs, tmp_path / "s.zip", answers=filled.replace("human_help", "humen_help").encode())


def test_the_command_is_quiet_on_a_pipe_and_tells_what_to_quote(logs: Path, result: Path, tmp_path: Path) -> None:
    ended = CliRunner().invoke(cli, ["bundle", str(logs), "--output", str(tmp_path / "r.zip")])
    assert ended.exit_code == 0
    digest = Container(result).sha256
    assert f"SHA-256 {digest}" in ended.stdout
    assert f"mlebench-inspect verify {tmp_path / 'r.zip'} --sha256 {digest}" in ended.stdout
    (line,) = ended.stderr.splitlines()
    assert "the disclosure leaves unanswered: outside_knowledge" in line


def test_large_files_and_many_members_follow_the_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "wide.zip"
    monkeypatch.setattr("mlebench_inspect.bundles.format._FULL_COUNT", 2)
    with open(file, "x+b") as out:
        writer = Writer(out)
        for name in ("a", "b/c", "d"):
            writer.add(name, name.encode() * 50)
        writer.close()
    assert zipfile.ZipFile(file).testzip() is None
    assert list(Container(file).entries) == ["a", "b/c", "d"]
    content = file.read_bytes()
    for place in range(len(content)):
        file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(BrokenBundle):
            Container(file)


@pytest.mark.nightly
def test_a_member_of_more_than_four_gigabytes(tmp_path: Path) -> None:
    large, file = tmp_path / "large", tmp_path / "large.zip"
    with open(large, "wb") as sparse:
        sparse.truncate((4 << 30) + 5)
    with open(file, "x+b") as out, open(large, "rb") as source:
        writer = Writer(out)
        writer.add("large", source, (4 << 30) + 5)
        writer.add("small", b"x")
        writer.close()
    large.unlink()
    assert [e.size for e in Container(file).entries.values()] == [(4 << 30) + 5, 1]
    with zipfile.ZipFile(file) as zipped:
        assert zipped.getinfo("large").file_size == (4 << 30) + 5
        assert zipped.read("small") == b"x"


def test_what_is_no_number_is_in_no_record() -> None:
    with pytest.raises(BrokenBundle, match="NaN"):
        from_json(b'{"a": NaN}', "x")
