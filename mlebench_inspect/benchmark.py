# inspect-evals-lint: ignore-file[IEFS002] -- tasks.py is not free: `mlebench_inspect.tasks` is the catalogue
"""The Inspect tasks: `all`, the splits, and one task per competition, all from one sample factory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from inspect import signature
from pathlib import Path
from typing import Any, Literal, get_type_hints

import click
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import HeadlineMetric

from mlebench_inspect._inspect import command_line, init_alike_once, limit_sandboxes, prerequisite_error
from mlebench_inspect.agents.react import react
from mlebench_inspect.data.store import Store
from mlebench_inspect.gpus.asked import samples_with_gpus
from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.graders.submission import REVISIONS, Revision
from mlebench_inspect.options import (
    Above0,
    AtLeast1,
    AtLeast2,
    Bytes,
    Config,
    GpuIds,
    Gpus,
    Ids,
    Seconds,
    Settings,
    Share,
    Size,
    with_options,
)
from mlebench_inspect.run.artifacts import KEEP_FREE
from mlebench_inspect.run.at_once import LEAST, LEAST_ON_MINIATURES, share_out, undivided
from mlebench_inspect.run.checkpoints import check_resuming
from mlebench_inspect.run.descriptions import Wording, description_file
from mlebench_inspect.run.instructions import task_text
from mlebench_inspect.run.preflight import (
    PreflightError,
    check_agent,
    check_command_line,
    check_provider,
    check_revision,
    check_search_score,
    ensure_data,
    ensure_sandbox,
    tell_estimate,
    transport_of,
    will_run,
)
from mlebench_inspect.run.resume import OURS, on_checkpoint, on_resume
from mlebench_inspect.run.scoring import MAX_FOLDER, MAX_SUBMISSION, NAME, cleanup, mlebench_faults, mlebench_scorer
from mlebench_inspect.run.setup import prepare_sample
from mlebench_inspect.run.shards import ShardOf, check_shard, part_of
from mlebench_inspect.run.snapshots import MOST, MOST_BYTES
from mlebench_inspect.sandboxes.compose import PresetName, SandboxSettings, Transport, check_fits
from mlebench_inspect.sandboxes.engine import machine
from mlebench_inspect.sandboxes.provider import Provider
from mlebench_inspect.sandboxes.providers import provider
from mlebench_inspect.tasks import (
    CatalogueError,
    Competition,
    Split,
    competition,
    competition_ids,
    faults,
    own,
)
from mlebench_inspect.tasks import competitions as competitions_of
from mlebench_inspect.viewer import viewer_config

DAY = 24 * 3600


# Options of inspect_evals' `mle_bench`, and those that only some tasks have
ELSEWHERE = {
    "split": "name the split as the task, such as mlebench_inspect/lite",
    "split_file": "give it to mlebench_inspect/all",
    "docker_image_name": "give -T image=NAME",
    "cpu_override": "give -T cpus=N",
    "mem_override": "give -T memory=32g",
    "gpu_count": "give -T gpus=N",
    "gpu_driver": "give -T gpus=N, which needs the NVIDIA Container Toolkit",
    "sandbox_type": "give -T sandbox=docker, podman, k8s or another provider",
    "max_messages": "give Inspect's own --message-limit N",
    "skip_tos_check": "the rules are only looked at by mlebench-inspect prepare",
    "force_rebuild": "run mlebench-inspect build light",
    "solver": "give Inspect's own --solver NAME",
    "scorer": "give --scorer NAME to inspect score",
}


def benchmark(
    split: Split | None = None,
    competitions: Ids | None = None,
    *,
    split_file: str | None = None,
    shard: ShardOf | None = None,
    competitions_dir: str | None = None,
    data: Literal["real", "miniature"] = "real",
    data_dir: str | None = None,
    revision: Revision = "v1",
    description: Wording = "original",
    search_score: Share | None = None,
    prepare: bool = False,
    build: bool = False,
    sandbox: str = "docker",
    sandbox_config: Config | None = None,
    data_transport: Transport | None = None,
    hardware: PresetName = "default",
    image: str | None = None,
    cpus: Above0 | None = None,
    memory: Size | None = None,
    shm_size: Size | None = None,
    gpus: Gpus | None = None,
    gpu_ids: GpuIds | None = None,
    at_once: AtLeast1 | None = None,
    network: str | None = None,
    user: str | None = None,
    runtime: str | None = None,
    max_disk: Size | None = None,
    claim: str | None = None,
    compose_overrides: Settings | None = None,
    allow_local: bool = False,
    max_submission_bytes: Bytes = MAX_SUBMISSION,
    max_artifact_bytes: Bytes = MAX_FOLDER,
    snapshot_every: Seconds | None = None,
    max_snapshots: AtLeast2 = MOST,
    max_snapshot_bytes: Bytes = MOST_BYTES,
    keep_free_bytes: Bytes = KEEP_FREE,
) -> Task:
    """Competitions as one Inspect task. All arguments can be given on the command line with `-T name=value`.

    Args:
        split: `all`, `lite` (= `low`), `low`, `medium`, `high`, `dev`, `mle_bench_30`, or `own`: those of your own.
        competitions: Ids, as a list or with commas between; instead of a split or to choose from it.
        split_file: A split of your own in place of `all`: a file with an id a line.
        shard: Which part of the whole this run is, such as `2/8`, where `--sample-id` names its competitions: reports
            count what the other parts lack. `mlebench-inspect shards` prints the parts.
        competitions_dir: Folder of a competition of your own, or of several, beside those of MLEBENCH_COMPETITIONS and
            of installed packages; with `own` it names those that are run.
        data: `real`, or `miniature`: small generated data of the same layout, made when missing.
        data_dir: Data folder; default: MLEBENCH_DATA_DIR, else the user's cache folder.
        revision: `v1`, the published benchmark, or `v2`, with leaks and defects mended.
        description: `original`, or `obfuscated`, which does not tell which competition it is, to see what a model's
            memory of it is worth; a setting of its own.
        search_score: Hold back this share of the training data and score the agent's candidates on it.
        prepare: Prepare what is missing first, instead of stopping with the command to type.
        build: Build the image first if it is not there and one of ours, instead of stopping with the command to type.
        sandbox: `docker`, `podman`, `k8s`, `local` (no isolation: for solvers that call no model), or any other
            provider that Inspect knows by name.
        sandbox_config: What such a provider, or `podman`, is given as its configuration: a file, or a mapping.
        data_transport: How the data come into the sandbox: `mount`, or `copy`, where nothing can be mounted; default:
            whichever the provider and its engine can do, `mount` first.
        hardware: Preset: `default` (the engine's CPUs and half of its memory), `lite` or `paper`.
        image: Docker image; default: the light one.
        cpus: CPUs per sample.
        memory: Memory per sample, such as `32g`.
        shm_size: Shared memory per sample, such as `8g`; part of the memory.
        gpus: Number of GPUs per sample, or `all`.
        gpu_ids: GPUs that samples are given theirs from, such as `0,1`; default: all of the engine's host.
        at_once: How many samples share Docker's engine; default: as many as run at once by what was typed, else as many
            as it has room for. To be given where several evaluations run beside each other, and from Python.
        network: Docker network mode; default `none`.
        user: User that the container runs as; default: the image's.
        runtime: Container runtime, such as `sysbox-runc` or `runsc`.
        max_disk: What an agent may write to its sandbox's disk, such as `100g`; more ends the sample.
        claim: Kubernetes volume claim that holds the data; default `mlebench-data`.
        compose_overrides: Compose settings of the service (with `k8s`: Helm values), merged over all others.
        allow_local: Let a model act in the `local` sandbox, where it can read the answers and change your files.
        max_submission_bytes: Larger submissions are invalid.
        max_artifact_bytes: Most bytes that are kept of each of the agent's folders for code and logs; 0 for none.
        snapshot_every: Seconds between snapshots of the submission, which are kept beside the log and graded after the
            run; none unless given.
        max_snapshots: Most that are kept of one sample. Where it would be one more, every second goes, and they are
            taken half as often from then on.
        max_snapshot_bytes: Most bytes, compressed, of one sample's snapshots; treated in the same way.
        keep_free_bytes: Bytes that snapshots and agents' folders must leave free where the log lies, for submissions.

    Raises:
        ValueError: An argument is wrong.
        MlebenchError: The run cannot begin: no image, no data, no GPU ...; the message says what to type.
    """
    check_command_line(sandbox)
    check_shard(shard)
    if competitions_dir is not None:
        inside = own.add(competitions_dir)
        competitions = list(inside) if split == "own" and not competitions else competitions
    chosen = chosen_competitions(split, competitions, split_file)
    check_revision(chosen, revision)
    if search_score is not None:
        check_search_score(chosen)
    store = Store.open(data_dir, data, revision, search_score)  # type: ignore[arg-type]
    box = provider(sandbox)
    has = machine(box.name)
    settings_on = partial(
        SandboxSettings.preset,
        hardware,
        image=image,
        cpus=cpus,
        memory=memory,
        shm_size=shm_size,
        gpus=gpus,
        gpu_ids=gpu_ids,
        network=network,
        user=user,
        runtime=runtime,
        max_disk=max_disk,
        claim=claim,
        compose_overrides=compose_overrides,
        sandbox_config=sandbox_config,
        data_transport=data_transport,
    )
    if sandbox_config is not None and box.name in ("docker", "k8s", "local"):
        raise ValueError(f"-T sandbox_config is for other providers; with {box.name} give -T compose_overrides")
    check_agent()
    check_resuming()
    check_provider(box.name)
    number, typed = len(will_run(chosen)), command_line()
    settings_on = partial(settings_on, data_transport=transport_of(box, settings_on(has)))
    share = undivided(settings_on(has), number, typed)
    if box.name == "docker":
        with _needs_of(hardware):
            check_fits(share.settings, has)
            suffice = samples_with_gpus(share.settings, number * typed.epochs)
            least = LEAST_ON_MINIATURES if data == "miniature" else LEAST[hardware]
            share = share_out(least, settings_on, has, number, typed, at_once=at_once, gpus_suffice=suffice)
            ensure_sandbox(share.settings, build=build)
    elif gpu_ids or at_once:
        raise ValueError(f"gpu_ids and at_once are about Docker's engine, and have no meaning with sandbox={sandbox}")
    settings = share.settings
    ensure_data(store, chosen, prepare=prepare)
    tell_estimate(number, share, has, DAY)
    from mlebench_inspect.reporting.closing import speak_at_the_end  # tasks are listed without it

    speak_at_the_end()
    named = Path(split_file).stem if split_file else split or "chosen"
    task = Task(
        dataset=MemoryDataset(
            [_sample(c, store, settings, box, description) for c in chosen], name=f"mlebench-{named}"
        ),
        setup=prepare_sample(
            data_dir,
            data,
            revision,
            max_submission_bytes,
            snapshot_every,
            max_snapshots=max_snapshots,
            max_snapshot_bytes=max_snapshot_bytes,
            keep_free_bytes=keep_free_bytes,
            max_disk_bytes=settings.disk_bytes(),
            allow_local=allow_local,
            search_score=search_score,
        ),
        solver=react(),
        scorer=[
            mlebench_scorer(
                data_dir,
                data,
                revision,
                max_submission_bytes,
                max_artifact_bytes,
                competitions_dir=None if competitions_dir is None else str(Path(competitions_dir).absolute()),
            ),
            mlebench_faults(),
        ],
        cleanup=cleanup(max_submission_bytes, max_artifact_bytes),
        headline_metric=HeadlineMetric(scorer=NAME, metric="any_medal"),
        time_limit=DAY,
        # All samples are finished, those in error scored as far as possible; retrying runs just those again.
        fail_on_error=True,
        score_on_error=True,
        on_checkpoint=on_checkpoint,
        on_resume=on_resume,
        viewer=viewer_config(),
        version=REVISIONS.index(store.revision) + 1,
        metadata={
            "data": data,
            "revision": revision,
            **({} if search_score is None else {"search_score": search_score}),
            "hardware": settings.summary(),
            "sandbox": sandbox,
            "settings": settings.model_dump(exclude_none=True),
            "max_submission_bytes": max_submission_bytes,
            **part_of(shard, [c.id for c in chosen]),
            **({"description": description} if description != "original" else {}),
            **({"at_once": share.at_once} if box.name == "docker" else {}),
        },
        tags=_tag(data, revision, description, search_score),
    )
    if box.name == "docker":
        limit_sandboxes(task, share.at_once)
        init_alike_once()
    return task


@contextmanager
def _needs_of(hardware: PresetName) -> Iterator[None]:
    """Says what the paper's hardware is where it cannot be had."""
    try:
        yield
    except (ValueError, MlebenchError) as ex:
        if hardware != "paper":
            raise
        needs = "hardware=paper needs 36 CPUs, 440 GB of memory, an NVIDIA GPU, and the image full of 13 GB"
        raise PreflightError(f"{ex} ({needs}; cpus, memory, gpus and image change each)") from ex


def _tag(data: str, revision: str, description: Wording, search_score: float | None) -> list[str]:
    """Tells runs of two solvers apart in the viewer's list, which has no column for them and little room.

    It is one tag, since Inspect keeps no order. Where a solver comes from Python it is not known here.
    """
    typed = command_line()
    solver = [re.split("[/@]", typed.solver or "react")[-1]] if typed.command in ("eval", "eval-set") else []
    usual = ("real", "v1", "original")
    unusual = [value for value in (data, revision, description) if value not in usual]
    told = " ".join([*solver, *unusual, *([] if search_score is None else [f"search score {search_score:g}"])])
    return [told] if told else []


def chosen_competitions(
    split: str | None, ids: str | Sequence[str] | None, file: str | None = None
) -> list[Competition]:
    """The competitions of a split, or a file of ids; or of these, or of all, those that are named.

    Raises:
        ValueError: One of the ids is not in the split, or there are a file and a split.
    """
    if file is not None:
        if split not in (None, "all"):
            raise ValueError(f"-T split_file={file} takes the place of all; run mlebench_inspect/all with it")
        split = str(Path(file).absolute())
    if isinstance(ids, str):
        ids = [i.strip() for i in ids.split(",") if i.strip()]
    if ids:
        found = [competition(i) for i in ids]
        outside = [c.id for c in found if split not in (None, "all") and c not in competitions_of(split)]
        if outside:
            raise ValueError(f"the split {split} does not hold {', '.join(outside)}")
        return found
    if split == "own":
        return _own()
    return competitions_of(split or "all")


def _own() -> list[Competition]:
    """The competitions from outside this package; those at fault are named on stderr.

    Raises:
        CatalogueError: There is none.
    """
    found, wrong = competitions_of("own"), faults()
    if not found:
        raise CatalogueError("; ".join(wrong) or f"there is no competition of your own: {own.HOW}")
    for fault in wrong:
        click.echo(f"mlebench_inspect: left out: {fault}", err=True)
    return found


def _sample(found: Competition, store: Store, settings: SandboxSettings, box: Provider, description: Wording) -> Sample:
    public = store.public(found)
    described = description_file(found, store.revision, description)
    return Sample(
        id=found.id,
        input=task_text(
            found,
            box.paths,
            revision=store.revision,
            data=store.data,
            hardware=settings.summary(),
            network=settings.network,
            http_check=box.root is not None,
            obfuscated=described is not None,
            search_score=store.search_score is not None,
        ),
        target="gold",
        sandbox=box.spec(settings, public, store.data_dir, described),
        setup=box.setup(public, described),
        checkpoint=OURS,
        metadata={
            "competition": found.id,
            "complexity": found.complexity,
            "category": found.category,
            "metric": found.metric,
            "data": store.data,
            "revision": store.revision,
            "leaks": found.leaks_in(store.revision),
            **({} if store.search_score is None else {"search_score": store.search_score}),
            "provider": box.name,
            **({"data_transport": "copy"} if settings.data_transport == "copy" else {}),
            **({"description": description} if described else {}),
            "hardware": settings.summary(),
        },
    )


_HINTS = get_type_hints(benchmark, include_extras=True)


def _options_of_benchmark(*fixed: str) -> Callable[[Callable[..., Task]], Callable[..., Task]]:
    """A task that has the options of `benchmark` as its own, so that Inspect knows, checks and logs them.

    Args:
        fixed: What the task gives to `benchmark` itself, and so takes no option for.
    """

    def decorate(build: Callable[..., Task]) -> Callable[..., Task]:
        @wraps(build)
        def refused_in_a_line(**options: Any) -> Task:
            try:
                return build(**options)
            except (ValueError, OSError, MlebenchError) as ex:
                raise prerequisite_error(str(ex)) from ex

        described = signature(benchmark)
        refused_in_a_line.__signature__ = described.replace(  # type: ignore[attr-defined]
            parameters=[p for p in described.parameters.values() if p.name not in {"split", *fixed}]
        )
        refused_in_a_line.__annotations__ = _HINTS
        return with_options(refused_in_a_line, "-T", ELSEWHERE)

    return decorate


@task(name="all")
@_options_of_benchmark()
def all_competitions(**options: Any) -> Task:
    """The 75 competitions of the benchmark, or those of a split file; takes the options of `benchmark`."""
    return benchmark("all", **options)


@task
@_options_of_benchmark("split_file")
def lite(**options: Any) -> Task:
    """The 22 of low complexity, by the name that the benchmark has for them."""
    return benchmark("lite", **options)


@task
@_options_of_benchmark("split_file")
def low(**options: Any) -> Task:
    """The 22 of low complexity."""
    return benchmark("low", **options)


@task
@_options_of_benchmark("split_file")
def medium(**options: Any) -> Task:
    """The 38 of medium complexity."""
    return benchmark("medium", **options)


@task
@_options_of_benchmark("split_file")
def high(**options: Any) -> Task:
    """The 15 of high complexity."""
    return benchmark("high", **options)


@task
@_options_of_benchmark("split_file")
def dev(**options: Any) -> Task:
    """The 7 for development, which are not among the 75."""
    return benchmark("dev", **options)


@task
@_options_of_benchmark("split_file")
def mle_bench_30(**options: Any) -> Task:
    """The 30 that system cards report."""
    return benchmark("mle_bench_30", **options)


@task(name="own")
@_options_of_benchmark("split_file")
def own_competitions(**options: Any) -> Task:
    """Competitions of your own: those in `-T competitions_dir`, else all that this host knows."""
    return benchmark("own", **options)


def _alone(competition_id: str) -> Callable[..., Task]:
    """The task of one competition, which has its name."""

    def build(**options: Any) -> Task:
        return benchmark(competitions=[competition_id], **options)

    return task(name=competition_id)(_options_of_benchmark("competitions", "split_file")(build))


TASKS: dict[str, Callable[..., Task]] = {
    "all": all_competitions,
    "lite": lite,
    "low": low,
    "medium": medium,
    "high": high,
    "dev": dev,
    "mle_bench_30": mle_bench_30,
    "own": own_competitions,
    **{name: _alone(name) for name in competition_ids()},
}
