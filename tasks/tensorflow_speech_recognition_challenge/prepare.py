"""The test set: a tenth of all sound files (v1), or of the speakers and of the background recordings' ends (v2)."""

from __future__ import annotations

import hashlib
import math
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.tasks.preparing import (
    DataError,
    extract_7z,
    place_files,
    train_test_positions,
    train_test_split,
    visible,
    write_answers_and_sample,
)

BACKGROUND, SILENCE, OTHER = "_background_noise_", "silence", "unknown"
COMMANDS = frozenset(("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"))
RATE = 16_000
WINDOW_BYTES = 2 * RATE  # one second of 16-bit samples


def prepare(raw: Path, public: Path, private: Path, revision: Revision) -> None:
    """Test clips are numbered and lose their label's folder; in v2 their labels are the twelve of the task."""
    import pandas as pd

    with tempfile.TemporaryDirectory(dir=private) as folder:
        extract_7z(raw / "train.7z", Path(folder))
        listed = visible(str(p.relative_to(folder)) for p in Path(folder).glob("train/audio/**/*.wav"))
        sounds = sorted((Path(folder, name) for name in listed), key=lambda p: f"{p.parent.name}_{p.name}")
        if not sounds:
            raise DataError("train.7z holds no sound files below train/audio/")
        audio = public / "train/audio"
        if revision == "v1":
            train, test_sounds = train_test_split(sounds, 0.1)
            test = [(p, p.parent.name) for p in test_sounds]
        else:
            train, test_words = _split_by_speaker([p for p in sounds if p.parent.name != BACKGROUND])
            test = [(p, p.parent.name if p.parent.name in COMMANDS else OTHER) for p in test_words]
            background = [p for p in sounds if p.parent.name == BACKGROUND]
            (audio / BACKGROUND).mkdir(parents=True)
            test += [(p, SILENCE) for s in background for p in _cut(s, audio / BACKGROUND, Path(folder))]
            # Any order that follows from names and a seed would tell the labels, since the list is sorted by label.
            test.sort(key=lambda clip: hashlib.sha256(clip[0].read_bytes()).digest())
        names = [f"clip_{i:08d}.wav" for i in range(len(test))]

        place_files(((p, audio / p.parent.name / p.name) for p in train), len(train))
        # Times and inode number of a link would tell the place in the archive, and with it the label.
        clips = zip(test, names, strict=True)
        place_files(((p, public / "test/audio" / n) for (p, _), n in clips), len(test), fresh=True)
    if len(list((public / "test/audio").iterdir())) != len(names):
        raise DataError("the number of files in test/audio differs from the rows of the sample submission")
    answers = pd.DataFrame({"fname": names, "label": [label for _, label in test]})
    write_answers_and_sample(answers, {"label": SILENCE}, private / "test.csv", public / "sample_submission.csv")


def _split_by_speaker(words: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """(train, test), each in the given order, a tenth of the speakers in the test part."""
    speakers = sorted({p.name.partition("_nohash_")[0] for p in words})
    _, chosen = train_test_positions(len(speakers), 0.1)
    test_speakers = {speakers[i] for i in chosen}
    in_test = [p.name.partition("_nohash_")[0] in test_speakers for p in words]
    return (
        [p for p, t in zip(words, in_test, strict=True) if not t],
        [p for p, t in zip(words, in_test, strict=True) if t],
    )


def _cut(recording: Path, train: Path, test: Path) -> list[Path]:
    """Cuts a background recording into whole seconds; the last fifth of them (rounded up) become files of their own.

    Args:
        recording: The raw WAV file.
        train: Folder for what lies before the first test second.
        test: Folder for the test clips.

    Returns:
        The test clips in order of time.
    """
    with wave.open(str(recording), "rb") as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE):
            raise DataError(f"{recording.name} is not mono, 16 bit, {RATE} Hz")
        sound = file.readframes(file.getnframes())
    windows = len(sound) // WINDOW_BYTES
    first = windows - math.ceil(0.2 * windows)
    _write_wav(train / recording.name, sound[: first * WINDOW_BYTES])
    clips = []
    for i in range(first, windows):
        clips.append(test / f"{recording.stem}_{i}.wav")
        _write_wav(clips[-1], sound[i * WINDOW_BYTES : (i + 1) * WINDOW_BYTES])
    return clips


def _write_wav(path: Path, sound: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(sound)
