"""What a run was of: the facts that decide about its results, and a digest by which runs are told apart.

Results are pooled into one figure only where the digests are equal, or where the user names the fields to leave out.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalLog, EvalSpec, read_eval_log_async
from pydantic import BaseModel

from mlebench_inspect._inspect import running
from mlebench_inspect.data.errors import PreparationError
from mlebench_inspect.data.manifest import Manifest
from mlebench_inspect.data.store import Store
from mlebench_inspect.tasks import Competition

_LIMITS = ("message_limit", "token_limit", "cost_limit", "turn_limit", "time_limit", "working_limit")
_PARALLEL = ("max_samples", "max_tasks", "max_subprocesses", "max_sandboxes")
_CLIENT = ("max_connections", "adaptive_connections", "max_retries", "timeout", "attempt_timeout")
_CONDITIONS = ("description", "search_score")
_GIVEN = ("image_id", "cpus", "memory", "shm_size", "gpus", "network", "runtime", "user")
GIVEN_FIELDS = tuple(f"given_{name}" for name in _GIVEN)
"""Fields that only a sample that was set up has: what the provider says that its sandbox was given."""


class Identity(BaseModel):
    """What one sample was run with."""

    fields: dict[str, Any] = {}
    """What decides about a result: solver and model with their arguments, limits, settings, what the sandbox was
    given, revision and kind of data."""
    noted: dict[str, Any] = {}
    """What is kept and shown but keeps no runs apart: versions, parallelism."""
    data: dict[str, Any] = {}
    """Of the competition's data: `manifest` and `recipe` of the prepared files, SHA-256 of the `answers`, and of the
    `held_back` labels where candidates were scored on some."""

    @property
    def digest(self) -> str:
        """Of `fields`; see `digest`."""
        return digest(self.fields)


def digest(fields: Mapping[str, Any], without: Iterable[str] = ()) -> str:
    """SHA-256 of the fields as JSON with sorted keys, as hex digits; None and empty values count as not there."""
    left = {k: v for k, v in fields.items() if k not in set(without) and v not in (None, {}, [], "")}
    return hashlib.sha256(json.dumps(left, sort_keys=True, default=str).encode()).hexdigest()


def differences(these: Mapping[str, Any], those: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields in which two identities differ, with both values."""
    names = sorted({*these, *those})
    return {n: (these.get(n), those.get(n)) for n in names if digest({n: these.get(n)}) != digest({n: those.get(n)})}


def fields_of(header: EvalLog, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The deciding facts in a log's header, and what the provider says that a sample's sandbox was given."""
    spec = header.eval
    about = spec.metadata or {}
    step = header.plan.steps[-1] if header.plan.steps else None
    solver, arguments = spec.solver, spec.solver_args
    if solver is None and step is not None:  # the task's own
        solver, arguments = step.solver, step.params
    found: dict[str, Any] = {
        "solver": (solver or "?").removeprefix("mlebench_inspect/"),
        "solver_args": arguments,
        "model": spec.model,
        "model_args": spec.model_args,
        "model_roles": {k: _plain(v) for k, v in (spec.model_roles or {}).items()},
        "generation": {k: v for k, v in _plain(spec.model_generate_config).items() if k not in _CLIENT},
        "limits": {k: v for k in _LIMITS if (v := _plain(getattr(spec.config, k, None))) is not None},
        **{k: about.get(k) for k in ("data", "revision", "sandbox", "settings", "max_submission_bytes", *_CONDITIONS)},
    }
    return found | {f"given_{k}": given[k] for k in _GIVEN if given and k in given}


def conditions_of(fields: Mapping[str, Any]) -> str:
    """What sets a run apart from one of the benchmark as published, in words; empty for most."""
    told = []
    if fields.get("description") == "obfuscated":
        told.append("obfuscated description")
    if fields.get("search_score"):
        told.append(f"search score {fields['search_score']:g}")
    return ", ".join(told)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value.model_dump(mode="json", exclude_none=True) if isinstance(value, BaseModel) else value


def noted_of(spec: EvalSpec) -> dict[str, Any]:
    """What is worth knowing of a log's header but keeps no runs apart."""
    return {
        "packages": spec.packages,
        "parallel": {k: v for k in _PARALLEL if (v := getattr(spec.config, k, None)) is not None},
        "revision": spec.revision.commit if spec.revision else None,
    }


_HEADERS: dict[str, EvalLog] = {}  # of running evaluations, read once for all their samples


async def running_header() -> EvalLog | None:
    """The header of the running evaluation's log, which Inspect writes before the first sample."""
    now = running()
    if now is None:
        return None
    if now.eval_id not in _HEADERS:
        header = await read_eval_log_async(now.log_location, header_only=True)
        while len(_HEADERS) >= 16:
            _HEADERS.pop(next(iter(_HEADERS)))
        _HEADERS[now.eval_id] = header
    return _HEADERS[now.eval_id]


def data_facts(store: Store, found: Competition) -> dict[str, Any]:
    """Which data a sample sees and is graded against. Reads the answers; blocks."""
    try:
        manifest = Manifest.read(store.prepared(found))
    except PreparationError:
        manifest = None
    held_back = {} if store.search_score is None else {"held_back": answers_digest(store.held_back(found))}
    return {
        **held_back,
        "answers": answers_digest(store.private(found)),
        "manifest": manifest_digest(manifest) if manifest else None,
        "recipe": manifest.recipe if manifest else None,
        "verified": manifest.verified if manifest else "no",
    }


def manifest_digest(manifest: Manifest) -> str:
    """Of the prepared files' sizes and sums, and of the seed of miniature data."""
    facts = manifest.model_dump(mode="json", include={"competition", "data", "revision", "seed", "files"})
    return digest(facts)


_ANSWERS: dict[tuple[Any, ...], str] = {}


def answers_digest(private: Path) -> str:
    """SHA-256 over names and contents of the files below a folder of answers; read again only when one was changed.

    Raises:
        OSError: They cannot be read.
    """
    files = sorted(p for p in private.rglob("*") if p.is_file())
    if not files:
        raise FileNotFoundError(2, "there are no answers", str(private))
    stats = [os.stat(p) for p in files]
    key = tuple((str(p), s.st_ino, s.st_size, s.st_mtime_ns) for p, s in zip(files, stats, strict=True))
    if key not in _ANSWERS:
        total = hashlib.sha256()
        for path in files:
            with open(path, "rb") as source:
                total.update(f"{path.relative_to(private).as_posix()}\0".encode())
                total.update(hashlib.file_digest(source, "sha256").digest())
        while len(_ANSWERS) >= 256:
            _ANSWERS.pop(next(iter(_ANSWERS)))
        _ANSWERS[key] = total.hexdigest()
    return _ANSWERS[key]
