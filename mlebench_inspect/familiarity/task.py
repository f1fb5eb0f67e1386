"""The task `familiarity`: one sample a competition, no sandbox, no data."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import Model, get_model
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import StoreModel
from pydantic import Field

from mlebench_inspect._inspect import prerequisite_error
from mlebench_inspect.benchmark import chosen_competitions
from mlebench_inspect.graders.errors import MlebenchError
from mlebench_inspect.options import Ids, with_options
from mlebench_inspect.tasks import Competition, Split, competition

if TYPE_CHECKING:  # Inspect loads this module to list tasks
    from mlebench_inspect.familiarity.measuring import Measure, Measured

NAME = "familiarity"


class Familiarity(StoreModel):
    """What was measured, in a sample's store."""

    measure: str = ""
    value: float = 0.0
    number: int = 0
    about: dict[str, Any] = Field(default_factory=dict)
    not_offered: dict[str, str] = Field(default_factory=dict)
    """Why measures that come before this one could not be taken."""


def build(
    split: Split = "all",
    competitions: Ids | None = None,
    *,
    measure: Literal["auto", "description", "continuation", "recall"] = "auto",
    descriptions: str | None = None,
    seed: int = 0,
) -> Task:
    """How familiar a model is with competitions.

    Args:
        split: `all`, `lite` (= `low`), `low`, `medium`, `high`, `dev` or `mle_bench_30`.
        competitions: Ids, as a list or with commas between; to choose from the split.
        measure: `description` (log-probability of its tokens), `continuation` (of the model's own), `recall`
            (questions), or `auto`: the first of these that the provider offers.
        descriptions: A folder of texts of your own, `<id>.md` each, in place of this package's descriptions.
        seed: Chooses wrong answers of questions and their order.

    Raises:
        ValueError: An argument is wrong.
    """
    chosen = chosen_competitions(split, competitions)
    return Task(
        dataset=MemoryDataset([_sample(c, descriptions) for c in chosen], name=f"mlebench-{NAME}"),
        solver=ask(measure, seed),
        scorer=familiarity_scorer(),
        metadata={NAME: measure, "seed": seed, "descriptions": "own" if descriptions else "package"},
    )


def _sample(found: Competition, folder: str | None) -> Sample:
    from mlebench_inspect.familiarity.measuring import LONGEST

    if folder is None:
        text = found.description()
    else:
        text = (Path(folder) / f"{found.id}.md").read_text(encoding="utf-8", errors="replace")
    if not text.strip():
        raise ValueError(f"the description of {found.id} is empty")
    return Sample(id=found.id, input=text[:LONGEST].strip(), target=NAME, metadata={"competition": found.id})


@solver
def ask(measure: str, seed: int) -> Solver:
    """Takes the measure, or the first that the provider offers.

    Args:
        measure: One of `MEASURES`, or `auto`.
        seed: Of the questions.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        from mlebench_inspect.familiarity.measuring import MEASURES

        found, kept = competition(str(state.metadata["competition"])), state.store_as(Familiarity)
        tried: tuple[Measure, ...] = MEASURES if measure == "auto" else (measure,)  # type: ignore[assignment]
        refused: dict[str, str] = {}
        taken = await _first(tried, get_model(), found, state.input_text, seed, refused)
        if taken is None:
            raise RuntimeError(
                f"{'; '.join(f'{name}: {why}' for name, why in refused.items())}; give -T measure=recall"
            )
        kept.measure, (kept.value, kept.number, kept.about) = taken
        kept.not_offered = refused
        state.output.completion = f"{kept.measure}: {kept.value:.4f}"
        return state

    return solve


async def _first(
    tried: tuple[Measure, ...], model: Model, found: Competition, text: str, seed: int, refused: dict[str, str]
) -> tuple[Measure, Measured] | None:
    from mlebench_inspect.familiarity.measuring import NotOffered, measured

    for name in tried:
        try:
            return name, await measured(name, model, found, text, seed)
        except NotOffered as ex:
            refused[name] = str(ex)
    return None


@metric
def mean_by_measure() -> Metric:  # inspect-evals-lint: ignore[IETS008] -- tests/familiarity runs its task
    """The mean over the competitions of each measure: of no two together."""

    def compute(scores: list[SampleScore]) -> dict[str, float]:
        values: dict[str, list[float]] = {}
        for each in scores:
            values.setdefault(str((each.score.metadata or {}).get("measure")), []).append(each.score.as_float())
        return {name: sum(found) / len(found) for name, found in values.items()}

    return compute


@scorer(metrics=[mean_by_measure()], name=NAME)
def familiarity_scorer() -> Scorer:  # inspect-evals-lint: ignore[IETS006] -- tests/familiarity runs its task
    """The measured value; its metadata names the measure."""

    async def score(state: TaskState, target: Target) -> Score:
        from mlebench_inspect.familiarity.measuring import ASKED, MEASURES

        kept = state.store_as(Familiarity)
        if kept.measure not in MEASURES:
            return Score.unscored(reason="not_measured", explanation="nothing was measured")
        told = f"{kept.measure}: {ASKED[kept.measure]}: {kept.value:.4f} (of {kept.number})"
        about = {"competition": state.metadata["competition"], "measure": kept.measure, "number": kept.number}
        return Score(value=kept.value, explanation=told, metadata={**about, "not_offered": ", ".join(kept.not_offered)})

    return score


def _task() -> Callable[..., Task]:
    def checked(**options: Any) -> Task:
        try:
            return build(**options)
        except (ValueError, OSError, MlebenchError) as ex:
            raise prerequisite_error(str(ex)) from ex

    checked.__signature__ = signature(build)  # type: ignore[attr-defined]
    checked.__annotations__ = get_type_hints(build, include_extras=True)
    return task(name=NAME)(with_options(checked, "-T"))


familiarity = _task()
