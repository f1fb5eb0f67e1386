"""Why there is no bundle, or why one cannot be read."""

from __future__ import annotations

from mlebench_inspect.graders.errors import MlebenchError


class BundleError(MlebenchError, ValueError):
    """A bundle cannot be made. The message says what is lacking and what to do."""


class BrokenBundle(MlebenchError, ValueError):
    """A bundle is not as it was made, or was never one. The message names the place."""
