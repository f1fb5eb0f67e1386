"""Runs AIDE on the task beside this file; runs inside the sandbox, with AIDE's own Python.

The search is aideml's. What differs is how solutions are run and kept: each as a script of its own with the image's
Python, whose processes all end with it; a step that wrote no submission counts as broken; and the best submission lies
in place from the first one on. Each step is told the time and the steps left, and ends before the time does.
"""

import ctypes
import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import time
import traceback
from contextlib import suppress
from pathlib import Path

import aide.agent
import humanize
from aide.interpreter import ExecutionResult
from aide.journal import Journal
from aide.utils import config as aide_config
from aide.utils.metric import WorstMetricValue

HERE = Path(__file__).parent
SETTINGS = json.loads((HERE / "settings.json").read_text())
PYTHON = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")
MAX_OUTPUT = 1_000_000
MOST_FAILED = 10  # steps in a row that came to nothing by an exception, after which the run ends with it
START = time.monotonic()
REVIEW = ("is_bug", "summary", "metric", "lower_is_better")
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
SUBREAPER = 36  # of prctl: orphans become this process's children, so that none of a step is lost from sight

_PACKAGES = """
    numpy pandas scikit-learn scipy statsmodels xgboost lightgbm catboost torch torchvision torch-geometric timm
    transformers tensorflow keras nltk opencv-python-headless bayesian-optimization librosa albumentations
""".split()  # noqa: SIM905


class Agent(aide.agent.Agent):
    """AIDE's agent, held to what can be seen: no submission of this step, no success."""

    def __init__(self, *args, submission: Path, packages: list[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.submission, self.packages = submission, packages

    @property
    def _prompt_impl_guideline(self):
        self.cfg.exec.timeout = step_timeout()  # which the guideline names
        steps, left = self.acfg.steps - len(self.journal), time_left()
        time_told = f"{humanize.precisedelta(int(left), minimum_unit='seconds')} and " if left is not None else ""
        guideline = super()._prompt_impl_guideline
        guideline["Implementation guideline"].append(f"You have {time_told}{steps} steps left, this one included.")
        return guideline

    @property
    def _prompt_environment(self):
        text = f"Your solution can use these packages and no others: {', '.join(self.packages)}."
        return {"Installed Packages": text}

    def parse_exec_result(self, node, exec_result) -> None:
        super().parse_exec_result(node, exec_result)
        if not node.is_buggy and not self.submission.is_file():
            node.is_buggy, node.metric = True, WorstMetricValue()
            node.analysis = f"{node.analysis}\nThe code wrote no file ./working/submission.csv."


def installed_packages() -> list[str]:
    """Which of the usual packages the image's Python has."""
    code = "import importlib.metadata as m; print('\\n'.join(d.metadata['Name'] or '' for d in m.distributions()))"
    found = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True).stdout.lower().split()
    found = {name.removesuffix("-cpu") for name in found}
    return [name for name in _PACKAGES if name in found]


def time_left() -> float | None:
    """Seconds until the run is cut off; None where it is not."""
    left = SETTINGS["seconds_left"]
    return None if left is None else max(0.0, left - (time.monotonic() - START))


def step_timeout() -> int:
    """Seconds that a step's code may run: the setting, or what is left of the time without a reserve for its review."""
    most, left = SETTINGS["exec_timeout"], time_left()
    return most if left is None else max(1, min(most, int(left - min(60, left / 10))))


def careful(query):
    """AIDE's query, whose answer is always a text or, where one is wanted, a usable review."""

    def ask(*args, func_spec=None, **kwargs):
        if func_spec is None:
            return query(*args, **kwargs) or ""
        for _ in range(3):
            try:
                answer = query(*args, func_spec=func_spec, **kwargs)
            except json.JSONDecodeError as ex:
                answer = f"arguments that are no JSON: {ex.doc}"
            review = read_review(answer)
            if review is not None:
                return review
        return {
            "is_bug": True,
            "summary": f"No usable review: {str(answer)[:500]}",
            "metric": None,
            "lower_is_better": False,
        }

    return ask


def read_review(answer) -> dict | None:
    """A review given as a call's arguments or as JSON in prose, its values as text or not; None if there is none."""
    for found in [answer] if isinstance(answer, dict) else objects(str(answer or "")):
        review = next((found[k] for k in ("arguments", "parameters") if isinstance(found.get(k), dict)), found)
        truths = [TRUTH.get(str(review.get(k)).strip().lower()) for k in ("is_bug", "lower_is_better")]
        if all(k in review for k in REVIEW) and None not in truths:
            values = truths[0], str(review["summary"]), number(review["metric"]), truths[1]
            return dict(zip(REVIEW, values, strict=True))
    return None


def objects(text: str) -> list[dict]:
    """The JSON objects in a text."""
    found, at, decoder = [], text.find("{"), json.JSONDecoder(strict=False)
    while at >= 0 and len(found) < 20:
        try:
            value, end = decoder.raw_decode(text, at)
            found.append(value)
        except (ValueError, RecursionError):
            end = at + 1
        at = text.find("{", end)
    return found


def number(value) -> float | None:
    """A metric, where its text holds one number and no more."""
    if isinstance(value, bool) or value is None:
        return None
    found = re.findall(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]*\d)", str(value)[:1000])
    return float(found[0]) if len(found) == 1 else None


def descendants() -> list[int]:
    """The processes that this one has started, and theirs."""
    parents = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if stat[0] != "Z":
                parents[int(pid)] = int(stat[1])
    found = [os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def end_all() -> None:
    """Kills whatever a step has left, also in sessions of its own; stopped first, so that nothing can be started."""
    while left := descendants():
        for sent in (signal.SIGSTOP, signal.SIGKILL):
            for pid in left:
                with suppress(OSError):
                    os.kill(pid, sent)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


def clear(path: Path) -> None:
    """Removes what lies there, and makes its folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)


def run_script(code: str, folder: Path, timeout: float) -> ExecutionResult:
    """Runs the code as a script in `folder`; everything it started ends with it."""
    script, output = folder / "runfile.py", folder.parent / "output.txt"
    script.write_text(code)
    start = time.monotonic()
    with open(output, "wb") as out:
        process = subprocess.Popen(
            [PYTHON, "-u", script.name],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={k: v for k, v in os.environ.items() if not k.startswith("OPENAI_")},
        )
        late = False
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            late = True
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        end_all()
    seconds = time.monotonic() - start
    script.unlink(missing_ok=True)  # else it would be part of the data preview
    text = read_ends(output)
    if late:
        name = "TimeoutError"
        text += f"\nTimeoutError: Execution exceeded the time limit of {timeout:.0f} seconds"
    else:
        name = error_name(process.returncode, text)
        text += f"\nExecution time: {seconds:.0f} seconds (time limit is {timeout:.0f} seconds)."
    return ExecutionResult([text], seconds, name, {}, [])


def read_ends(path: Path) -> str:
    """A file's text; of a long one the beginning and the end."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        if size <= MAX_OUTPUT:
            data = file.read()
        else:
            data = file.read(MAX_OUTPUT // 2) + b"\n[...]\n"
            file.seek(-(MAX_OUTPUT // 2), os.SEEK_END)
            data += file.read()
    return data.decode(errors="replace")


def error_name(code: int, text: str) -> str | None:
    if code == 0:
        return None
    if code == -signal.SIGKILL:
        return "MemoryError"
    last = (text.strip().splitlines() or [""])[-1].split(":")[0].split(".")[-1]
    return last if last.isidentifier() and last[0].isupper() else "RuntimeError"


def put(source: Path, target: Path) -> None:
    """Copies aside and renames, so that there is never half a file."""
    aside = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, aside)
    os.replace(aside, target)


def main() -> None:
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    cfg = aide_config._load_cfg(use_cli_args=False)
    cfg.data_dir, cfg.desc_file = SETTINGS["data"], str(HERE / "task.md")
    cfg.log_dir, cfg.workspace_dir, cfg.exp_name = str(HERE / "logs"), str(HERE / "workspaces"), "run"
    cfg.copy_data = cfg.preprocess_data = cfg.generate_report = False
    cfg.exec.timeout = step_timeout()
    cfg.agent.steps = SETTINGS["steps"]
    cfg.agent.k_fold_validation = SETTINGS["k_fold_validation"]
    cfg.agent.data_preview = SETTINGS["data_preview"]
    cfg.agent.search.max_debug_depth = SETTINGS["max_debug_depth"]
    cfg.agent.search.debug_prob = SETTINGS["debug_prob"]
    cfg.agent.search.num_drafts = SETTINGS["num_drafts"]
    cfg.agent.code.model = cfg.report.model = SETTINGS["model"]
    cfg.agent.feedback.model = SETTINGS["feedback_model"]
    if SETTINGS["temperature"] is not None:
        cfg.agent.code.temp = cfg.agent.feedback.temp = SETTINGS["temperature"]
    cfg = aide_config.prep_cfg(cfg)
    description = aide_config.load_task_desc(cfg)
    aide_config.prep_agent_workspace(cfg)
    cfg.log_dir = Path(SETTINGS["logs"]) / "aide"
    aide.agent.query = careful(aide.agent.query)

    written = cfg.workspace_dir / "working" / "submission.csv"
    submission, solution = Path(SETTINGS["submission"]), Path(SETTINGS["code"]) / "best_solution.py"
    journal = Journal()
    agent = Agent(task_desc=description, cfg=cfg, journal=journal, submission=written, packages=installed_packages())

    def execute(code: str, reset: bool = True) -> ExecutionResult:
        clear(written)
        result = run_script(code, cfg.workspace_dir, step_timeout())
        if written.is_file() and not submission.exists():  # before the review: the run may be cut off at any time
            put(written, submission)
        return result

    failed = 0
    print(f"AIDE {importlib.metadata.version('aideml')}: {SETTINGS}")
    while len(journal) < cfg.agent.steps:
        try:
            agent.step(exec_callback=execute)
        except Exception:  # a request that is rejected, or an answer that aideml cannot take: another may fare better
            failed += 1
            if failed == MOST_FAILED:
                raise
            traceback.print_exc()
            continue
        failed = 0
        node, best = journal.nodes[-1], journal.get_best_node()
        if written.is_file() and (best is node or best is None):  # any submission beats none
            put(written, submission)
        if best is node:
            (HERE / "best.py").write_text(node.code)
            put(HERE / "best.py", solution)
        ran, first = node.exc_type or "ran", best.step if best else None
        print(f"step {node.step}: {node.stage_name}, {ran}, metric {node.metric.value}, best is step {first}")
        try:
            aide_config.save_run(cfg, journal)
        except Exception:  # the tree's picture is not worth the run
            traceback.print_exc()
    (HERE / "end.txt").write_text(f"all {cfg.agent.steps} steps are used")


if __name__ == "__main__":
    main()
