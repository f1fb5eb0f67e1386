"""Makes docs/screenshots/*.png: a run on miniature data with every kind of outcome, as Inspect's log viewer shows it.

Needs Chromium. Type: python docs/make_screenshots.py [FOLDER]
"""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog
from inspect_ai.log import bundle_log_dir as bundle
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox

from mlebench_inspect.benchmark import TASKS
from mlebench_inspect.data.store import Store
from mlebench_inspect.tasks import competition

GOLD, NO_MEDAL, INVALID = "aerial-cactus-identification", "spaceship-titanic", "spooky-author-identification"
SUBMISSIONS = {  # a script in the sandbox; ANSWERS is the held-out file, which only the local sandbox can reach
    GOLD: "cp ANSWERS submission/submission.csv",
    "tabular-playground-series-may-2022": "cp ANSWERS submission/submission.csv",
    NO_MEDAL: "cp data/sample_submission.csv submission/submission.csv",
    "nomad2018-predict-transparent-conductors": "cp data/sample_submission.csv submission/submission.csv",
    INVALID: "head -3 data/sample_submission.csv > submission/submission.csv",
    "detecting-insults-in-social-commentary": "true",
}
PAGES = {
    "task-list": ("", "1300,420"),
    "sample-grid": ("#/logs/{log}/samples", "1500,560"),
    "gold": (f"#/logs/{{log}}/samples/sample/{GOLD}/1/scoring", "1300,900"),
    "no-medal": (f"#/logs/{{log}}/samples/sample/{NO_MEDAL}/1/scoring", "1300,900"),
    "invalid": (f"#/logs/{{log}}/samples/sample/{INVALID}/1/scoring", "1300,900"),
}
CHROMIUM = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
CHROMIUM += " --disable-component-update --disable-sync --hide-scrollbars --virtual-time-budget=15000"


@solver
def submits() -> Solver:
    """Submits what SUBMISSIONS says."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        found = competition(state.metadata["competition"])
        answers = Store.open(None, "miniature", "v1").prepared(found) / found.answers
        script = SUBMISSIONS[found.id].replace("ANSWERS", str(answers))
        result = await sandbox().exec(["bash", "-c", script], timeout=60)
        if not result.success:
            raise RuntimeError(result.stderr)
        return state

    return solve


def make_log(folder: Path) -> EvalLog:
    """The run."""
    task = TASKS["all"](competitions=list(SUBMISSIONS), data="miniature", sandbox="local", hardware="lite")
    (log,) = inspect_eval(task, model=None, solver=submits(), epochs=2, log_dir=str(folder), display="none")
    return log


def shoot(url: str, size: str, target: Path) -> None:
    """Writes a picture of a page."""
    chromium = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
    if chromium is None:
        sys.exit("Chromium is not installed")
    with tempfile.TemporaryDirectory() as profile:
        options = [*CHROMIUM.split(), f"--user-data-dir={profile}", f"--window-size={size}", f"--screenshot={target}"]
        subprocess.run([chromium, *options, url], check=True, capture_output=True, timeout=180)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    """Makes all pictures."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "screenshots").resolve()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["MLEBENCH_DATA_DIR"] = str(Path(temporary, "data"))
        log = make_log(Path(temporary, "logs"))
        bundle(log_dir=str(Path(temporary, "logs")), output_dir=str(Path(temporary, "www")), overwrite=True)
        handler = functools.partial(_Quiet, directory=str(Path(temporary, "www")))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for name, (page, size) in PAGES.items():
                path = page.format(log=Path(log.location).name)
                shoot(f"http://127.0.0.1:{server.server_port}/index.html{path}", size, target / f"{name}.png")
            server.shutdown()


if __name__ == "__main__":
    main()
