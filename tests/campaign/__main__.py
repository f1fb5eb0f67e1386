"""Faults thrown at a run of many samples, by chance but with a seed: `python -m campaign`, in the folder of the tests.

The run is taken up again until all is graded. Every sample must end graded right or unscored with its true cause, no
submission that was in place may be lost, and the figures must equal those of an undisturbed run. It needs root, since
it kills a Docker engine of its own and fills a small file system.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
from pathlib import Path

from campaign.agent import SOCKET
from campaign.answers import COMPETITIONS
from campaign.disk import Disk
from campaign.engine import running_engine
from campaign.faults import FAULTS, Field, schedule
from campaign.room import STAGES, Room
from campaign.rounds import Report, Setting, disturbed, undisturbed
from campaign.verdicts import figures, right_results
from mlebench_inspect.sandboxes.compose import LIGHT_IMAGE


def options() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(prog="python -m campaign", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--competitions", type=int, default=20, help="of these; the rest of the product is seeds")
    parser.add_argument("--seed", type=int, default=1, help="of the faults")
    parser.add_argument("--throws", type=int, default=10, help="of each kind of fault")
    parser.add_argument("--kinds", default=",".join(FAULTS), help="faults, with commas between")
    parser.add_argument("--max-samples", type=int, default=6)
    parser.add_argument("--engine", type=Path, help="folder of the Docker engine, kept for the next time")
    parser.add_argument("--work", type=Path, help="folder of everything else; an undisturbed run in it is used again")
    return parser.parse_args()


def main() -> int:
    """Returns the exit code: 1 if something is wrong."""
    typed = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the engine and the disk are ended
    work = (typed.work or Path(tempfile.mkdtemp(prefix="campaign-"))).absolute()
    work.mkdir(parents=True, exist_ok=True)
    engine_root = (typed.engine or work / "engine").absolute()
    chosen, kinds = COMPETITIONS[: typed.competitions], typed.kinds.split(",")
    with running_engine(engine_root, LIGHT_IMAGE) as engine:
        setting = Setting(work, chosen, typed.samples // len(chosen), typed.max_samples, engine.address)
        calm = undisturbed(setting)
        right = right_results(setting.data, chosen, setting.seeds)
        mark, dice = f"{SOCKET}={setting.socket}", random.Random(typed.seed)
        here = Field(Room(setting.socket), engine.docker, setting.data, mark, dice, engine)
        here.disk = disk = Disk(setting.temporary)
        try:
            report = disturbed(setting, here, schedule(kinds, typed.throws, dice), right)
        finally:
            if here.evaluation:
                here.evaluation.kill()
            disk.end()
    report.before = figures(calm)
    return tell(report, here, kinds, typed.throws, work)


def tell(report: Report, here: Field, kinds: list[str], throws: int, work: Path) -> int:
    """Prints the tables; returns the exit code."""
    print("\n| fault | thrown |", " | ".join(STAGES), "|\n|---|---|" + "---|" * len(STAGES))
    for kind in kinds:
        print(f"| {kind} | {here.throws[kind]} |", " | ".join(str(here.hits[kind, s]) for s in STAGES), "|")
        if here.throws[kind] < throws:
            report.problems.append(f"{kind} hit a live sample only {here.throws[kind]} times")
    print(f"\n{report.rounds} rounds. Attempts:", dict(report.verdicts.most_common()))
    if report.before != report.after:
        names = sorted(k for k in {*report.before, *report.after} if report.before.get(k) != report.after.get(k))
        told = json.dumps({k: (report.before.get(k), report.after.get(k)) for k in names})
        report.problems.append(f"figures differ from those of the undisturbed run: {told}")
    print("Figures:", {k: v for k, v in report.after.items() if "sem" not in k})
    print(f"{len(report.problems)} problems; logs in {work}", *report.problems, sep="\n- ")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
