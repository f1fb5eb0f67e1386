"""GPUs in Compose settings: how many are asked for, and which of them a sample is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from inspect_ai.util import ComposeConfig

GPU_SANDBOX = "docker_gpus"
"""Name in Inspect of the sandbox that gives each running sample GPUs of its own."""
GPU_IDS = "x-gpu-ids"
"""Key of Compose settings, which Docker skips: the GPUs that samples may be given."""


def gpus_wanted(config: ComposeConfig) -> int:
    """How many GPUs all services count together, without those that are named; -1 for all there are."""
    counts = [r.get("count", "all") for r in _requests(_plain(config))]
    return -1 if "all" in counts or -1 in counts else sum(map(int, counts))


def gpus_named(config: ComposeConfig) -> list[str] | None:
    """The GPUs that samples may be given; None for all."""
    found = _plain(config).get(GPU_IDS)
    return [str(i) for i in found] if found else None


def with_gpus(config: ComposeConfig, ids: Sequence[str]) -> ComposeConfig:
    """The settings with these GPUs in place of their number.

    Args:
        config: The settings.
        ids: As many as all services count together.
    """
    settings, left = _plain(config), list(ids)
    for request in _requests(settings):
        count = request.pop("count", "all")
        number = len(left) if count in ("all", -1) else int(count)
        request["device_ids"], left = left[:number], left[number:]
    return ComposeConfig.model_validate(settings)


def _plain(config: ComposeConfig) -> dict[str, Any]:
    return config.model_dump(by_alias=True, exclude_none=True)


def _requests(settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parts of the settings that count GPUs."""
    for service in settings["services"].values():
        reserved = service.get("deploy", {}).get("resources", {}).get("reservations", {})
        for request in reserved.get("devices", []):
            if "gpu" in request.get("capabilities", []) and not request.get("device_ids") and request.get("count") != 0:
                yield request
