"""The one seam to what is private in `inspect_swe`, whose agents put their programs into sandboxes by themselves."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

from inspect_ai.util import LimitExceededError

_PACKAGE = "inspect_swe"


def install_folder() -> str:
    """Where `inspect_swe` looks in a sandbox for programs that it put there."""
    from inspect_swe._util.sandbox import SANDBOX_INSTALL_DIR

    return str(SANDBOX_INSTALL_DIR)


def explain_installs(explain: Callable[[str, Exception], Exception]) -> int:
    """Has an agent's failure to put its program into a sandbox raise what `explain` makes of it; once for the process.

    Nothing is loaded for it: only agents that are there already are concerned.

    Args:
        explain: Is given the agent's name and the failure.

    Returns:
        How many ways of installing something were found; 0 where `inspect_swe` is not there or has changed.
    """
    found = 0
    for name, module in list(sys.modules.items()):
        agent = _agent_of(name)
        if agent is None:
            continue
        for attribute, way in list(vars(module).items()):
            if attribute.startswith("ensure_") and inspect.iscoroutinefunction(way):
                found += 1
                if not hasattr(way, "is_explained"):
                    setattr(module, attribute, _explained(way, agent, explain))
    return found


def _agent_of(module: str) -> str | None:
    """The agent whose module this is: `gemini_cli` of `inspect_swe._gemini_cli.agentbinary`."""
    package, *parts = module.split(".")
    names = [p.lstrip("_") for p in parts]
    if package != _PACKAGE or len(parts) < 2 or names[0] in ("util", "tools"):
        return None
    return names[2] if names[0] == "acp" and len(names) > 3 else names[0] if names[0] != "acp" else None


def _explained(way: Any, agent: str, explain: Callable[[str, Exception], Exception]) -> Any:
    @functools.wraps(way)
    async def install(*args: Any, **options: Any) -> Any:
        try:
            return await way(*args, **options)
        except LimitExceededError:
            raise
        except Exception as ex:
            raise explain(agent, ex) from ex

    install.is_explained = True  # type: ignore[attr-defined]
    return install
