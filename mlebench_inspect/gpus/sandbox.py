"""Inspect's Docker sandbox with GPUs that are leased before its container starts, and given back after it has ended."""

from __future__ import annotations

import logging
from typing import Any
from weakref import WeakKeyDictionary

import anyio.to_thread
from inspect_ai.log import transcript
from inspect_ai.util import ComposeConfig, SandboxEnvironment

from mlebench_inspect._inspect import docker_sandbox
from mlebench_inspect.gpus.devices import devices
from mlebench_inspect.gpus.leasing import Lease, lease
from mlebench_inspect.sandboxes.engine import EngineError, docker_path
from mlebench_inspect.sandboxes.gpus import gpus_named, gpus_wanted, with_gpus

logger = logging.getLogger(__name__)
_LEASES: WeakKeyDictionary[SandboxEnvironment, Lease] = WeakKeyDictionary()


class DockerWithGpus(docker_sandbox()):  # type: ignore[misc]
    """Docker's sandbox; the GPUs that its settings count become GPUs that no other sample of this host has."""

    @classmethod
    async def sample_init(cls, task_name: str, config: Any, metadata: dict[str, str]) -> dict[str, SandboxEnvironment]:
        """Starts the containers as soon as there are GPUs for them.

        Raises:
            NoGpus: There are not so many.
        """
        number = gpus_wanted(config) if isinstance(config, ComposeConfig) else 0
        if not number:
            return dict(await super().sample_init(task_name, config, metadata))
        pool = await anyio.to_thread.run_sync(devices, gpus_named(config))
        taken = await lease(pool, number if number > 0 else len(pool), held=_held, waiting=_tell)
        try:
            transcript().info({"gpu_ids": list(taken.ids)}, source="mlebench")
            boxes = dict(await super().sample_init(task_name, with_gpus(config, taken.ids), metadata))
        except BaseException:
            taken.release()
            raise
        _LEASES[next(iter(boxes.values()))] = taken
        return boxes

    @classmethod
    async def sample_cleanup(
        cls, task_name: str, config: Any, environments: dict[str, SandboxEnvironment], interrupted: bool
    ) -> None:
        """Ends the containers, also of an interrupted sample, which Docker's would leave to the end of the run."""
        taken = _LEASES.pop(next(iter(environments.values())), None)
        try:
            await super().sample_cleanup(task_name, config, environments, interrupted and taken is None)
        finally:
            if taken is not None:
                taken.release()


def _held() -> dict[str, str]:
    from mlebench_inspect.sandboxes.leftovers import gpus_in_containers  # of no use where nobody wants GPUs

    try:
        return gpus_in_containers(docker_path())
    except EngineError as ex:  # whoever starts a container then will tell
        logger.info("which GPUs are in containers is not known: %s", ex)
        return {}


def _tell(reason: str) -> None:
    transcript().info({"waiting_for_gpus": reason}, source="mlebench")
    logger.warning("a sample waits: %s", reason)
