"""A whole campaign in compressed time: every competition, three seeds, 24 hours each, where an hour takes a second.

    python benchmarks/simulation.py --at-once 8

Containers, limits, snapshots, checks and grading are real, on miniature data; of the agents, the model is scripted and
the trainings sleep. An agent acts every few hours: it trains, writes a submission, has it checked now and then, and
submits before the day is over, or never: then the time limit ends it. The table tells what grows with a campaign: the
memory of Inspect's process, the log, the disk; how long the event loop waits, and how long a grading takes. The script
fails where the memory grows by a fifth from sample 50 to the last, our code holds the loop for 100 ms, or a sample
has no score. Needs Docker and the light image.
"""

from __future__ import annotations

import argparse
import contextvars
import datetime
import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from event_loop import LoopWatch
from inspect_ai import eval as run_eval
from inspect_ai.agent import Agent, AgentState, agent, run
from inspect_ai.log import EvalLog, EvalSample, read_eval_log
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    Model,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolChoice, ToolInfo

from mlebench_inspect.agents.react import react
from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.tasks import competition

DAY, ALLOWANCE = 24, 96
"""Hours, which are seconds here, and what the limit adds to them for what does not shrink with the time."""
EARLY = 50
CHECK = "/home/validate_submission.sh /home/submission/submission.csv"

_script: contextvars.ContextVar[list[ModelOutput]] = contextvars.ContextVar("script")


def says(tool: str, **arguments: str) -> ModelOutput:
    """An answer of the scripted model, of a usual length."""
    output = ModelOutput.for_tool_call("mockllm", tool, arguments, content="The next step is this one. " * 60)
    output.usage = ModelUsage(input_tokens=8000, output_tokens=600, total_tokens=8600)
    return output


def script_of(competition_id: str, seed: int) -> tuple[list[ModelOutput], float]:
    """What the model says to one agent, turn by turn, and how many hours that takes."""
    chance = random.Random(f"{competition_id} {seed}")
    sample = competition(competition_id).sample_submission.removeprefix("public/")
    submits, length, turns = chance.random() < 0.95, chance.uniform(12, DAY), []
    left = length
    while left > 0:
        hours = min(left, chance.uniform(1, 5))
        left -= hours
        command = f"sleep {hours:.2f}; seq 200"
        if submits:
            command += f"; cp /home/data/{sample} /home/submission/submission.csv"
        if chance.random() < 0.3:
            command += f"; {CHECK}"
        turns.append(says("bash", command=command))
    if chance.random() < 0.05:
        return [*turns, says("bash", command=f"sleep {10 * DAY}")], DAY + ALLOWANCE
    return [*turns, says("submit", answer="done")], length


def scripted_model() -> Model:
    """Says what the script of the running sample has next; then that it is done."""

    def answer(
        input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        turns = _script.get()
        return turns[min(sum(isinstance(m, ChatMessageAssistant) for m in input), len(turns) - 1)]

    return get_model("mockllm/model", custom_outputs=answer, memoize=False)


def resident() -> float:
    """Memory of this process, in MB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


class Campaign:
    """What is seen while it runs."""

    def __init__(self, folder: Path) -> None:
        self.began = time.perf_counter()
        self.first: float | None = None
        self.memory: list[float] = []
        self.loop = LoopWatch()
        self._free = self._least = shutil.disk_usage(folder).free
        self._folder, self._over = folder, threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        while not self._over.wait(1):
            self._least = min(self._least, shutil.disk_usage(self._folder).free)

    def end(self) -> float:
        """Most of the disk that was taken at once, in MB."""
        self._over.set()
        self._watcher.join()
        return (self._free - self._least) / 2**20

    def solver(self) -> Solver:
        """The default agent under the script of its sample."""

        @agent(name="scripted_day")
        def scripted_day() -> Agent:
            async def execute(state: AgentState) -> AgentState:
                return await react()(state)

            return execute

        @solver(name="scripted_day")
        def day() -> Solver:
            async def solve(state: TaskState, generate: Generate) -> TaskState:
                self.loop.begin()
                if self.first is None:
                    self.first = time.perf_counter() - self.began
                _script.set(script_of(str(state.sample_id), state.epoch)[0])
                try:
                    found = await run(scripted_day(), state.messages)
                    state.messages, state.output = found.messages, found.output
                finally:
                    self.memory.append(resident())
                return state

            return solve

        return day()


def seconds_of_scoring(sample: EvalSample) -> float | None:
    """How long a sample's scorer took, its taking out included."""
    begun: datetime.datetime | None = None
    for event in sample.events:
        if event.event == "span_begin" and event.type == "scorers":
            begun = event.timestamp
        if event.event == "score" and begun is not None and not event.intermediate:
            return (event.timestamp - begun).total_seconds()
    return None


def main() -> int:
    """The table; 1 where something grows that must not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--task", default="all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--limit", type=int, help="competitions, for a trial")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seen = Campaign(Path(folder))
        (log,) = run_eval(
            TASKS[given.task](
                data="miniature",
                hardware="lite",
                memory="512m",
                shm_size="64m",
                snapshot_every=4,
                at_once=given.at_once,
            ),
            model=scripted_model(),
            solver=seen.solver(),
            epochs=given.seeds,
            limit=given.limit,
            time_limit=DAY + ALLOWANCE,
            max_samples=given.at_once,
            max_sandboxes=given.at_once,
            max_subprocesses=4 * given.at_once,
            log_dir=folder,
            display="none",
        )
        took = time.perf_counter() - seen.began
        return show(seen, log, took, given.at_once)


def show(seen: Campaign, log: EvalLog, took: float, at_once: int) -> int:
    """Prints the table; 1 where something is not as it must be."""
    whole = read_eval_log(log.location)
    samples = whole.samples or []
    scored = [s.scores["mlebench"].value for s in samples if s.scores and "mlebench" in s.scores]
    unscored = len(samples) - sum(isinstance(v, dict) and v.get("medal") != "unscored" for v in scored)
    valid = sum(isinstance(v, dict) and v.get("valid") == 1 for v in scored)
    grading = sorted(s for sample in samples if (s := seconds_of_scoring(sample)) is not None)
    asleep = sum(script_of(str(s.id), s.epoch)[1] for s in samples)
    size = Path(log.location).stat().st_size / 2**20
    kept = sum(f.stat().st_size for f in Path(log.location).parent.rglob("*") if f.is_file()) / 2**20
    early = seen.memory[min(EARLY, len(seen.memory)) - 1]
    growth = seen.memory[-1] / early - 1
    figures = seen.loop.figures()
    ours = figures["longest with our code (ms)"]
    rows = {
        "samples, at once": f"{len(samples)}, {at_once}",
        "valid, ended by the time limit, without score": f"{valid}, {sum(s.limit is not None for s in samples)}, "
        f"{unscored}",
        "time; trainings alone, spread evenly": f"{took / 60:.1f} min; {asleep / at_once / 60:.1f} min",
        "start of the process to the first agent": f"{seen.first or 0:.1f} s",
        "memory of Inspect's process": f"{early:.0f} MB at sample {min(EARLY, len(seen.memory))}, "
        f"{seen.memory[-1]:.0f} MB at the last ({growth:+.0%}), {max(seen.memory):.0f} MB at most",
        "longest waits of the event loop": f"{figures['longest waits of the loop (ms)']} ms",
        "the same without those for a processor": "; ".join(figures["without those for a processor"][:3]),
        "longest with our code (ms)": "; ".join(figures["with our code"]) or "none",
        "log; with all that lies beside it": f"{size:.1f} MB; {kept:.1f} MB",
        "most disk at once": f"{seen.end():.0f} MB",
        "to take out and grade: median, longest": f"{grading[len(grading) // 2]:.1f} s, {grading[-1]:.1f} s",
    }
    print("| | |\n|---|---|")
    for name, figure in rows.items():
        print(f"| {name} | {figure} |")
    return int(growth > 0.2 or ours > 100 or unscored > 0)


if __name__ == "__main__":
    sys.exit(main())
