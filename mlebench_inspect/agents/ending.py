"""How an agent of this package ended its run by itself; limits and errors are Inspect's to tell."""

from __future__ import annotations

from typing import Literal

from inspect_ai.log import transcript
from inspect_ai.util import StoreModel, store_as

How = Literal["submitted", "given_up", "no_action", "window_too_small", "steps_used", "time_used", "finished"]


class AgentEnd(StoreModel):
    """Kept in the sample's store, and told in its transcript."""

    how: How | Literal[""] = ""
    why: str = ""


def note_end(how: How, why: str) -> None:
    """Notes that the run ends now; the first note stays."""
    end = store_as(AgentEnd)
    if end.how:
        return
    end.how, end.why = how, why[:2000]
    transcript().info({"end": how, "why": end.why}, source="mlebench")
