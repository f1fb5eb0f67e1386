"""What Inspect's entry point loads. No side effects but names in Inspect's register, and nothing heavy is imported."""

from inspect_ai.model import ModelAPI, modelapi
from inspect_ai.util import SandboxEnvironment, sandboxenv

from mlebench_inspect.agents import (
    aide,
    baseline,
    claude_code,
    codex,
    dummy,
    gemini_cli,
    mini_swe_agent,
    mlab,
    opencode,
    openhands,
    react,
    search,
)
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.familiarity.task import familiarity, familiarity_scorer
from mlebench_inspect.run.scoring import mlebench_faults, mlebench_scorer
from mlebench_inspect.sandboxes.gpus import GPU_SANDBOX
from mlebench_inspect.violations.registering import register_scanners

register_scanners()


@modelapi(name="rehearsal")
def rehearsal() -> type[ModelAPI]:
    """`--model rehearsal/model`: a stand-in for a model, with no account and no network."""
    from mlebench_inspect.rehearsal import Rehearsal

    return Rehearsal


@sandboxenv(name=GPU_SANDBOX)
def docker_gpus() -> type[SandboxEnvironment]:
    """The sandbox of samples that have GPUs."""
    from mlebench_inspect.gpus.sandbox import DockerWithGpus

    return DockerWithGpus


__all__ = [
    "TASKS",
    "aide",
    "baseline",
    "claude_code",
    "codex",
    "docker_gpus",
    "dummy",
    "familiarity",
    "familiarity_scorer",
    "gemini_cli",
    "mini_swe_agent",
    "mlab",
    "mlebench_faults",
    "mlebench_scorer",
    "opencode",
    "openhands",
    "react",
    "rehearsal",
    "search",
]
