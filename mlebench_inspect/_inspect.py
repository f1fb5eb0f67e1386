# inspect-evals-lint: ignore-file[IECQ001] -- the one seam; why there is no public way stands at each import
"""The one seam to what is private or young in Inspect. Nothing else of this package imports from `inspect_ai._...`.

Each function says what it does where the interface is gone: `tests/test_inspect_seam.py` holds both ways.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from json import JSONDecodeError
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary
from zipfile import ZipFile

import click
from inspect_ai.dataset import Dataset
from inspect_ai.log import EvalLog, read_eval_log, read_eval_log_sample_summaries
from inspect_ai.model import Model
from inspect_ai.util import ComposeConfig, SandboxEnvironment, sandbox
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, from_json
from rich.markup import escape

from mlebench_inspect.plain import without_surrogates


class Running(NamedTuple):
    """The evaluation that the calling code runs in."""

    eval_id: str
    """Of this evaluation; another one when the run is taken up again."""
    log_location: str


def running() -> Running | None:
    """The evaluation of the running sample; None outside of one, or where Inspect does not tell."""
    try:
        # private: the running sample's evaluation is told to nobody by public functions
        from inspect_ai.log._samples import sample_active

        active = sample_active()
        return Running(active.eval_id, active.log_location) if active else None
    except (ImportError, AttributeError):
        return None


# What is called first in a running sample; calls of other samples are not looked at.
_MODEL_CHECKS: WeakKeyDictionary[object, Callable[[Model], None]] = WeakKeyDictionary()
_ROOM_MAKERS: WeakKeyDictionary[object, Callable[[str, str | None], Awaitable[None]]] = WeakKeyDictionary()
_JUDGING: ContextVar[bool] = ContextVar("mlebench_judging", default=False)
_HEADER, _SUMMARIES = "header.json", "summaries.json"  # members of a finished log
_REQUESTS = ("generate", "compact")
"""Methods of a model that send a request with which it can act."""


def check_model_calls(check: Callable[[Model], None]) -> bool:
    """Has a check called before every request to any model in the running sample; what it raises ends the call.

    Inspect's hooks cannot do that: what they raise is only logged.

    Returns:
        Whether that is so; False outside of a sample, or where Inspect does not tell which sample runs.
    """
    active = _active()
    if active is None:
        return False

    async def first(model: Model, *args: Any, **options: Any) -> None:
        now = None if _JUDGING.get() else _active()  # None also outside of samples, which is no concern of ours
        wanted = _MODEL_CHECKS.get(now) if now is not None else None
        if wanted is not None:
            wanted(model)

    for name in _REQUESTS:
        _precede(Model, name, first)
    _MODEL_CHECKS[active] = check
    return True


@contextmanager
def judging() -> Iterator[None]:
    """Within it a model is called by this package's judge and not by an agent: no check of calls is made."""
    token = _JUDGING.set(True)
    try:
        yield
    finally:
        _JUDGING.reset(token)


def judge_of(evaluated: str | None) -> Model | None:
    """The model that the user named for judging; None where there is none.

    That is the role `judge`, or the model of `--scan-model`. Scout's active model is the evaluated one where nobody
    named another, so it counts only where the command line or the environment names it, or where it is no model of
    the run.

    Args:
        evaluated: Name of the evaluated model.
    """
    try:
        # private: `get_model()` makes a model where there is none; this only looks
        from inspect_ai.model._model import active_model, model_roles
    except ImportError:
        return None
    roles = {role: found[0] if isinstance(found, list) else found for role, found in model_roles().items()}
    if "judge" in roles:
        return roles["judge"]
    active = active_model()
    if active is None or str(active) in ("none/none", "none"):
        return None
    context = click.get_current_context(silent=True)
    given = context.params if context else {}
    named = given.get("scan_model") or (context and context.info_name == "scan" and given.get("model"))
    of_the_run = {evaluated, *map(str, roles.values())}
    is_named = bool(named or os.environ.get("SCOUT_SCAN_MODEL"))
    return active if is_named or (running() is not None and str(active) not in of_the_run) else None


def register_scanner(name: str, build: Callable[..., Any]) -> None:
    """Makes a scanner known to Inspect and Scout by its name, before anything of Scout is loaded.

    Args:
        name: Without the package's.
        build: Returns the scanner.
    """
    try:
        # private: Scout's decorator would load Scout whenever tasks are listed
        from inspect_ai._util.registry import RegistryInfo, registry_add
    except ImportError:
        return
    registry_add(build, RegistryInfo(type="scanner", name=f"mlebench_inspect/{name}"))


def forget_read_logs() -> None:
    """Has Scout read logs anew that were written since this process read them; nothing where it keeps none."""
    try:
        from inspect_scout._util import caching_async_zip

        caching_async_zip._cache.clear()
    except (ImportError, AttributeError):
        return


def mend_answers(model: Model) -> None:
    """Has lone surrogates in whatever a model's provider answers replaced before Inspect sees it.

    Inspect cannot write them, and a whole evaluation ends without its samples. An answer that cannot be read at all
    (no UTF-8, no JSON) is one of the faults after which Inspect asks again.
    """
    api = model.api
    if hasattr(api.generate, "is_mended"):
        return
    generate, should_retry = api.generate, api.should_retry

    @functools.wraps(generate)
    async def mended(*args: Any, **options: Any) -> Any:
        answer = await generate(*args, **options)
        return tuple(map(_whole, answer)) if isinstance(answer, tuple) else _whole(answer)

    @functools.wraps(should_retry)
    def unreadable_too(error: Exception) -> Any:
        return isinstance(error, UnicodeDecodeError | JSONDecodeError) or should_retry(error)

    mended.is_mended = True  # type: ignore[attr-defined]
    api.generate = mended  # type: ignore[method-assign]
    api.should_retry = unreadable_too  # type: ignore[method-assign,assignment]


def _whole(answer: Any) -> Any:
    """A model's output, or the call by which it was had, without lone surrogates."""
    if not isinstance(answer, BaseModel):
        return answer
    try:
        answer.model_dump_json()
        return answer
    except PydanticSerializationError:
        return type(answer).model_validate(without_surrogates(answer.model_dump()))


def before_each_service(make_room: Callable[[str, str | None], Awaitable[None]]) -> bool:
    """Has `make_room` called with name and user of each service that is about to start in the running sample's sandbox.

    Returns:
        Whether that is so; False outside of a sample, or where Inspect starts its services in another way.
    """
    try:
        # private: the service's folder can be taken by an agent, and only its class knows when it begins
        from inspect_ai.util._sandbox.service import SandboxService
    except ImportError:
        return False
    active = _active()
    if active is None:
        return False

    async def first(service: Any, *args: Any, **options: Any) -> None:
        now = _active()
        wanted = _ROOM_MAKERS.get(now) if now is not None else None
        if wanted is not None:
            await wanted(str(getattr(service, "_name", "")), getattr(service, "_user", None))

    _precede(SandboxService, "start", first)
    _ROOM_MAKERS[active] = make_room
    return True


def _active() -> object | None:
    """The running sample."""
    try:
        # private: see `running`
        from inspect_ai.log._samples import sample_active

        return sample_active()
    except (ImportError, AttributeError):
        return None


def _precede(owner: type, name: str, first: Callable[..., Awaitable[None]]) -> None:
    """Has a method of Inspect's call `first` with its own arguments; once for the process."""
    method = getattr(owner, name, None)
    if method is None or hasattr(method, "is_preceded"):
        return

    @functools.wraps(method)
    async def both(*args: Any, **options: Any) -> Any:
        await first(*args, **options)
        return await method(*args, **options)

    both.is_preceded = True  # type: ignore[attr-defined]
    setattr(owner, name, both)


def command_slots() -> int | None:
    """How many sandbox commands Inspect runs at once; None where it does not tell."""
    try:
        # private: the number of slots is readable nowhere else
        from inspect_ai.util._concurrency import concurrency_semaphores
        from inspect_ai.util._subprocess import max_subprocesses_context_var

        live = [s.concurrency for s in concurrency_semaphores() if s.name in _SLOTS]
        return min(live, default=int(max_subprocesses_context_var.get()))
    except (ImportError, AttributeError, LookupError, TypeError, ValueError):
        return None


_SLOTS = {"subprocesses": "INSPECT_EVAL_MAX_SUBPROCESSES", "docker-cli": "INSPECT_DOCKER_CLI_CONCURRENCY"}
"""What a sandbox command holds of Inspect for its whole life, and the variable that decides how many there are."""


def raise_command_slots(number: int, typed: int | None) -> None:
    """Has Inspect run at least so many sandbox commands at once in this run; nothing where that was decided by hand.

    Args:
        number: Commands.
        typed: Those of `--max-subprocesses`, if it was given.
    """
    try:
        from inspect_ai.util._concurrency import concurrency_semaphores

        semaphores = concurrency_semaphores()
    except ImportError:
        return
    for semaphore in semaphores:
        decided = _SLOTS.get(semaphore.name, "") in os.environ or (semaphore.name == "subprocesses" and typed)
        if semaphore.name in _SLOTS and not decided and semaphore.concurrency < number:
            semaphore.concurrency = number  # type: ignore[misc]  # of those that may be altered, which all here are


_AT_ONCE: WeakKeyDictionary[object, int] = WeakKeyDictionary()


def limit_sandboxes(task: object, most: int) -> bool:
    """Has Inspect run so many of Docker's sandboxes at once, unless `--max-sandboxes` says otherwise.

    This holds for as long as the task lives; of several tasks the smallest number counts.

    Returns:
        Whether that is so; False where Inspect decides it in another way.
    """
    docker = docker_sandbox()
    usual = docker.default_concurrency
    if docker is _NoDocker:
        return False
    _AT_ONCE[task] = most
    if not hasattr(usual, "is_shared_out"):

        def shared_out(cls: type[SandboxEnvironment]) -> int | None:
            return min(_AT_ONCE.values(), default=None) or usual()

        shared_out.is_shared_out = True  # type: ignore[attr-defined]
        docker.default_concurrency = classmethod(shared_out)  # type: ignore[assignment,method-assign]
    return True


class _Refusal(click.ClickException):
    """A message that click prints as it stands, in one line however long, and ends with the code for wrong usage."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"mlebench_inspect: {self.message}", file=file, err=file is None)


def prerequisite_error(message: str) -> Exception:
    """An error that is printed as it stands, without a traceback; a plain one where Inspect has none such."""
    if click.get_current_context(silent=True):
        return _Refusal(message)
    try:
        # private: Inspect prints this error alone without a traceback
        from inspect_ai._util.error import PrerequisiteError

        return PrerequisiteError(f"[bold]mlebench_inspect[/bold]: {escape(message)}")
    except ImportError:
        return RuntimeError(message)


async def sandbox_in_use() -> tuple[str | None, str]:
    """Type of the sandbox that the sample really runs in (`docker`, `local` ...), and its container's name, if any.

    The type is None where it cannot be told.
    """
    try:
        # private: Inspect has asked a moment before, which for Docker takes half a second
        known = getattr(_active(), "sandboxes", None) or {}
        connection = known.get("default") or await sandbox().connection()
        return connection.type, connection.container or ""
    except NotImplementedError:
        pass
    try:
        # private: a local sandbox has no connection to ask its kind of
        from inspect_ai.util._sandbox.local import LocalSandboxEnvironment

        sandbox().as_type(LocalSandboxEnvironment)
        return "local", ""
    except (ImportError, AttributeError, TypeError):
        return None, ""


def other_sandboxes(name: str) -> list[str] | None:
    """The sandbox providers that Inspect can find, its own and those of installed packages, if `name` is none of them.

    Returns:
        Their names; None where `name` is one of them, or where that cannot be told.
    """
    try:
        from inspect_ai._util.registry import registry_find, registry_info, registry_unqualified_name
    except ImportError:
        return None

    def named(info: Any, wanted: str | None = None) -> bool:
        return info.type == "sandboxenv" and wanted in (None, registry_unqualified_name(info))

    if registry_find(lambda info: named(info, name)):  # which looks into packages where it finds none
        return None
    return sorted({registry_unqualified_name(registry_info(found)) for found in registry_find(named)})


def docker_sandbox() -> type[SandboxEnvironment]:
    """Inspect's own Docker sandbox, to be built upon; one that only says so where it is gone."""
    try:
        from inspect_ai.util._sandbox.docker.docker import DockerSandboxEnvironment
    except ImportError:
        return _NoDocker
    return DockerSandboxEnvironment


class _Initialised:
    """Settings of sandboxes that were looked at in one batch of tasks."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()


def init_alike_once() -> bool:
    """Has Docker's images and engine looked at once for all samples that differ in nothing but what is mounted.

    Inspect does so for each sample of its own settings before the first one starts, which takes half a second each.

    Returns:
        Whether that is so; False where Inspect begins a batch of tasks in another way.
    """
    docker = docker_sandbox()
    try:
        from inspect_ai.util._sandbox.lifecycle import sandbox_lifecycle_state
    except ImportError:
        return False
    usual = docker.task_init
    if docker is _NoDocker or hasattr(usual, "is_once"):
        return docker is not _NoDocker

    async def once(cls: type[SandboxEnvironment], task_name: str, config: Any) -> None:
        batch, kind = sandbox_lifecycle_state(), _but_mounts(config)
        seen = batch.get(_Initialised).kinds if batch is not None else set()
        if kind is None or kind not in seen:
            await usual(task_name, config)
            seen.update([kind] if kind else [])

    once.is_once = True  # type: ignore[attr-defined]
    docker.task_init = classmethod(once)  # type: ignore[assignment,method-assign]
    return True


def _but_mounts(config: Any) -> str | None:
    """Compose settings without the mounts; None where Inspect may have something to build or to fetch."""
    if not isinstance(config, ComposeConfig):
        return None
    plain = config.model_dump(by_alias=True, exclude_none=True, mode="json")
    services = plain["services"].values()
    if not all(s.get("image") and s.get("x-local") and "build" not in s for s in services):
        return None
    for service in services:
        service.pop("volumes", None)
    return json.dumps(plain, sort_keys=True)


class _NoDocker(SandboxEnvironment):
    @classmethod
    async def sample_init(cls, *args: Any, **options: Any) -> dict[str, SandboxEnvironment]:
        raise RuntimeError("this version of Inspect keeps its Docker sandbox elsewhere; update mlebench-inspect")


class Files(Protocol):
    """What artefacts need of a file system; the methods block."""

    def exists(self, path: str) -> bool:
        """Whether there is such a file."""
        ...

    def mkdir(self, path: str, exist_ok: bool = False) -> None:
        """Makes a folder with its parents."""
        ...

    def get_file(self, rpath: str, lpath: str) -> None:
        """Copies to this host."""
        ...

    def put_file(self, lpath: str, rpath: str) -> None:
        """Copies from this host."""
        ...

    def rm(self, path: str) -> None:
        """Removes a file."""
        ...


def filesystem(path: str) -> Files:
    """Inspect's own file system for a path or URL, with its options; fsspec's where Inspect has none."""
    try:
        # private: only Inspect's own has the options that its logs are written with
        from inspect_ai._util.file import filesystem as inspect_filesystem

        found: Files = inspect_filesystem(path)
    except ImportError:
        import fsspec

        found = _Plain(fsspec.core.url_to_fs(path)[0])
    return found


def listed(folder: str) -> list[str]:
    """The files and folders in a folder of any file system that Inspect reads; none where it is missing."""
    try:
        # private: only Inspect's own has the options that its logs are written with
        from inspect_ai._util.file import filesystem as inspect_filesystem
    except ImportError:
        import fsspec

        plain, path = fsspec.core.url_to_fs(folder)
        names = plain.ls(path, detail=False) if plain.exists(path) else []
        return sorted(str(plain.unstrip_protocol(name) if "://" in folder else name) for name in names)
    files = inspect_filesystem(folder)
    return sorted(str(item.name).removeprefix("file://") for item in files.ls(folder)) if files.exists(folder) else []


class LogFile(NamedTuple):
    """A log of which nothing but the header is read yet."""

    header: EvalLog
    summaries: Callable[[], list[dict[str, Any]]]
    """Of its samples, as they are stored: not validated, in the form of their JSON."""


@contextmanager
def open_log(location: str) -> Iterator[LogFile]:
    """Reads a log's header, and its samples' summaries when they are asked for within the block.

    Inspect's reading of summaries shortens each of their texts once more, which takes ten times as long as all else.
    So the two members of a finished log that hold both are read as they are, and whatever lacks them through Inspect.
    """
    if location.endswith(".eval"):
        with opened(location) as file, ZipFile(file) as archive:
            if {_HEADER, _SUMMARIES} <= set(archive.namelist()):
                header = EvalLog.model_validate(from_json(archive.read(_HEADER)))
                yield LogFile(header, lambda: _newest(from_json(archive.read(_SUMMARIES))))
                return
    header = read_eval_log(location, header_only=True)
    yield LogFile(header, lambda: [s.model_dump(mode="json") for s in read_eval_log_sample_summaries(location)])


def _newest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last row of each sample, as Inspect takes it where one was run again."""
    return list({(str(row["id"]), row["epoch"]): row for row in rows}.values())


def opened(location: str) -> AbstractContextManager[IO[bytes]]:
    """A file of any file system that Inspect reads, with its options; read in blocks, so that not all is fetched."""
    if "://" not in location:
        return open(location, "rb")
    try:
        # private: only Inspect's own has the options that its logs are written with
        from inspect_ai._util.file import file
    except ImportError:
        import fsspec

        found: AbstractContextManager[IO[bytes]] = fsspec.open(location, "rb")
        return found
    return file(location, "rb")


class _Plain:
    def __init__(self, fs: Any) -> None:
        self._fs = fs

    def exists(self, path: str) -> bool:
        return bool(self._fs.exists(path))

    def mkdir(self, path: str, exist_ok: bool = False) -> None:
        self._fs.makedirs(path, exist_ok=exist_ok)

    def get_file(self, rpath: str, lpath: str) -> None:
        self._fs.get_file(rpath, lpath)

    def put_file(self, lpath: str, rpath: str) -> None:
        self._fs.put_file(lpath, rpath)

    def rm(self, path: str) -> None:
        self._fs.rm(path)


class CommandLine(NamedTuple):
    """What was typed that decides over a run, as far as the task being built can know it."""

    command: str | None = None
    """`eval`, `eval-set` or `eval-retry`; None outside of them."""
    limit: int | tuple[int, int] | None = None
    sample_id: list[str] | None = None
    sandbox: str | None = None
    solver: str | None = None
    model: str | None = None
    epochs: int = 1
    time_limit: int | None = None
    """Seconds."""
    max_samples: int | None = None
    max_sandboxes: int | None = None
    model_roles: tuple[str, ...] = ()
    """Names of the roles that models were given."""
    max_connections: int | None = None
    tasks_at_once: int = 1
    """At most; the models of a task count as tasks."""
    keeps_sandboxes: bool = False
    checkpoint: str | None = None
    """As it was typed; `default` where that was the option alone."""
    log: str | None = None
    """What `eval-retry` takes up again, if that is one log."""


def command_line() -> CommandLine:
    """Options of the `inspect` command that is running; empty outside of one (from Python, say)."""
    context = click.get_current_context(silent=True)
    given: dict[str, Any] = dict(context.params) if context else {}
    command = context.info_name if context and context.info_name in ("eval", "eval-set", "eval-retry") else None
    try:
        if given.get("log_files"):  # `inspect eval-retry LOG`: what the log's run was told
            logs = [str(log) for log in given["log_files"]]
            config = read_eval_log(logs[0], header_only=True).eval.config
            ids = config.sample_id
            return CommandLine(
                command,
                config.limit,
                [str(i) for i in (ids if isinstance(ids, list) else [ids])] if ids is not None else None,
                epochs=config.epochs or 1,
                max_samples=given.get("max_samples") or config.max_samples,
                max_sandboxes=given.get("max_sandboxes") or config.max_sandboxes,
                max_connections=given.get("max_connections"),
                tasks_at_once=min(len(given["log_files"]), given.get("max_tasks") or config.max_tasks or 1),
                checkpoint=given.get("checkpoint") or None,
                log=logs[0] if len(logs) == 1 else None,
            )
        return CommandLine(
            command,
            _limit(given.get("limit")),
            _ids(given.get("sample_id")),
            given.get("sandbox") or None,
            given.get("solver") or None,
            given.get("model") or None,
            given.get("epochs") or 1,
            given.get("time_limit"),
            given.get("max_samples"),
            given.get("max_sandboxes"),
            tuple(str(role).partition("=")[0].strip() for role in given.get("model_role") or ()),
            given.get("max_connections"),
            _tasks_at_once(command, given),
            bool(given.get("no_sandbox_cleanup")),
            checkpoint=given.get("checkpoint") or None,
        )
    except (OSError, ValueError, TypeError):  # Inspect itself tells what is wrong with them
        return CommandLine(command)


def _tasks_at_once(command: str | None, given: dict[str, Any]) -> int:
    """As Inspect has it where nothing is said: as many as there are models, in a set of tasks 10."""
    models = len(str(given.get("model") or "").split(","))
    tasks = max(1, len(given.get("tasks") or ())) * models
    most = given.get("max_tasks") or (max(models, 10) if command == "eval-set" else models)
    return min(tasks, int(most))


def _limit(value: object) -> int | tuple[int, int] | None:
    if value is None or isinstance(value, int):
        return value
    numbers = [int(n) for n in str(value).split("-")]
    return numbers[0] if len(numbers) == 1 else (numbers[0] - 1, numbers[1])


def _ids(value: object) -> list[str] | None:
    if value is None:
        return None
    parts: Sequence[object] = value if isinstance(value, list | tuple) else str(value).split(",")
    return [str(p).strip() for p in parts] or None


def selected(dataset: Dataset, typed: CommandLine) -> Dataset:
    """The samples that a command line selects; all where Inspect's own way of choosing is gone."""
    try:
        # private: what `--limit` and `--sample-id` select must be known before the run
        from inspect_ai._eval.task.util import slice_dataset
    except ImportError:
        return dataset
    try:
        return slice_dataset(dataset, typed.limit, typed.sample_id)
    except Exception:  # ids that select nothing: Inspect says so itself
        return dataset


class Restic(NamedTuple):
    """The program that keeps checkpoints."""

    version: str
    path: Path
    """Where Inspect looks for it, and puts what it downloads."""


def restic() -> Restic | None:
    """The restic that Inspect wants on this host; None where it does not tell."""
    try:
        # private: what checkpoints need is looked for before a run
        from inspect_ai.util._restic.resolver import _current_platform, _version, cache_path

        return Restic(_version(), cache_path(_current_platform()))
    except (ImportError, AttributeError, RuntimeError, OSError):
        return None


def fetch_restic() -> None:
    """Downloads the restic that Inspect wants, unless it is there; nothing where Inspect does not tell. Blocks.

    Raises:
        RuntimeError: It cannot be had.
    """
    try:
        # private: the public way to fetch it is a command alone
        from inspect_ai.util._restic.resolver import _current_platform, _resolve_blocking
    except ImportError:
        return
    _resolve_blocking(_current_platform())


def captured_by_inspect(typed: str | None, sandbox_name: str) -> bool:
    """Whether checkpoints as they were typed would have Inspect itself copy a sandbox; False where it cannot be told.

    Args:
        typed: Value of `--checkpoint`.
        sandbox_name: Name of the sandbox.
    """
    try:
        # private: settings in a file are looked at before a run
        from inspect_ai.util._checkpoint.parse_cli import parse_checkpoint

        config = parse_checkpoint(typed)
    except Exception:  # Inspect itself tells what is wrong with it
        return False
    return config is not None and _captures(config.sandbox_paths, sandbox_name)


def _captures(paths: Any, sandbox_name: str) -> bool:
    """Whether a setting of paths, where there is one, leaves a sandbox to Inspect."""
    if paths is None:
        return False
    found = paths.get(sandbox_name)
    return (found if isinstance(found, list) else getattr(found, "paths", None)) != []


def checkpoints_folder(log: str) -> str:
    """Where the checkpoints of a log lie, unless they were put elsewhere."""
    try:
        # private: where checkpoints lie is said nowhere else
        from inspect_ai._util.log_layout import eval_checkpoints_dir

        return str(eval_checkpoints_dir(log, None))
    except ImportError:
        return f"{log.removesuffix('.eval')}.checkpoints"


class Checkpoints(NamedTuple):
    """How the running sample is kept."""

    folder: Path
    """What lies there when a checkpoint is made belongs to it, and is there again when the sample is taken up."""
    most: int
    """Bytes that may be taken out of a sandbox at once."""
    captures: bool
    """Whether Inspect itself copies the sandbox."""
    resuming: bool
    """Whether the sample goes on from one."""


def checkpoints(sandbox_name: str = "default") -> Checkpoints | None:
    """Of the running sample; None where none are made.

    Raises:
        RuntimeError: Inspect does not tell where it keeps them.
    """
    active = _active()
    setup = getattr(active, "checkpointer", None)
    config = getattr(setup, "_config", None)
    if setup is None or config is None:
        return None
    try:
        # private: the agent's files are kept with the rest of a checkpoint, whose folder is told nobody
        from inspect_ai._util.log_layout import eval_checkpoints_dir
        from inspect_ai.util._checkpoint._layout import staging_dir
        from inspect_ai.util._checkpoint._layout.sample_checkpoints_dir import sample_checkpoints_dir

        of_eval = eval_checkpoints_dir(setup._log_location, config.checkpoints_location)
        root = sample_checkpoints_dir(of_eval, setup._sample_id, setup._epoch)
        if staging_dir.is_remote_destination(root):
            root = staging_dir.sample_staging_dir(setup._log_location, setup._sample_id, setup._epoch)
        folder = Path(staging_dir.context_dir(root.removeprefix("file://")))
        captures = config.sandbox_paths.get(sandbox_name) != []
        return Checkpoints(folder, config.max_sandbox_snapshot_bytes, captures, setup._resume_checkpoint is not None)
    except (ImportError, AttributeError) as ex:
        raise RuntimeError(f"this version of Inspect does not tell where its checkpoints lie ({ex})") from ex


# What a sample was set up with, so that it can be told again after its store is put back.
_SET_UP: WeakKeyDictionary[object, Any] = WeakKeyDictionary()


def keep_for_sample(value: Any) -> None:
    """Keeps something for as long as the running sample lasts, outside of its store; nothing outside of a sample."""
    active = _active()
    if active is not None:
        _SET_UP[active] = value


def kept_for_sample() -> Any:
    """What was kept; None where nothing was."""
    active = _active()
    return None if active is None else _SET_UP.get(active)
