"""What Inspect demands of the Docker engine, and what hardware the engine has."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator

from mlebench_inspect.doctor.finding import Finding
from mlebench_inspect.sandboxes.engine import Engine, host_machine
from mlebench_inspect.sandboxes.host import run_bounded

# Before it mounts a folder read-only, which every sample here needs, Inspect demands at least these
ENGINE, COMPOSE, KERNEL, API = (25,), "2.24.0", (5, 12), (1, 44)
_INSTALL = "https://docs.docker.com/engine/install/"


def examine_engine(engine: Engine) -> Iterator[Finding]:
    """What Inspect demands of the engine, and the hardware that samples can have of it.

    Args:
        engine: What the engine told of itself.
    """
    yield _version(engine)
    if not engine.is_podman:
        kernel = _numbers(engine.kernel)
        known = engine.kernel or "unknown"
        if kernel < KERNEL:
            text = f"{known} is too old for read-only mounts; run Docker on Linux {_dotted(KERNEL)} or newer"
            yield Finding("kernel", "missing", text)
        else:
            yield Finding("kernel", "ok", known)
        yield _runtime(engine)
    yield from _api()
    yield from _hardware(engine)


def _version(engine: Engine) -> Finding:
    text = ", ".join([engine.version, *engine.kinds, engine.system])
    if engine.is_podman:
        mend = f"give -T sandbox=podman, or install Docker Engine {_dotted(ENGINE)} or newer: {_INSTALL}"
        return Finding("docker", "missing", f"{text}: Inspect takes no Podman for a Docker engine; {mend}")
    if not _semantic(engine.version) or _numbers(engine.version, r"(\d+)") < ENGINE:
        mend = f"install {_dotted(ENGINE)} or newer: {_INSTALL}"
        return Finding("docker", "missing", f"{text}: too old for read-only mounts; {mend}")
    return Finding("docker", "ok", text)


def _runtime(engine: Engine) -> Finding:
    runtime = engine.default_runtime or "unknown"
    if engine.read_only_is_recursive():
        return Finding("runtime", "ok", f"{runtime}, with recursive read-only mounts")
    return Finding(
        "runtime",
        "missing",
        f"{runtime} reports no recursive read-only mounts; install runc 1.1 or newer and make it Docker's default "
        "(until then the data are copied into each container)",
    )


def _api() -> Iterator[Finding]:
    chosen = os.environ.get("DOCKER_API_VERSION")
    if chosen is not None and _numbers(chosen, r"(\d+)\.(\d+)$") < API:
        text = f"DOCKER_API_VERSION={chosen} is below {_dotted(API)}, which read-only mounts need; unset it"
        yield Finding("api", "missing", text)


def _hardware(engine: Engine) -> Iterator[Finding]:
    here = host_machine()
    text = f"{engine.cpus} CPUs, {engine.memory / 2**30:.1f} GiB"
    if (engine.cpus, engine.memory) != (here.cpus, here.memory):
        text += f" (this host: {here.cpus} CPUs, {here.memory / 2**30:.1f} GiB)"
    limits = {"memory": engine.limits_memory, "CPUs": engine.limits_cpus, "processes": engine.limits_processes}
    unlimited = [name for name, held in limits.items() if not held]
    if unlimited:
        mend = (
            "rootless Docker needs cgroup v2 and systemd's delegation: https://docs.docker.com/engine/security/rootless"
        )
        yield Finding("hardware", "missing", f"{text}, but no limits on {', '.join(unlimited)}; {mend}")
    elif engine.cpus < 2 or engine.memory < 3.5 * 2**30:
        mend = "give the engine 2 CPUs and 4 GB or more (Docker Desktop: Settings, Resources)"
        yield Finding("hardware", "note", f"{text}: less than the preset lite; {mend}")
    else:
        yield Finding("hardware", "ok", text)


def examine_compose(docker: str) -> Finding:
    result = run_bounded([docker, "compose", "version", "--format", "json"])
    try:
        text = str(json.loads(result.stdout)["version"]).removeprefix("v")
    except (ValueError, KeyError, TypeError):
        mend = "install it: https://docs.docker.com/compose/install/"
        return Finding("compose", "missing", f"Docker Compose does not tell its version; {mend}")
    if not _semantic(text.split("+")[0], at_least=COMPOSE):
        return Finding("compose", "missing", f"{text} is too old; install {COMPOSE} or newer")
    return Finding("compose", "ok", text)


def _semantic(text: str, at_least: str = "0.0.0") -> bool:
    """Whether it is a semantic version, which alone Inspect accepts, and new enough."""
    import semver

    try:
        return semver.Version.parse(text).compare(at_least) >= 0
    except ValueError:
        return False


def _numbers(text: str, pattern: str = r"(\d+)\.(\d+)") -> tuple[int, ...]:
    """The numbers that a version begins with; none, which is older than all, where it does not fit."""
    found = re.match(pattern, text)
    return tuple(map(int, found.groups())) if found else ()


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
