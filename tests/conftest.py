"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from agents.chat_api import ChatApi, chat_api
from mlebench_inspect.sandboxes.building import image_exists
from mlebench_inspect.sandboxes.compose import LIGHT_IMAGE
from mlebench_inspect.tasks import competition


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks for groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps all tests of one competition in one process, so that its data is made once."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and "competition_id" in callspec.params:
            item.add_marker(pytest.mark.xdist_group(callspec.params["competition_id"]))
        for engine in ("docker", "podman"):
            if item.get_closest_marker(engine):
                item.add_marker(pytest.mark.xdist_group(engine))
        if item.get_closest_marker("nightly"):
            item.add_marker(pytest.mark.timeout(4 * 3600))


@pytest.fixture
def api() -> Iterator[ChatApi]:
    """A chat API on loopback, which answers by its `script`."""
    with chat_api() as found:
        yield found


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables have all columns, whatever terminal the tests were started from."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(autouse=True)
def _docker(request: pytest.FixtureRequest) -> None:
    """Skips tests marked `docker` where Docker or the light image is missing; MLEBENCH_REQUIRE_DOCKER=1 fails them."""
    if request.node.get_closest_marker("docker") and not _docker_is_usable():
        reason = "needs a Docker daemon and the light image (mlebench-inspect build light)"
        if os.environ.get("MLEBENCH_REQUIRE_DOCKER"):
            pytest.fail(reason)
        pytest.skip(reason)


@cache
def _docker_is_usable() -> bool:
    return image_exists(LIGHT_IMAGE)


@pytest.fixture(scope="session", autouse=True)
def _data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A data folder of the tests' own: no test reads or writes the user's."""
    before = os.environ.get("MLEBENCH_DATA_DIR")
    os.environ["MLEBENCH_DATA_DIR"] = str(tmp_path_factory.mktemp("data"))
    yield
    if before is None:
        del os.environ["MLEBENCH_DATA_DIR"]
    else:
        os.environ["MLEBENCH_DATA_DIR"] = before


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the host can read, unlike pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`prepared(id, revision="v1")`: a folder with `raw` and `prepared/{public,private}` of miniature data."""

    @cache
    def make(competition_id: str, revision: str = "v1", seed: int = 0) -> Path:
        found = competition(competition_id)
        root = tmp_path_factory.mktemp(f"{competition_id}-{revision}")
        found.make_miniature(root / "raw", seed)
        found.prepare(root / "raw", root / "prepared/public", root / "prepared/private", revision)  # type: ignore[arg-type]
        return root

    return make


@pytest.fixture(scope="session")
def _s3_server() -> Iterator[str]:
    """Address of an S3 server on loopback."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(_s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of an empty bucket on a real S3 server on loopback, for this process and those that it starts."""
    import fsspec

    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ENDPOINT_URL": _s3_server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{uuid.uuid4().hex}"
    fsspec.filesystem("s3").mkdir(bucket)
    return f"s3://{bucket}"
