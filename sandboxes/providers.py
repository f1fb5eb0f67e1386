"""The sandbox providers by their names."""

from __future__ import annotations

from mlebench_inspect.sandboxes.docker import Docker
from mlebench_inspect.sandboxes.kubernetes import Kubernetes
from mlebench_inspect.sandboxes.local import Local
from mlebench_inspect.sandboxes.provider import Provider

PROVIDERS: dict[str, Provider] = {p.name: p for p in (Docker(), Kubernetes(), Local())}


def provider(name: str) -> Provider:
    """The provider of that name.

    Raises:
        ValueError: There is none.
    """
    try:
        return PROVIDERS[name]
    except KeyError:
        raise ValueError(f"there is no sandbox provider {name!r}; choose one of {', '.join(PROVIDERS)}") from None
