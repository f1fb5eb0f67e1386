"""What is asked for in GPUs, against what there is: looked at before anything starts."""

from __future__ import annotations

from pathlib import Path

from mlebench_inspect._inspect import command_line
from mlebench_inspect.gpus.devices import NoGpus, devices
from mlebench_inspect.sandboxes.compose import SandboxSettings, docker_config
from mlebench_inspect.sandboxes.gpus import gpus_wanted


def samples_with_gpus(settings: SandboxSettings, samples: int) -> int | None:
    """How many samples there are GPUs for at once.

    Args:
        settings: Of a sample's sandbox.
        samples: How many will run.

    Returns:
        None where they want none, and for a task that is built from Python, which may run elsewhere.

    Raises:
        NoGpus: There are none, or fewer than one sample wants; the message tells what there is.
    """
    typed = command_line()
    number = gpus_wanted(docker_config(settings, Path("/")))
    if not number:
        if settings.gpu_ids:
            raise NoGpus("gpu_ids says which GPUs samples are given; say how many each of them gets: -T gpus=N")
        return None
    if typed.command is None:
        return None
    if typed.sandbox:
        raise NoGpus(f"--sandbox {typed.sandbox} would give the same GPUs to all samples; leave it out")
    pool = devices(settings.gpu_ids)
    if number > len(pool):
        raise NoGpus(
            f"{number} GPUs for each sample are more than there are ({', '.join(d.id for d in pool)}); "
            f"give at most -T gpus={len(pool)}"
        )
    suffice = len(pool) // (number if number > 0 else len(pool))
    if typed.keeps_sandboxes and samples > suffice:
        raise NoGpus(
            f"--no-sandbox-cleanup keeps the GPUs of samples that have ended, and there are some for {suffice}"
        )
    return suffice
