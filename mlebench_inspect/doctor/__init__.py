"""One line for each thing that a run needs, with the mend where something is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlebench_inspect.data.store import Store
from mlebench_inspect.doctor.checkpoints import examine_restic
from mlebench_inspect.doctor.data import examine_credentials, examine_data
from mlebench_inspect.doctor.docker import examine_containers, examine_gpu, examine_image
from mlebench_inspect.doctor.engine import examine_compose, examine_engine
from mlebench_inspect.doctor.finding import Finding, State, guarded
from mlebench_inspect.sandboxes.building import IMAGES
from mlebench_inspect.sandboxes.engine import EngineError, ask_engine, docker_path

__all__ = ["Finding", "State", "examine"]


def examine(data_dir: Path | None = None) -> Iterator[Finding]:
    """Looks at Docker, GPU, images, what killed runs left, restic, credentials, data and disk; never raises.

    Args:
        data_dir: Data folder; default: MLEBENCH_DATA_DIR, else the user's cache folder.
    """
    try:
        docker, engine = docker_path(), ask_engine()
    except EngineError as ex:
        yield Finding("docker", "missing", str(ex))
    else:
        yield from guarded("docker", "missing", examine_engine, engine)
        yield from guarded("compose", "missing", examine_compose, docker)
        yield from guarded("gpu", "note", examine_gpu, engine)
        for name, image in IMAGES.items():
            yield from guarded(f"image {name}", "note", examine_image, docker, name, image)
        yield from guarded("containers", "note", examine_containers, docker)
    yield from guarded("restic", "note", examine_restic)
    yield from guarded("kaggle", "note", examine_credentials)
    yield from guarded("data", "missing", _data, data_dir)


def _data(data_dir: Path | None) -> Iterator[Finding]:
    yield from examine_data(Store.open(data_dir).data_dir)
