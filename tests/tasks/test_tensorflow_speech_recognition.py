"""Test clips have new names; nothing else about the files may tell which folder of the archive they come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlebench_inspect.tasks import competition
from mlebench_inspect.tasks.tensorflow_speech_recognition_challenge import prepare


@pytest.mark.parametrize("revision", ["v1", "v2"])
def test_files_of_test_clips_are_new(revision: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: set[int] = set()
    extract = prepare.extract_7z

    def extract_and_note(archive: Path, target: Path) -> None:
        extract(archive, target)
        unpacked.update(p.stat().st_ino for p in target.rglob("*.wav"))

    monkeypatch.setattr(prepare, "extract_7z", extract_and_note)
    found = competition("tensorflow-speech-recognition-challenge")
    found.make_miniature(tmp_path / "raw")
    found.prepare(tmp_path / "raw", tmp_path / "public", tmp_path / "private", revision)
    clips = [p.stat() for p in (tmp_path / "public/test/audio").iterdir()]
    assert len(unpacked) == 366
    assert len(clips) > 30
    assert not unpacked & {s.st_ino for s in clips}
    assert len({s.st_mtime for s in clips}) == 1
