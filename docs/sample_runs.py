"""Makes logs of several solvers and seeds on miniature data, with snapshots and priced models, for a report to show."""

from __future__ import annotations

import asyncio
import csv
import io
import random
from pathlib import Path

from inspect_ai import eval as inspect_eval
from inspect_ai.model import Model, ModelCost, ModelInfo, ModelOutput, ModelUsage, get_model, set_model_info
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from mlebench_inspect.agents import baseline, dummy
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.data.store import Store
from mlebench_inspect.tasks import Competition, competition

COMPETITIONS = [
    "aerial-cactus-identification",
    "denoising-dirty-documents",
    "detecting-insults-in-social-commentary",
    "dog-breed-identification",
    "dogs-vs-cats-redux-kernels-edition",
    "histopathologic-cancer-detection",
    "jigsaw-toxic-comment-classification-challenge",
    "leaf-classification",
    "learning-agency-lab-automated-essay-scoring-2",
    "new-york-city-taxi-fare-prediction",
    "nomad2018-predict-transparent-conductors",
    "petfinder-pawpularity-score",
    "plant-pathology-2020-fgvc7",
    "random-acts-of-pizza",
    "ranzcr-clip-catheter-line-classification",
    "spaceship-titanic",
    "spooky-author-identification",
    "tabular-playground-series-dec-2021",
    "tabular-playground-series-may-2022",
    "us-patent-phrase-to-phrase-matching",
]
SEEDS = 3
STEPS = 3
PAUSE = 3.0
"""Seconds between submissions."""
EVERY = 8.0
"""Seconds between snapshots."""
PRICES = {"small": 0.5, "large": 5.0}
"""US dollars for a million tokens of input, by model; output costs four times as much."""


@solver
def learns(skill: float) -> Solver:
    """Stands for an agent: submits more and more of the answers, as only the local sandbox lets it.

    Args:
        skill: Share of the answers that it knows in the end, give or take chance, 0 to 1.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        found = competition(state.metadata["competition"])
        chance = random.Random(f"{found.id} {state.epoch} {skill}")
        known = skill + chance.uniform(-0.25, 0.25)
        for step in range(1, STEPS + 1):
            state = await generate(state)
            await sandbox().write_file("submission/submission.csv", _mixed(found, known * step / STEPS, chance))
            await asyncio.sleep(PAUSE)
        if chance.random() < 0.06:
            await sandbox().write_file("submission/submission.csv", "no,header\n")
        return state

    return solve


def _mixed(found: Competition, known: float, chance: random.Random) -> str:
    """The sample submission with that share of its rows replaced by the answers."""
    prepared = Store.open(None, "miniature", "v1").prepared(found)
    sample, answers = (_rows(prepared / name) for name in (found.sample_submission, found.answers))
    by_id = {row[next(iter(sample[0]))]: row for row in answers}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(sample[0]), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in sample:
        writer.writerow(by_id[next(iter(row.values()))] if chance.random() < known else row)
    return out.getvalue()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _model(name: str, tokens: int) -> Model:
    """A model with a price, which says nothing and uses tokens."""
    rates = ModelCost(input=PRICES[name], output=4 * PRICES[name], input_cache_read=0, input_cache_write=0)
    set_model_info(f"mockllm/{name}", ModelInfo(cost=rates))

    def answers(*_: object) -> ModelOutput:
        output = ModelOutput.from_content(name, "...")
        output.usage = ModelUsage(input_tokens=tokens, output_tokens=tokens // 5, total_tokens=tokens + tokens // 5)
        return output

    return get_model(f"mockllm/{name}", custom_outputs=answers)


def make_logs(folder: Path) -> None:
    """Four settings: two without a model, and two whose models have prices."""
    options = {"data": "miniature", "sandbox": "local", "hardware": "lite", "snapshot_every": EVERY}
    about = {"epochs": SEEDS, "log_dir": str(folder), "display": "none", "time_limit": 300, "max_samples": 3}
    for chosen in (baseline(), dummy()):
        task = TASKS["all"](competitions=COMPETITIONS, **options)
        inspect_eval(task, model=None, solver=chosen, **about)
    for name, skill, tokens in (("small", 0.6, 20_000), ("large", 0.9, 60_000)):
        task = TASKS["all"](competitions=COMPETITIONS, allow_local=True, **options)
        inspect_eval(task, model=_model(name, tokens), solver=learns(skill), **about)
