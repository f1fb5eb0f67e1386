"""Where an agent works: container settings, taking the submission out, images, what lies inside."""

from mlebench_inspect.sandboxes.compose import SandboxSettings, docker_config
from mlebench_inspect.sandboxes.extraction import Refused
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.provider import Provider
from mlebench_inspect.sandboxes.providers import PROVIDERS, provider

__all__ = ["HostError", "PROVIDERS", "Provider", "Refused", "SandboxSettings", "docker_config", "provider"]
