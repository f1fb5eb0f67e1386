"""Makes docs/screenshots/*.png: runs on miniature data, as Inspect's log viewer and the HTML report show them.

Needs Chromium and `pip install playwright`. Type: python docs/make_screenshots.py [FOLDER]
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sample_runs
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from mlebench_inspect.agents import dummy
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
_SCORING = "#/logs/{log}/samples/sample/%s/1/scoring"
PAGES = {  # address, a text that shows when the page is there, width and height
    "task-list": ("", "mlebench_inspect/all", 1500, 300),
    "sample-grid": ("#/logs/{log}/samples", "gold", 1500, 560),
    "gold": (_SCORING % GOLD, "Gold medal", 1300, 900),
    "no-medal": (_SCORING % NO_MEDAL, "No medal", 1300, 900),
    "invalid": (_SCORING % INVALID, "Invalid submission", 1300, 900),
}
SHOWN = 2300
"""Pixels of a report's page, from its top, that a picture has."""
REPORTS = {  # colour scheme, width and height of the window
    "report-light": ("light", 1366, 768),
    "report-dark": ("dark", 1366, 768),
    "report-phone": ("light", 390, 844),
}
PARTS = {"comparison": ("report-light", 290, 1060)}
"""Pictures that are cut out of another, from this pixel to that, from the top."""


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
    """The run, with two more beside it for the list of tasks."""
    for name in (INVALID, "dev"):
        task = TASKS[name](data="miniature", sandbox="local", hardware="lite")
        inspect_eval(task, model=None, solver=dummy(), log_dir=str(folder), display="none")
    task = TASKS["all"](competitions=list(SUBMISSIONS), data="miniature", sandbox="local", hardware="lite")
    (log,) = inspect_eval(task, model=None, solver=submits(), epochs=2, log_dir=str(folder), display="none")
    return log


def shoot(logs: Path, log: EvalLog, target: Path) -> None:
    """Opens each page in Chromium, as `inspect view` serves it, and writes its picture."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    inspect = str(Path(sys.executable).with_name("inspect"))
    server = subprocess.Popen([inspect, "view", "start", "--log-dir", str(logs), "--port", str(port)])
    try:
        with sync_playwright() as playwright:
            browser = _browser(playwright)
            for name, (place, awaited, width, height) in PAGES.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                address = f"http://127.0.0.1:{port}/{place.format(log=Path(log.location).name)}"
                _open(page, address)
                page.get_by_text(awaited).first.wait_for(timeout=60_000)
                page.wait_for_timeout(4000)  # whatever still moves
                page.screenshot(path=target / f"{name}.png")
                page.close()
            browser.close()
    finally:
        server.terminate()
        server.wait()


def _browser(playwright: Playwright) -> Browser:
    chromium = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
    if chromium is None:
        sys.exit("Chromium is not installed")
    return playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])


def write_page(logs: Path, page: Path) -> None:
    """The HTML report of logs."""
    mlebench = str(Path(sys.executable).with_name("mlebench-inspect"))
    subprocess.run([mlebench, "report", str(logs), "--format", "html", "--output", str(page)], check=True)


def shoot_page(file: Path, target: Path) -> None:
    """Opens the HTML report without a network, checks that all of it can be seen, and writes its pictures."""
    with sync_playwright() as playwright:
        browser = _browser(playwright)
        for name, (scheme, width, height) in REPORTS.items():
            size = {"width": width, "height": height}
            context = browser.new_context(viewport=size, color_scheme=scheme, offline=True)
            page, said = context.new_page(), list[str]()
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("pageerror", lambda error, said=said: said.append(str(error)))
            page.on("requestfailed", lambda request, said=said: said.append(request.url))
            page.goto(file.as_uri())
            _check_page(page)
            assert not said, f"{name}: {said}"
            clip = {"x": 0, "y": 0, "width": width, "height": SHOWN}
            page.screenshot(path=target / f"{name}.png", full_page=True, clip=clip)
            context.close()
        browser.close()


def cut_out(target: Path) -> None:
    """Writes the parts."""
    for name, (whole, top, bottom) in PARTS.items():
        picture = Image.open(target / f"{whole}.png")
        part = picture.crop((0, top, picture.width, bottom)).quantize(128)
        part.save(target / f"{name}.png", optimize=True)


def _check_page(page: Page) -> None:
    """The page is as wide as the window, whatever is wider can be scrolled, and tables can be sorted and searched."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the window"
    assert page.evaluate(_CUT_OFF) == [], "a table or picture is cut off"
    head = page.locator("thead button").first
    head.focus()
    page.keyboard.press("Enter")
    assert head.locator("xpath=..").get_attribute("aria-sort") == "ascending", "a table does not sort"
    field = page.locator("input[type=search]").last
    field.fill("no such row")
    assert page.locator("output").last.inner_text().startswith("0 of "), "a table cannot be searched"
    page.reload()


_CUT_OFF = """[...document.querySelectorAll("table, figure svg")].filter(e => e.getClientRects().length && (
    !e.closest(".scroll") || e.closest(".scroll").getBoundingClientRect().right > innerWidth
    || getComputedStyle(e.closest(".scroll")).overflowX !== "auto")).map(e => e.outerHTML.slice(0, 80))"""


def _open(page: Page, address: str) -> None:
    """Goes to the address, as soon as the server is there."""
    for _ in range(60):
        try:
            page.goto(address)
            return
        except PlaywrightError as ex:
            if not any(text in str(ex) for text in ("ERR_CONNECTION_REFUSED", "interrupted by another navigation")):
                raise
            time.sleep(1)
    sys.exit(f"{address} does not answer")


def main() -> None:
    """Makes all pictures."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "screenshots").resolve()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["MLEBENCH_DATA_DIR"] = str(Path(temporary, "data"))
        logs = Path(temporary, "logs")
        shoot(logs, make_log(logs), target)
        sample_runs.make_logs(Path(temporary, "sample-runs"))
        write_page(Path(temporary, "sample-runs"), Path(temporary, "report.html"))
        shoot_page(Path(temporary, "report.html"), target)
        cut_out(target)


if __name__ == "__main__":
    main()
