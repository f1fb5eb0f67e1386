"""The main job on generated data: no account, no key, no root."""

from __future__ import annotations

from pathlib import Path

from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog

from mlebench_inspect.agents import baseline
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.data.store import default_data_dir
from mlebench_inspect.sandboxes.building import image_exists
from mlebench_inspect.sandboxes.compose import LIGHT_IMAGE

COMPETITIONS = (
    "spaceship-titanic",
    "spooky-author-identification",
    "tabular-playground-series-may-2022",
    "detecting-insults-in-social-commentary",
    "aerial-cactus-identification",
    "nomad2018-predict-transparent-conductors",
)


def run_demo(log_dir: Path, *, sandbox: str | None = None) -> tuple[EvalLog, str]:
    """Runs the baseline over some miniature competitions.

    Args:
        log_dir: Folder for the log.
        sandbox: `docker` or `local`; None: Docker where its daemon and the light image are there, else local.

    Returns:
        The log, and the sandbox that was used.
    """
    sandbox = sandbox or ("docker" if image_exists(LIGHT_IMAGE) else "local")
    task = TASKS["all"](
        competitions=list(COMPETITIONS),
        data="miniature",
        data_dir=str(default_data_dir()),
        sandbox=sandbox,
        hardware="lite",
    )
    (log,) = inspect_eval(
        task,
        model=None,
        solver=baseline(),
        log_dir=str(log_dir),
        display="none",
        time_limit=600,
    )
    return log, sandbox
