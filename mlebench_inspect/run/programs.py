"""Programs that an image lacks, in words that name the mend."""

from __future__ import annotations

from inspect_ai.util import store_as

from mlebench_inspect._inspect_swe import explain_installs
from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.plain import one_line
from mlebench_inspect.run.outcome import SubmissionRecord
from mlebench_inspect.run.preflight import SCAFFOLDS
from mlebench_inspect.sandboxes.building import IMAGES

_OURS = {"codex_cli": "codex"}
"""Agents of `inspect_swe` that have another name here."""


class NotInstalled(MlebenchError, RuntimeError):
    """A scaffold is not in the sandbox's image. The message says what to type."""


def not_installed(told: str) -> NotInstalled:
    """The error, noted with the sample, so that this is no result of the agent's."""
    store_as(SubmissionRecord).unfit = told
    return NotInstalled(told)


def name_the_mend_of_installs() -> None:
    """Has agents of `inspect_swe` that this host cannot put into a sandbox say what to do, not what broke."""
    explain_installs(_explain)


def _explain(agent: str, failure: Exception) -> Exception:
    return failure if isinstance(failure, NotInstalled) else not_installed(mend_of(agent, failure))


def mend_of(agent: str, failure: Exception) -> str:
    """What to do where `inspect_swe` cannot put an agent into a sandbox; one line."""
    reason = one_line(str(failure))[:200] or type(failure).__name__
    lacks = f"{agent} is not in this sandbox's image, and inspect_swe could not put it there from this host ({reason})"
    ours = _OURS.get(agent, agent)
    if ours not in SCAFFOLDS:
        layers = ", ".join(SCAFFOLDS)
        return f"{lacks}. Run it where this host has a network, or one of {layers} of mlebench_inspect out of an image"
    layer, _ = SCAFFOLDS[ours]
    return (
        f"{lacks}. Build an image that has it with `mlebench-inspect build {layer}` and run the task with "
        f"`--solver mlebench_inspect/{ours} -T image={IMAGES[layer]}`"
    )
