"""One thing looked at, and how a look that fails becomes one too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, ParamSpec

Asked = ParamSpec("Asked")
State = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `text` is one line."""

    name: str
    state: State
    text: str


def guarded(
    name: str,
    state: State,
    look: Callable[Asked, Finding | Iterable[Finding]],
    *args: Asked.args,
    **kwargs: Asked.kwargs,
) -> Iterator[Finding]:
    """What a look finds, each on one line; if it fails, that is a finding, as the others must still be told.

    Args:
        name: Name of the finding if the look fails.
        state: Its state.
        look: Gives a finding or several; called with the arguments that follow.
    """
    try:
        found = look(*args, **kwargs)
        for one in [found] if isinstance(found, Finding) else found:
            yield Finding(one.name, one.state, " ".join(one.text.split()))
    except Exception as ex:
        text = " ".join(f"{type(ex).__name__}: {ex}".split())[:300]
        yield Finding(name, state, f"cannot be looked at ({text}); mend that and try again")
