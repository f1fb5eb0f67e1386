"""What a provider has that sees the data as they lie, and needs nothing brought."""

from __future__ import annotations

from typing import Any

from mlebench_inspect.sandboxes.compose import SandboxSettings, Transport
from mlebench_inspect.sandboxes.packing import PublicData


class Mounted:
    """A provider that knows no other way than to mount the data."""

    transports: tuple[Transport, ...] = ("mount",)

    def transport(self, settings: SandboxSettings) -> tuple[Transport, str | None]:
        return "mount", None

    async def bring(self, handle: str, data: PublicData, *, copy: bool) -> dict[str, Any]:
        return {}
