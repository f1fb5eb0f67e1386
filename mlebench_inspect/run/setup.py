"""What is done in every sample before the agent starts, whichever agent that is."""

from __future__ import annotations

import contextlib
import functools
import gc
import logging
import time
import uuid

import anyio.to_thread
from inspect_ai.log import EvalLog, EvalSpec
from inspect_ai.model import Model, ModelName
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import SandboxEnvironment, sample_limits

from mlebench_inspect._inspect import check_model_calls, command_slots, raise_command_slots, sandbox_in_use
from mlebench_inspect.data.store import Store
from mlebench_inspect.models import prepare_model
from mlebench_inspect.run import workers
from mlebench_inspect.run.artifacts import KEEP_FREE, Archive
from mlebench_inspect.run.descriptions import description_file
from mlebench_inspect.run.endpoint import keep_room_for_services, serve_endpoint
from mlebench_inspect.run.environment import Environment, look_around
from mlebench_inspect.run.gpu_probe import look_for_gpus
from mlebench_inspect.run.identity import Identity, data_facts, fields_of, noted_of, running_header
from mlebench_inspect.run.instructions import TIME_PLACE, time_budget
from mlebench_inspect.run.outcome import SubmissionRecord
from mlebench_inspect.run.plan import Plan
from mlebench_inspect.run.programs import name_the_mend_of_installs
from mlebench_inspect.run.resume import goes_on, remember
from mlebench_inspect.run.snapshots import MOST, MOST_BYTES, Bounds, Watch
from mlebench_inspect.run.validation import Validation
from mlebench_inspect.run.watching import agents_at_work, start_watching, too_few_commands, too_many_samples, watch_disk
from mlebench_inspect.sandboxes.host import HostError
from mlebench_inspect.sandboxes.packing import PublicData
from mlebench_inspect.sandboxes.provider import Provider, complaint, guest_file
from mlebench_inspect.sandboxes.providers import PROVIDERS, provider
from mlebench_inspect.tasks import Competition, competition

logger = logging.getLogger(__name__)
COMMANDS = 8
"""Of each sample that run at once: an agent's tool calls, its long trainings, and what serves it."""
SHORTEST = 120
"""Seconds of time limit below which half of it, which Inspect gives to scoring, may not suffice on a busy host."""
_warned: set[str] = set()


class NoIsolation(RuntimeError):
    """A model was about to act in a sandbox that isolates nothing, or in another than the task was built for."""


@solver
def prepare_sample(
    data_dir: str | None,
    data: str,
    revision: str,
    max_submission_bytes: int,
    snapshot_every: float | None,
    *,
    max_snapshots: int = MOST,
    max_snapshot_bytes: int = MOST_BYTES,
    keep_free_bytes: int = KEEP_FREE,
    max_disk_bytes: int = 0,
    allow_local: bool = False,
    search_score: float | None = None,
) -> Solver:
    """Checks and records the sandbox, tells the agent its time, makes the submission check ready, starts the snapshots.

    Args:
        data_dir: Data folder.
        data: `real` or `miniature`.
        revision: Revision of the prepared data.
        max_submission_bytes: Larger submissions are invalid.
        snapshot_every: Seconds between snapshots; None for none.
        max_snapshots: Most that are kept.
        max_snapshot_bytes: Most bytes of all of them.
        keep_free_bytes: Bytes that whatever is no submission must leave free in the log's folder.
        max_disk_bytes: Ends a sample that writes more to its disk; 0 for no limit.
        allow_local: Let a model act in a sandbox without isolation.
        search_score: Share of the training data that is held back to score candidates on.

    Raises:
        NoIsolation: A model is to act without isolation, or in another sandbox than the task was built for.
        UnfitSandbox: The image lacks what every run needs.
        HostError: The sandbox, the log or the answers cannot be reached.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        meta, found = state.metadata, competition(state.metadata["competition"])
        box = provider(meta["provider"])
        resumes = goes_on()
        record = state.store_as(SubmissionRecord)
        kind, container = await sandbox_in_use()
        await _require_isolation(state, box, kind, record, allow_local)
        with contextlib.suppress(HostError):  # whoever needs one then will tell
            workers.prepare()
        store = Store.open(data_dir, data, revision, search_score)  # type: ignore[arg-type]
        record.handle, record.attempt = await box.handle(container), uuid.uuid4().hex[:8]
        record.log_folder = Archive.of_run().root
        record.time_limit, record.keep_free = sample_limits().time.limit, keep_free_bytes
        environment = state.store_as(Environment)
        environment.given, environment.apart = await box.settle(record.handle)
        shown = PublicData(store.public(found), description_file(found, store.revision, meta.get("description")))
        environment.apart |= await box.bring(record.handle, shown, copy=meta.get("data_transport") == "copy")
        check = state.store_as(Validation)
        check.competition_id, check.provider = found.id, box.name
        check.data_dir, check.data, check.revision = data_dir, data, revision
        check.max_bytes, check.search_score = max_submission_bytes, search_score
        message = state.user_prompt
        message.text = message.text.replace(TIME_PLACE, time_budget(record.time_limit), 1)
        place, proof = box.commands(record.handle), f"{box.paths.data}/{readable_proof(found)}"
        try:
            await _furnish(place, box, message.text, scores=search_score is not None)
        except HostError as ex:
            if environment.apart.get("other_user", True):
                raise
            environment.apart["not_furnished"] = str(ex)  # the agent is told all of it; its tools need no file
        environment.seen = await look_around(place, box.paths, proof)
        environment.frameworks = await look_for_gpus(place, environment.given, environment.seen)
        record.gpus = environment.gpus
        header = await _identify(record, environment, store, found)
        start_watching(box, record.handle)
        name_the_mend_of_installs()
        spare_the_collector()
        if box.root:
            await serve_endpoint(box, record.handle, check)
            keep_room_for_services(box, record.handle)
        if max_disk_bytes:
            watch_disk(box, record.handle, max_disk_bytes)
        _make_room(record.time_limit, header.eval)
        record.started = time.time()
        snapshots = None
        if snapshot_every:
            bounds = Bounds(max_snapshots, max_snapshot_bytes, keep_free_bytes)
            snapshots = Watch(state, box, every=snapshot_every, max_bytes=max_submission_bytes, bounds=bounds)
            if not resumes:  # else it begins when those of before are there again
                snapshots.start()
        remember(state, snapshots.start if snapshots else None)
        return state

    return solve


@functools.cache
def spare_the_collector() -> None:
    """Has the garbage collector pass over what is loaded by now, once for the process.

    Inspect and the providers' packages are some 350,000 objects that stay. Looking through them takes 0.3 seconds, in
    which every sample of the process waits, and happens again and again in a long run.
    """
    gc.freeze()


def readable_proof(found: Competition) -> str:
    """A file of the public data, relative to it, by which the agent's user can be seen to have access.

    The sample submission, or the description where the public data holds that only in an archive.
    """
    folder, _, name = found.sample_submission.partition("/")
    return name if folder == "public" else "description.md"


async def _require_isolation(
    state: TaskState, box: Provider, runs_in: str | None, record: SubmissionRecord, allow_local: bool
) -> None:
    if runs_in in PROVIDERS and runs_in != box.name:  # others may call their connections as they like
        raise NoIsolation(
            f"the sample runs in the sandbox {runs_in}, but the task was built for {box.name}, whose data and "
            f"isolation it lacks; give -T sandbox={runs_in} in place of --sandbox"
        )

    def refuse(model: Model | ModelName) -> None:
        name = model if isinstance(model, ModelName) else ModelName(model)
        if name.api not in ("none", "mockllm"):
            record.model_refused = (
                f"the {box.name} sandbox isolates nothing: the model {name} could read the answers and change "
                "your files. Use -T sandbox=docker, --model none for a solver that calls no model, or insist with "
                "-T allow_local=true"
            )
            raise NoIsolation(record.model_refused)

    refused = not box.isolated and not allow_local
    if refused:
        refuse(state.model)

    def check(model: Model) -> None:
        if refused:
            refuse(model)
        prepare_model(model)

    check_model_calls(check)  # whichever others an agent takes


_PUT = """
umask 022
while [ $# -gt 0 ]; do
  printf %s "$2" >"$1.part" && chmod 755 "$1.part" && mv -f "$1.part" "$1" || { echo "$1" >&2; exit 1; }
  shift 2
done
"""


async def _furnish(place: SandboxEnvironment, box: Provider, instructions: str, *, scores: bool) -> None:
    """Puts the instructions and, where there is an endpoint, its scripts into the sandbox, readable for all."""
    files = {box.paths.instructions: instructions}
    if box.root:
        for path in (box.paths.check, *([box.paths.score] if scores else [])):
            files[path] = guest_file("validate_submission.sh")  # which goes by its name
    pairs = [part for file in files.items() for part in file]
    result = await place.exec(["/bin/sh", "-c", _PUT, "sh", *pairs], user=box.root, timeout=120)
    if not result.success:
        raise HostError(f"the instructions cannot be written in the sandbox: {complaint(result)}")


async def _identify(record: SubmissionRecord, environment: Environment, store: Store, found: Competition) -> EvalLog:
    """Notes what this sample is of: the run's plan and identity, and its data by hash; returns the log's header."""
    header = await running_header()
    if header is None:
        raise HostError("Inspect does not tell which evaluation runs here; update mlebench-inspect or inspect-ai")
    try:
        facts = await anyio.to_thread.run_sync(data_facts, store, found)
    except OSError as ex:
        raise HostError(
            f"the answers of {found.id} cannot be read: {ex}; run: {store.prepare_command([found.id])}"
        ) from ex
    identity = Identity(
        fields=fields_of(header, environment.given), noted=noted_of(header.eval), data={found.id: facts}
    )
    record.plan = Plan.of(header.eval).model_dump()
    record.identity, record.digest = identity.model_dump(mode="json"), identity.digest
    record.answers_sha256 = facts["answers"]
    return header


def _make_room(time_limit: float | None, run: EvalSpec) -> None:
    """Makes room for agents' commands, and says, once for a process, what may cut a sample's time; never fails one."""
    raise_command_slots(COMMANDS * agents_at_work(), run.config.max_subprocesses)
    slots, divided = command_slots(), (run.metadata or {}).get("at_once")
    texts = [
        too_few_commands(agents_at_work(), slots) if slots is not None else None,
        too_many_samples(agents_at_work(), divided) if divided else None,
        f"a time limit of {time_limit:.0f} seconds leaves half of that to scoring; at least {SHORTEST} are advised. "
        "What was taken out is kept in any case; to grade it: inspect score LOG --scorer mlebench_inspect/mlebench "
        "--action overwrite --overwrite"
        if time_limit is not None and time_limit < SHORTEST
        else None,
    ]
    for text in texts:
        if text and text[:20] not in _warned:
            _warned.add(text[:20])
            logger.warning(text)
