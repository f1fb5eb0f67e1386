"""The sandbox providers by their names."""

from __future__ import annotations

from mlebench_inspect.sandboxes.anywhere import Anywhere
from mlebench_inspect.sandboxes.docker import Docker
from mlebench_inspect.sandboxes.kubernetes import Kubernetes
from mlebench_inspect.sandboxes.local import Local
from mlebench_inspect.sandboxes.podman import Podman
from mlebench_inspect.sandboxes.provider import Provider

PROVIDERS: dict[str, Provider] = {p.name: p for p in (Docker(), Podman(), Kubernetes(), Local())}
"""Those of which more is known than their name."""
_OTHERS: dict[str, Provider] = {}


def provider(name: str) -> Provider:
    """The provider of that name; one that only Inspect's registry may know is used by what every provider can do."""
    return PROVIDERS.get(name) or _OTHERS.setdefault(name, Anywhere(name))
