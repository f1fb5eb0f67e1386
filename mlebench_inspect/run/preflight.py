"""What is checked while a task is built: settings first, then agent and sandbox, then the data of what will run.

Nothing is made or downloaded before the settings are known to be right.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import click
from inspect_ai.dataset import MemoryDataset, Sample

from mlebench_inspect._inspect import command_line, other_sandboxes, selected
from mlebench_inspect.data.store import Store
from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.graders.submission import Revision
from mlebench_inspect.run.at_once import Division, words
from mlebench_inspect.run.estimate import estimate
from mlebench_inspect.sandboxes.building import IMAGES
from mlebench_inspect.sandboxes.compose import SandboxSettings, Transport
from mlebench_inspect.sandboxes.engine import Machine, ask_engine, known_engine
from mlebench_inspect.sandboxes.provider import Provider
from mlebench_inspect.sandboxes.providers import PROVIDERS
from mlebench_inspect.sandboxes.trial import Lacking, ensure_image, try_out
from mlebench_inspect.tasks import Competition, NoSearchScore

NO_MODEL = ("baseline", "dummy")
"""Solvers of ours that call no model."""
ROLES = {"search": ("draft", "debug", "review"), "aide": ("feedback",)}
"""Roles of models that solvers of ours ask for."""
SCAFFOLDS = {
    "aide": ("aide", "/opt/aide/bin/python"),
    "openhands": ("openhands", "/opt/openhands/bin/python"),
    "mini_swe_agent": ("mini-swe-agent", "/usr/local/bin/mini"),
    "claude_code": ("claude-code", "/usr/local/bin/claude"),
    "codex": ("codex", "/usr/local/bin/codex"),
    "gemini_cli": ("gemini-cli", "/usr/local/bin/gemini"),
    "opencode": ("opencode", "/usr/local/bin/opencode"),
}
"""Solvers of ours that need an image of their own: what to build, and the program in it."""
PACKAGES = {
    "mlebench_inspect/mini_swe_agent": ("inspect_swe",),
    "mlebench_inspect/claude_code": ("inspect_swe", "anthropic"),
    "mlebench_inspect/codex": ("inspect_swe",),
    "mlebench_inspect/gemini_cli": ("inspect_swe", "google.genai", "websockets"),
    "mlebench_inspect/opencode": ("inspect_swe", "anthropic"),
    "inspect_swe/claude_code": ("inspect_swe", "anthropic"),
    "inspect_swe/interactive_claude_code": ("inspect_swe", "anthropic"),
    "inspect_swe/opencode": ("inspect_swe", "anthropic"),
    "inspect_swe/gemini_cli": ("inspect_swe", "google.genai", "websockets"),
    "inspect_swe/interactive_gemini_cli": ("inspect_swe", "google.genai", "websockets"),
    "inspect_swe/antigravity": ("inspect_swe", "google.genai", "websockets"),
}
"""Modules that agents need on this host: Inspect's bridge reads the API that each of them speaks with its maker's
package. All come with the extra `scaffolds`."""


EXTRAS = {
    "k8s": ("k8s_sandbox", "-T sandbox=k8s needs a package; run: pip install 'mlebench-inspect[k8s]'"),
    "podman": ("inspect_podman", "-T sandbox=podman needs a package; run: pip install 'mlebench-inspect[podman]'"),
}
"""Modules that providers need on this host, and what is said where they are missing."""


class PreflightError(MlebenchError, RuntimeError):
    """The run cannot begin as it was typed. One line with the mend."""


def check_command_line(sandbox: str) -> None:
    """Refuses options of Inspect's own that would take the benchmark apart.

    Raises:
        PreflightError: Naming the option, its value and what to give instead.
    """
    typed = command_line().sandbox
    if typed and typed.partition(":")[0] != sandbox:
        raise PreflightError(
            f"--sandbox {typed} would leave the sandbox of this benchmark, with its data and isolation, out; "
            f"give it as -T sandbox={typed.partition(':')[0]}"
        )


def check_agent() -> None:
    """Refuses an agent that cannot act: its package is missing on this host, it has no model, or one in a wrong role.

    Only what the running command tells is known here: for an agent from Python its first sample ends in an error.

    Raises:
        PreflightError: Naming the agent and what to type.
    """
    _check_packages()
    typed = command_line()
    name = agent_typed()
    unknown = [role for role in typed.model_roles if role not in (*ROLES.get(name or "", ()), "judge")]
    if name is not None and unknown:
        has = " or ".join(ROLES.get(name, ()))
        raise PreflightError(
            f"{name} asks no model in the role {unknown[0]!r}, given by --model-role; "
            + (f"its roles are {has}" if has else "it has no roles: leave the option away")
        )
    if name is not None and typed.model in ("none", "none/none") and name not in NO_MODEL:
        raise PreflightError(
            f"{name} acts through a model, and --model none is none; give --model PROVIDER/NAME, "
            "or --solver mlebench_inspect/baseline"
        )


def _check_packages() -> None:
    typed = command_line()
    solver = typed.solver or ""
    if typed.command is None:
        return
    needed = PACKAGES.get(solver, ("inspect_swe",) if solver.startswith("inspect_swe/") else ())
    lacking = [module for module in needed if not _is_there(module)]
    if lacking:
        agent, packages = solver.partition("/")[2], " and ".join(lacking)
        raise PreflightError(
            f"{agent} needs {packages} on this host, for its own API; run: pip install 'mlebench-inspect[scaffolds]'"
        )


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of what the module lies in
        return False


def agent_typed() -> str | None:
    """Which of our agents the running command names, or runs for want of a name; None for others and from Python."""
    typed = command_line()
    if typed.command not in ("eval", "eval-set"):
        return None
    package, _, name = (typed.solver or "mlebench_inspect/react").rpartition("/")
    return name if package == "mlebench_inspect" else None


def check_provider(name: str) -> None:
    """Refuses a sandbox provider that Inspect does not know, or whose package is not installed.

    Raises:
        PreflightError: Naming the package, or the providers that there are.
    """
    module, lacking = EXTRAS.get(name, (None, ""))
    if module is not None and importlib.util.find_spec(module) is None:
        raise PreflightError(lacking)
    if name in PROVIDERS:
        return
    others = other_sandboxes(name)
    if others is not None:
        there = ", ".join(sorted({*PROVIDERS, *others}))
        raise PreflightError(
            f"-T sandbox={name}: Inspect knows no such provider; there are {there}; others come with their packages, "
            "such as inspect-sandboxes for modal, daytona and e2b"
        )


def transport_of(box: Provider, settings: SandboxSettings) -> Transport:
    """How the data come into the sandboxes; says on stderr where that is not as usual, for want of another way.

    Raises:
        PreflightError: The provider has no such way.
    """
    transport, why = box.transport(settings)
    if settings.data_transport not in (None, *box.transports):
        raise PreflightError(
            f"-T data_transport={settings.data_transport}: with -T sandbox={box.name} there is "
            f"{' and '.join(box.transports)}"
        )
    if why and command_line().command is not None:
        click.echo(f"mlebench_inspect: the data are copied into each container (data_transport=copy): {why}", err=True)
    return transport


def ensure_sandbox(settings: SandboxSettings, *, build: bool) -> None:
    """Sees to it that Docker can run the sandbox of the samples of the running command.

    Nothing is asked for a task that is built from Python, which may run elsewhere, or not at all.

    Args:
        settings: Hardware and isolation.
        build: Build the image if it is missing and one of ours.

    Raises:
        MlebenchError: It cannot; the message holds what to type.
    """
    if command_line().command is None:
        return
    if (known_engine() or ask_engine()).is_podman:
        raise PreflightError("Inspect's Docker takes no Podman for an engine; give -T sandbox=podman")
    ensure_image(settings.image, build_missing=build)
    name = agent_typed() or ""
    layer, program = SCAFFOLDS.get(name, ("", None))
    try:
        try_out(settings, program)
    except Lacking:
        image = IMAGES[layer]
        raise PreflightError(
            f"{name} is not in the image {settings.image}; run: mlebench-inspect build {layer} (and give "
            f"-T image={image})"
        ) from None


def ensure_data(store: Store, chosen: Sequence[Competition], *, prepare: bool) -> None:
    """Sees to it that the data of the competitions that will run is there; others are not looked at.

    Raises:
        PreparationError: It is not; the message holds the command to type.
    """
    from mlebench_inspect.data.ensure import ensure_miniature, ensure_prepared

    needed = will_run(chosen)
    if store.data == "miniature":
        ensure_miniature(store, needed)
    else:
        ensure_prepared(store, needed, prepare=prepare)


def check_revision(chosen: Sequence[Competition], revision: Revision) -> None:
    """Refuses competitions that will run and that have no such revision.

    Raises:
        PreflightError: Naming each.
    """
    lacking = [c.id for c in will_run(chosen) if revision not in c.revisions]
    if lacking:
        raise PreflightError(
            f"-T revision={revision}: {', '.join(lacking)} {'has' if len(lacking) == 1 else 'have'} no such revision; "
            "leave the option out, or name competitions that have it with -T competitions=ID,..."
        )


def check_search_score(chosen: Sequence[Competition]) -> None:
    """Refuses competitions that will run and of which no training data can be held back.

    Raises:
        PreflightError: Naming each, why, and how to run the others.
    """
    lacking = []
    for found in will_run(chosen):
        try:
            found.require_search_score()
        except NoSearchScore as ex:
            lacking.append(str(ex))
    if lacking:
        raise PreflightError(
            f"-T search_score: {'; '.join(lacking)}. To run the others: mlebench-inspect list --search-score --ids "
            "[--split S] > FILE, and mlebench_inspect/all -T split_file=FILE"
        )


def will_run(chosen: Sequence[Competition]) -> list[Competition]:
    """What `--sample-id` and `--limit` leave of the competitions; all of them where a task is built from Python."""
    typed = command_line()
    if typed.limit is None and typed.sample_id is None:
        return list(chosen)
    samples = MemoryDataset([Sample(id=c.id, input="") for c in chosen])
    ids = {s.id for s in selected(samples, typed)}
    return [c for c in chosen if c.id in ids]


def tell_estimate(competitions: int, share: Division, has: Machine, time_limit: float) -> None:
    """Says on stderr how a run that was typed divides the engine, and what it will take if it is long.

    Args:
        competitions: How many will run.
        share: What runs at once.
        has: The machine that samples run on.
        time_limit: Seconds of each sample, unless one was typed.
    """
    typed = command_line()
    if typed.command is None:
        return
    long = estimate(competitions, typed, share.settings, share.at_once, time_limit)
    for told in (words(share, has) if has.is_engine else None, long if typed.command != "eval-retry" else None):
        if told:
            click.echo(f"mlebench_inspect: {told}", err=True)
