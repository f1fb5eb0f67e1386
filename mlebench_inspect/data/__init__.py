"""Where data lies, and how it gets there: store, download, preparation, verification."""

from mlebench_inspect.data.ensure import ensure_miniature, ensure_prepared
from mlebench_inspect.data.errors import NotPreparedError, PreparationError
from mlebench_inspect.data.manifest import Manifest
from mlebench_inspect.data.store import Store

__all__ = ["Manifest", "NotPreparedError", "PreparationError", "Store", "ensure_miniature", "ensure_prepared"]
