"""Checking a bundle: elsewhere it agrees; whatever was changed is found and named; hostile ones are refused."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import stat
import subprocess
import sys
import time
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bundled import INVALID, NEVER, NONE, VALID, bundle, copied, forged, with_value
from bundled import logs as logs
from bundled import result as result
from mlebench_inspect.bundles import regrading, verifying
from mlebench_inspect.bundles.container import Container
from mlebench_inspect.bundles.differences import differences
from mlebench_inspect.bundles.errors import BrokenBundle
from mlebench_inspect.bundles.format import Entry
from mlebench_inspect.bundles.opening import open_bundle
from mlebench_inspect.bundles.plain_data import from_json, from_yaml
from mlebench_inspect.bundles.verdict import Verdict
from mlebench_inspect.bundles.verifying import verify
from mlebench_inspect.cli import cli

RUN = "runs/0001/run.json"


def record(competition: str, seed: int = 1) -> str:
    return f"runs/0001/{competition}_{seed}.json"


@pytest.fixture(scope="module")
def data(logs: Path) -> Path:
    return logs.parent / "data"


_GRADES: dict[regrading.Paper, regrading.Graded] = {}


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grades equal files once for all tests that do not change a file."""
    real = regrading.grade

    def grade(container: Container, papers: Any, tell: Any) -> Mapping[regrading.Paper, regrading.Graded]:
        _GRADES.update(real(container, [p for p in papers if p not in _GRADES], tell))
        return _GRADES

    monkeypatch.setattr(verifying, "grade", grade)


def test_it_agrees_in_another_place_without_the_logs(logs: Path, tmp_path: Path) -> None:
    here = copied(logs, tmp_path / "maker")
    made = bundle(here, tmp_path / "result.zip")
    hidden = logs.rename(logs.with_name("hidden"))
    try:
        (tmp_path / "maker").rename(tmp_path / "gone")
        other = {**os.environ, "HOME": str(tmp_path / "home"), "MLEBENCH_DATA_DIR": str(tmp_path / "data")}
        command = [sys.executable, "-m", "mlebench_inspect.cli", "verify", "result.zip", "--json"]
        command += ["--sha256", made.sha256]
        ended = subprocess.run(command, env=other, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    finally:
        hidden.rename(logs)
    assert (ended.returncode, ended.stderr) == (0, "")
    found = json.loads(ended.stdout)
    assert found["agrees"] is True
    assert (found["samples"], found["graded"], found["without_submission"], found["without_score"]) == (7, 6, 2, 1)
    assert found["rows"] == 1


def test_the_command_tells_what_was_checked_and_what_was_not(result: Path, data: Path, once: None) -> None:
    ended = CliRunner().invoke(cli, ["verify", str(result), "--data-dir", str(data)])
    assert ended.exit_code == 0
    assert ended.stdout.splitlines()[-1] == "agrees: every grade and every figure is as stated"
    assert "taken as stated: that the runs took place as told" in ended.stdout
    assert "the disclosure leaves unanswered: outside_knowledge" in ended.stdout
    wrong = CliRunner().invoke(cli, ["verify", str(result), "--data-dir", str(data), "--sha256", "0" * 64])
    assert wrong.exit_code == 1
    assert "it is another bundle" in wrong.stdout
    assert CliRunner().invoke(cli, ["verify", str(data / "none.zip")]).exit_code == 2


# --- one byte, anywhere


def expected(entries: list[Entry], place: int) -> tuple[str, ...]:
    """What a message must name for a byte at `place`: one of these."""
    for entry in entries:
        if entry.start <= place < entry.start + entry.size:
            return (entry.name,)
        if entry.offset <= place < entry.start:
            return (entry.name, f"byte {entry.offset:,}")
    return ("the directory at the end", "what closes the file", "neither a header nor the directory")


def offsets(file: Path) -> list[int]:
    """Some of each region: headers, names, contents, directory, end."""
    pick, size = random.Random(0), file.stat().st_size
    entries = list(Container(file).entries.values())
    found = set(range(size - 22, size)) | set(pick.sample(range(size), 100))
    for entry in [*pick.sample(entries, 6), entries[-1]]:
        found |= set(range(entry.offset, entry.start)) | {entry.start + entry.size - 1} if entry.size else set()
    directory = entries[-1].start + entries[-1].size
    return sorted(found | set(pick.sample(range(directory, size - 22), 100)))


def test_one_changed_byte_is_found_and_named_wherever_it_is(result: Path, tmp_path: Path) -> None:
    content, entries = result.read_bytes(), list(Container(result).entries.values())
    places, pick = offsets(result), random.Random(1)
    assert len(places) > 500
    for place in places:
        changed = tmp_path / "changed.zip"
        changed.write_bytes(content[:place] + bytes([content[place] ^ pick.randint(1, 255)]) + content[place + 1 :])
        with pytest.raises(BrokenBundle) as caught:
            open_bundle(changed)
        assert any(name in str(caught.value) for name in expected(entries, place)), (place, str(caught.value))


def test_the_command_refuses_a_changed_bundle_in_one_line(result: Path, tmp_path: Path) -> None:
    content = bytearray(result.read_bytes())
    content[Container(result).entries["figures.json"].start + 100] ^= 1
    (tmp_path / "r.zip").write_bytes(content)
    ended = CliRunner().invoke(cli, ["verify", str(tmp_path / "r.zip")])
    assert ended.exit_code == 1
    (line,) = ended.stdout.splitlines()
    assert line.startswith(f"refused: {tmp_path / 'r.zip'}: figures.json: its content")
    told = json.loads(CliRunner().invoke(cli, ["verify", str(tmp_path / "r.zip"), "--json"]).stdout)
    assert told["agrees"] is False


def again(file: Path, *, change: Callable[[zipfile.ZipInfo], None] = lambda i: None, **options: Any) -> bytes:
    """The same members, packed by another hand."""
    target = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w", **options) as new:
        for info in old.infolist():
            fresh = zipfile.ZipInfo(info.filename)
            fresh.external_attr = info.external_attr
            fresh.compress_type = new.compression
            change(fresh)
            new.writestr(fresh, old.read(info))
    return target.getvalue()


def appended(file: Path, name: str) -> bytes:
    target = io.BytesIO(file.read_bytes())
    with warnings.catch_warnings(), zipfile.ZipFile(target, "a") as new:
        warnings.simplefilter("ignore")  # of a name that is there twice
        new.writestr(name, b"{}")
    return target.getvalue()


def with_comment(file: Path) -> bytes:
    content = file.read_bytes()
    return content[:-2] + b"\x05\x00hello"


def linked(info: zipfile.ZipInfo) -> None:
    info.external_attr = (stat.S_IFLNK | 0o777) << 16


TRICKS: dict[str, Callable[[Path], bytes]] = {
    "bytes in front": lambda f: b"#!/bin/sh\n" + f.read_bytes(),
    "bytes behind": lambda f: f.read_bytes() + b"x",
    "bytes between members": lambda f: (
        f.read_bytes()[: Container(f).entries["figures.json"].offset]
        + b"hidden"
        + f.read_bytes()[Container(f).entries["figures.json"].offset :]
    ),
    "a comment": with_comment,
    "a comment of a member": lambda f: again(f, change=lambda i: setattr(i, "comment", b"hello")),
    "an extra field": lambda f: again(f, change=lambda i: setattr(i, "extra", b"\x99\x99\x02\x00ab")),
    "another time": lambda f: again(f, change=lambda i: setattr(i, "date_time", (2026, 1, 1, 0, 0, 0))),
    "members that are links": lambda f: again(f, change=linked),
    "compressed members": lambda f: again(f, compression=zipfile.ZIP_DEFLATED),
    "a member more": lambda f: appended(f, "runs/0001/more.json"),
    "a member twice": lambda f: appended(f, "figures.json"),
    "an absolute name": lambda f: appended(f, "/etc/cron.d/x"),
    "a name that leads out": lambda f: appended(f, "../../x"),
    "a name of another system": lambda f: appended(f, "C:\\x"),
    "half of it": lambda f: f.read_bytes()[: f.stat().st_size // 2],
    "without its end": lambda f: f.read_bytes()[:-1],
    "nothing": lambda f: b"",
    "no zip": lambda f: b"<html>" * 100,
    "an empty zip": lambda f: b"PK\x05\x06" + bytes(18),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_with_the_format_are_refused(trick: str, result: Path, tmp_path: Path) -> None:
    (tmp_path / "r.zip").write_bytes(TRICKS[trick](result))
    with pytest.raises(BrokenBundle) as caught:
        open_bundle(tmp_path / "r.zip")
    assert len(str(caught.value)) < 400


# --- a maker who lies and knows the format


def lie(result: Path, tmp_path: Path, data: Path, changes: Mapping[str, Any]) -> Verdict:
    return verify(forged(result, tmp_path / "forged.zip", changes), data)


def told(verdict: Verdict, kind: str = "differs") -> str:
    assert not verdict.agrees
    return "\n".join(f"{f.where}: {f.what}" for f in verdict.findings if f.kind == kind)


def test_what_was_not_changed_is_the_same_when_sealed_again(result: Path, tmp_path: Path) -> None:
    assert forged(result, tmp_path / "same.zip", {}).read_bytes() == result.read_bytes()


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "a better score": (
        {record(VALID): with_value("result", "report", "score", value=0.01)},
        f"{VALID}_1: score is",
    ),
    "a score better by a hair": (
        {record(INVALID): with_value("snapshots", 0, "worth", "score", value=0.50001)},
        f"{INVALID}_1: the snapshot after 1 s: score is 0.5, stated as 0.50001",
    ),
    "a medal": (
        {record(INVALID): with_value("result", "report", "any_medal", value=True)},
        f"{INVALID}_1: any_medal is False, stated as True",
    ),
    "an invalid submission said to be valid": (
        {record(INVALID, 2): with_value("result", "report", "valid_submission", value=True)},
        f"{INVALID}_2: valid_submission is False, stated as True",
    ),
    "a threshold": (
        {record(VALID): with_value("result", "report", "gold_threshold", value=9.0)},
        f"{VALID}_1: gold_threshold is",
    ),
    "a rank": (
        {record(VALID, 2): with_value("result", "report", "rank", value=1)},
        f"{VALID}_2: rank is",
    ),
    "a missing submission with a score": (
        {record(NONE): with_value("result", "report", "score", value=0.9)},
        f"{NONE}_1: score is None, stated as 0.9",
    ),
    "a score without an outcome": (
        {record(NONE): with_value("outcome", value="unreachable")},
        f"{NONE}_1: it has a score, though what became of its submission is unreachable",
    ),
    "a medal of a snapshot": (
        {record(INVALID): with_value("snapshots", 0, "worth", "medal", value="gold")},
        "medal is none, stated as gold",
    ),
    "a figure": (
        {"figures.json": with_value("rows", 0, "outcomes", "valid", "mean", value=100.0)},
        "figures.json: agent, none/none: outcomes.valid.mean is 33.3",
    ),
    "a figure of one competition": (
        {"figures.json": with_value("rows", 0, "per_competition", 0, "outcomes", 0, value="gold")},
        "per_competition[leaf-classification].outcomes[0] is none, stated as gold",
    ),
    "a row of figures more": (
        {"figures.json": lambda f: {**f, "rows": f["rows"] * 2}},
        "figures.json: there are 1 rows, stated are 2",
    ),
    "fewer competitions planned": (
        {
            RUN: lambda r: {**r, "competitions": [c for c in r["competitions"] if c != NEVER]},
            record(NEVER): None,
        },
        "competitions is 2, stated as 3",
    ),
    "a sample left out": ({record(NEVER): None}, "not_run"),
    "the submission of another": (
        {f"runs/0001/{INVALID}_1/submission.csv.gz": gzip.compress(b"x")},
        "",
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_found_and_named(name: str, result: Path, tmp_path: Path, data: Path, once: None) -> None:
    changes, named = LIES[name]
    if not named:
        _GRADES.clear()
    verdict = lie(result, tmp_path, data, changes)
    if named:
        assert named in told(verdict)
    else:
        _GRADES.clear()
        assert "does not hold the file with the SHA-256 that its record names" in told(verdict, "differs")


def test_answers_that_are_not_the_runs_agree_with_nothing(result: Path, tmp_path: Path, data: Path) -> None:
    change = with_value("result", "answers", value="f" * 64)
    verdict = lie(result, tmp_path, data, {record(VALID): change})
    assert "are not those that it was graded against" in told(verdict, "not checked")


def test_what_is_not_prepared_is_named_with_the_command(result: Path, tmp_path: Path, data: Path) -> None:
    verdict = lie(result, tmp_path, data, {RUN: with_value("data", value="real")})
    assert f"{VALID} is not prepared here; run: mlebench-inspect prepare {VALID}" in told(verdict, "not checked")
    ended = CliRunner().invoke(cli, ["verify", str(tmp_path / "forged.zip"), "--data-dir", str(data)])
    assert ended.exit_code == 1
    assert ended.stdout.splitlines()[-1].startswith("does not agree: ")


def test_a_file_that_holds_too_much_is_not_unpacked_further(result: Path, tmp_path: Path, data: Path) -> None:
    bomb = gzip.compress(bytes(300 << 20))
    changes = {
        RUN: lambda r: {**r, "fields": {**r["fields"], "max_submission_bytes": 1 << 20}},
        f"runs/0001/{INVALID}_1/submission.csv.gz": bomb,
    }
    verdict = lie(result, tmp_path, data, changes)
    assert "cannot be uncompressed: it holds more than 1,048,576 bytes" in told(verdict, "differs")


# --- a maker who means harm


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


HARM: dict[str, tuple[dict[str, Any], str]] = {
    "deep JSON": ({record(VALID): nested(100_000)}, "nested too deep"),
    "rather deep JSON": ({record(VALID): nested(70)}, "nested deeper"),
    "NaN": ({record(VALID): b'{"a": NaN}'}, "NaN is no number"),
    "infinite": ({record(VALID): b'{"a": 1e999}'}, "too large a number"),
    "a huge whole number": ({record(VALID): b'{"a": ' + b"9" * 5000 + b"}"}, "is no JSON"),
    "a key twice": ({record(VALID): b'{"a": 1, "a": 2}'}, "a key is there twice"),
    "no JSON": ({"figures.json": b"\xff\xfe"}, "figures.json is no JSON"),
    "another shape": ({"figures.json": b"[]"}, "figures.json"),
    "a record of more than is asked": ({record(VALID): lambda r: {**r, "more": 1}}, "more"),
    "seeds without end": ({RUN: with_value("seeds", value=10**9)}, "run.json: seeds"),
    "many seeds": ({RUN: with_value("seeds", value=49_999)}, "a bundle holds"),
    "an unknown competition": ({RUN: with_value("competitions", 0, value="../../etc")}, "run.json"),
    "a competition twice": ({RUN: with_value("competitions", 0, value=NONE)}, "planned twice"),
    "a moment without a zone": ({RUN: with_value("created", value="2026-01-01T00:00:00")}, "created"),
    "an unknown revision": ({RUN: with_value("revision", value="v9")}, "no revision v9"),
    "another schema": ({"manifest.json": with_value("schema_version", value=2)}, "the schema has version 2"),
    "a snapshot before the start": ({record(INVALID): with_value("snapshots", 0, "after", value=-1)}, "after"),
    "versions without end": ({"manifest.json": with_value("made_with", "python", value="x" * 101)}, "made_with"),
    "a manifest of nothing": ({"manifest.json": with_value("members", value=[])}, "manifest.json names 0 members"),
    "a sample under another's name": (
        {record(VALID): with_value("result", "competition", value=NONE)},
        f"{VALID}_1.json tells of {NONE}",
    ),
    "another's submission": (
        {record(VALID): with_value("submission", "member", value=f"runs/0001/{VALID}_2/submission.csv.gz")},
        "which is not its own",
    ),
    "a file that leads out": (
        {record(VALID): with_value("submission", "member", value=f"runs/0001/{VALID}_1/../../../../etc/passwd")},
        "is asked for and not there",
    ),
    "a file that nobody asks for": ({"runs/0001/virus.exe": b"MZ"}, "no record asks for it"),
    "snapshots without a look": (
        {record(VALID): with_value("result", "snapshots", value=[])},
        "has snapshots of its own",
    ),
    "versions that are none": (
        {RUN: lambda r: {**r, "noted": {"packages": [1]}}, "figures.json": lambda f: f},
        "no figures can be computed",
    ),
    "a YAML bomb": ({"disclosure.yaml": b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"}, "no flat list"),
    "a YAML tag": ({"disclosure.yaml": b"contact: !!python/object/apply:os.system [id]\n"}, "no flat list"),
    "a large YAML": ({"disclosure.yaml": b"contact: " + b"x" * (2 << 20)}, "more than"),
    "no disclosure": ({"disclosure.yaml": None}, "disclosure.yaml"),
    "no figures": ({"figures.json": None}, "figures.json"),
}


@pytest.mark.parametrize("name", HARM)
def test_a_hostile_bundle_is_refused(name: str, result: Path, tmp_path: Path, data: Path, once: None) -> None:
    changes, named = HARM[name]
    file = forged(result, tmp_path / "forged.zip", changes)
    started = time.process_time()
    with pytest.raises(BrokenBundle) as caught:
        verify(file, data)
    assert named in str(caught.value)
    assert len(str(caught.value)) < 600
    assert time.process_time() - started < 20
    assert sorted(p.name for p in tmp_path.iterdir()) == ["forged.zip"]


def test_a_record_larger_than_allowed_is_not_even_read(
    result: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = forged(result, tmp_path / "forged.zip", {record(VALID): b" " * (65 << 20)})
    tracemalloc.start()
    with pytest.raises(BrokenBundle, match=r"leaf-classification_1.json has 68,157,440 bytes"):
        open_bundle(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20


def test_what_a_bundle_says_cannot_command_a_terminal(result: Path, tmp_path: Path, data: Path, once: None) -> None:
    evil = "\x1b]0;owned\x07\n\x1b[2J agrees"
    changes = {record(NONE): with_value("result", "report", "error", value=evil)}
    file = forged(result, tmp_path / "forged.zip", changes)
    ended = CliRunner().invoke(cli, ["verify", str(file), "--data-dir", str(data)])
    assert ended.exit_code == 1
    assert "\x1b" not in ended.stdout
    assert not [line for line in ended.stdout.splitlines() if line.strip().startswith("agrees")]


def test_a_long_story_is_cut_off(result: Path, tmp_path: Path, data: Path, once: None) -> None:
    changes = {
        record(VALID): lambda r: {**r, "submission": None, "lacking": "x" * 10_000, "snapshots": None},
        f"runs/0001/{VALID}_1/submission.csv.gz": None,
    }
    verdict = lie(result, tmp_path, data, changes)
    assert "its submission is not in the bundle: xxx" in told(verdict, "not checked")
    assert max(len(f.what) for f in verdict.findings) <= 1000


# --- the pieces


@pytest.mark.parametrize(
    ("stated", "found", "places"),
    [
        (1.0, 1, []),
        (0.123456, 0.123459, []),
        (0.12345, 0.12346, [""]),
        (True, 1, [""]),
        (None, 0.0, [""]),
        ({"a": [1, 2]}, {"a": [1, 3]}, ["a[1]"]),
        ({"a": 1}, {"b": 1}, ["a", "b"]),
        ([1], [1, 2], [""]),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, ["a.b"]),
    ],
)
def test_differences_are_named_by_place(stated: Any, found: Any, places: list[str]) -> None:
    assert [d.place for d in differences(stated, found)] == places


@pytest.mark.parametrize("text", [b"- a", b"x", b"a: {b: c}", b"a: b\n---\nc: d", b"a: &x b\nc: *x", b"&a !!map\na: b"])
def test_yaml_is_a_flat_list_and_nothing_else(text: bytes) -> None:
    with pytest.raises(BrokenBundle, match="d is no YAML as it is asked for"):
        from_yaml(text, "d")


def test_yaml_is_texts_alone() -> None:
    assert from_yaml(b"a: yes\nb: 2026-01-01\nc:\nd: ~\ne: 'null'\n", "d") == {
        **{"a": "yes", "b": "2026-01-01", "c": "", "d": "", "e": "null"}
    }


def test_json_that_was_spoilt_is_read_or_refused(result: Path) -> None:
    text, pick = Container(result).read(RUN, 1 << 20), random.Random(2)
    refused = 0
    for _ in range(300):
        place = pick.randrange(len(text))
        put = pick.choice([b"[", b"}", b'"', b"\\ud800", b"-", b"1e9", b"\x00", b"null"])
        try:
            from_json(text[:place] + put + text[place:], "x")
        except BrokenBundle:
            refused += 1
    assert 150 < refused < 300
