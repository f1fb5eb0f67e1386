"""What revision v2 takes out of the files of test trips and test samples."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from scipy.io import loadmat

from mlebench_inspect.tasks import competition

Prepared = Callable[..., Path]


@pytest.mark.parametrize("name", ["gnss_log.txt", "Pixel4_GnssLog.TXT"])
def test_positions_leave_the_logs_of_test_trips(name: str, tmp_path: Path) -> None:
    found = competition("smartphone-decimeter-2022")
    found.make_miniature(tmp_path / "raw")
    for log in (tmp_path / "raw").rglob("gnss_log.txt"):
        log.rename(log.with_name(name))
    for revision, kept in (("v1", True), ("v2", False)):
        public = tmp_path / revision / "public"
        found.prepare(tmp_path / "raw", public, tmp_path / revision / "private", revision)
        assert not list((public / "test").rglob("ground_truth.csv"))
        for log in (public / "test").rglob(name):
            assert (b"\nFix" in log.read_bytes()) == (b"\nNMEA" in log.read_bytes()) == kept
            assert b"\nRaw" in log.read_bytes()
            assert log.with_name("span_log.nmea").exists() == kept
        for log in (public / "train").rglob(name):
            assert b"\nFix" in log.read_bytes()
            assert log.with_name("span_log.nmea").exists()


@pytest.mark.parametrize(("revision", "labels"), [("v1", 8), ("v2", 0)])
def test_labels_leave_the_test_samples(revision: str, labels: int, prepared: Prepared) -> None:
    root = prepared("multi-modal-gesture-recognition", revision)
    before, after = (samples(root / p) for p in ("raw/training4.tar.gz", "prepared/public/test.tar.gz"))
    assert before.keys() == after.keys()
    for sample, files in after.items():
        assert files.keys() == before[sample].keys()
        data = f"{sample.removesuffix('.zip')}_data.mat"
        assert all(files[name] == before[sample][name] for name in files if name != data)
        old, new = (loadmat(io.BytesIO(f[data]))["Video"] for f in (before[sample], files))
        assert new["Labels"][0, 0].size == labels
        skeletons = [[f["Skeleton"][0, 0]["WorldPosition"].tolist() for f in v["Frames"][0, 0][0]] for v in (old, new)]
        assert skeletons[0] == skeletons[1]


def samples(archive: Path) -> dict[str, dict[str, bytes]]:
    """The files of each sample of a .tar.gz."""
    found = {}
    with tarfile.open(archive) as packed:
        for member in packed:
            content = packed.extractfile(member)
            assert content is not None
            with zipfile.ZipFile(io.BytesIO(content.read())) as sample:
                found[member.name] = {name: sample.read(name) for name in sample.namelist()}
    return found
