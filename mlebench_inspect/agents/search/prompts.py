"""All that the models are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mlebench_inspect.agents.search.hands import Surroundings
from mlebench_inspect.agents.search.parsing import FOLDS, SCORE
from mlebench_inspect.agents.search.tree import Node, Tree
from mlebench_inspect.run.instructions import duration

MAX_OUTPUT, MAX_CODE = 6_000, 40_000
"""Characters of an output and of a script that a prompt shows."""


class Terms(NamedTuple):
    """What every solution of a run is told alike."""

    task: str
    found: Surroundings
    data: str
    folder: str
    """Where solutions lie, each in a folder with its number."""
    metric: str
    higher_is_better: bool
    folds: int
    table: str = ""
    """The training table that has a file of folds; empty where there is none."""
    folds_file: str = ""
    threads: int = 1
    held_back: str = ""
    """Folder of the held-back part; empty where there is none."""


class Standing(NamedTuple):
    """How far a search is."""

    steps_left: int
    """After the one that is being written."""
    seconds_left: float | None
    timeout: float
    """Seconds that the next script may run."""
    best: float | None


_RULES = """\
# How to work

You write one whole solution: a single Python script, `solution.py`, which runs by itself from the data to the
submission. It is run in an empty folder of its own, with these rules in place of what the task says about files:

- It reads the data from `{data}` and writes the predictions for the test set to `submission.csv` in the folder where it
  runs. The best solution's file is put into the place that the task names; do not write there yourself.
- It validates with {folds} folds and the seed {seed_variable} (both are in the environment: `SEARCH_FOLDS`,
  `SEARCH_SEED`).{folds_file} Where rows belong to groups or follow in time, folds that respect this are better: then
  make your own, with that seed. Never fit anything on rows that you validate on.
- As its last line it prints its validation score, in the competition's metric ({metric}, {direction} is better), as
  JSON: `{{"{score}": 0.123, "{fold_scores}": [0.12, 0.13]}}`. Without that line it does not count.
{held_back}- If it is easy, it also saves its predictions for the rows that it validated on as `validation.csv`
  (row number and prediction), so that solutions can be combined later.
- It has {threads} CPU threads (set `n_jobs` and the like to this), {memory}{gpus} and {timeout} at most; then it is
  killed. Aim at half of that.
- It can use these packages and no others: {packages}.
- It prints little, and progress in few lines.

# The data, as it lies in `{data}`

{preview}
"""

_HELD_BACK_RULE = """\
- A part of the training data is held back from you. Its inputs lie in `{folder}`, in the form of the test set, with a
  sample submission. It writes predictions for them to `held_back.csv` in the folder where it runs, in that form, with
  the model that it validated or the one that it submits with. Its score is what these predictions are worth: without
  them it does not count.
"""

_REPLY = """\
Answer with a plan in three to six sentences, then the whole script in one block that begins with ```python and ends
with ```. Leave nothing out of the script, and write nothing after it."""

_DRAFT = """\
# Your task now: a first solution

Write a solution from scratch. Choose an approach that is sound and not too elaborate: it must work the first time.
{others}"""

_DEBUG = """\
# Your task now: mend a solution

This solution failed: {fault}.

{code}

Its output (beginning and end):

{output}

Find the cause, say what it is, and write the whole script anew without the fault. Keep the approach, unless it is the
approach that cannot work here (too slow, too much memory)."""

_IMPROVE = """\
# Your task now: improve a solution

This solution has the validation score {score} and took {seconds}:

{code}

Its output (beginning and end):

{output}
{tried}
Make one change that is likely to raise the true score on the test set, and leave the rest as it is, so that it can be
seen what the change does. Say what you change and why."""

_MERGE = """\
# Your task now: merge two solutions

The first has the validation score {first_score}:

{first_code}

The second has {second_score}:

{second_code}

Write one solution with the best of both: whatever makes each good (features, models, validation, how predictions are
made), or a blend of their models if these are of different kinds. Say what you take from which."""

_ABLATE = """\
# Your task now: find out which part of a solution matters

This solution has the validation score {score} and took {seconds}:

{code}

Write a script that measures, in the same way of validating, what each of its three or four main parts is worth: it runs
the solution with one part left out or replaced by the simplest alternative, and prints a line for each with the score.
It needs no submission and no line of JSON. On fewer folds or fewer rows it may be quicker; it has {timeout}."""

_REFINE = """\
# Your task now: refine the part that matters

This solution has the validation score {score}:

{code}

It was measured what its parts are worth:

{output}

Take the one part that changes the score most, or holds the most promise by these figures, and make it better: another
choice, better settings, more of it. Leave the rest as it is. Write the whole script."""

_ENSEMBLE = """\
# Your task now: combine solutions

These are the best solutions. Each lies in its folder with `submission.csv` and, where it saved one, `validation.csv`
(`ls` tells: {files}){held_back}.

{members}

Write a script that makes one submission of them all: read their files and combine the predictions (a mean, a mean of
ranks, weights found on their validation predictions, a vote), without training them again where that is not needed. The
validation score that it prints must be that of the combination; measure it on the saved validation predictions, or
train small parts again. If it cannot be measured honestly, print the best member's score less a little."""

_REVIEW = """\
You review a solution to a machine learning competition. The metric is {metric}; {direction} is better.

{what}

{code}

Its output (beginning and end):

{output}

{result}

Answer with one JSON object: {{"lesson": "...", "sound": true}}
- "lesson": at most two sentences, for those who write other solutions to this competition: what worked or failed, and
  why. Facts, figures, no advice that holds everywhere.
- "sound": false only if the printed score cannot be believed: it validates on rows that it was trained on, uses the
  target as a feature, or computes another metric. Otherwise true."""


def draft(terms: Terms, tree: Tree, now: Standing) -> str:
    """For a first solution; names the approaches that there are, so that it takes another."""
    plans = [f"- {_short(n.plan)}" for n in tree.nodes if n.operator == "draft" and n.plan][-8:]
    others = ["", "These approaches were tried; take a different one:", *plans] if plans else []
    return _whole(terms, tree, now, _DRAFT.format(others="\n".join(others)))


def debug(terms: Terms, tree: Tree, now: Standing, node: Node) -> str:
    """For a solution that failed."""
    return _whole(terms, tree, now, _DEBUG.format(fault=node.fault, code=_code(node.code), output=_quoted(node.output)))


def improve(terms: Terms, tree: Tree, now: Standing, node: Node) -> str:
    """For one change to a solution; names what was tried on it."""
    made = [
        f"- {_short(n.plan)} -> {n.fault or f'{n.score:.6g}'}"
        for n in tree.children(node)
        if n.done and n.plan and (n.fault or n.score is not None)
    ][-8:]
    tried = "\n".join(["", "Tried on it already (do not repeat):", *made, ""]) if made else ""
    text = _IMPROVE.format(
        score=f"{node.score:.6g}",
        seconds=duration(node.seconds),
        code=_code(node.code),
        output=_quoted(node.output),
        tried=tried,
    )
    return _whole(terms, tree, now, text)


def merge(terms: Terms, tree: Tree, now: Standing, first: Node, second: Node) -> str:
    """For a solution out of two."""
    text = _MERGE.format(
        first_score=f"{first.score:.6g}",
        first_code=_code(first.code),
        second_score=f"{second.score:.6g}",
        second_code=_code(second.code),
    )
    return _whole(terms, tree, now, text)


def ablate(terms: Terms, tree: Tree, now: Standing, node: Node) -> str:
    """For a script that measures what the parts of a solution are worth."""
    text = _ABLATE.format(
        score=f"{node.score:.6g}",
        seconds=duration(node.seconds),
        code=_code(node.code),
        timeout=duration(now.timeout),
    )
    return _whole(terms, tree, now, text)


def refine(terms: Terms, tree: Tree, now: Standing, node: Node, measured: str) -> str:
    """For a better version of the part that matters."""
    text = _REFINE.format(score=f"{node.score:.6g}", code=_code(node.code), output=_quoted(measured))
    return _whole(terms, tree, now, text)


def ensemble(terms: Terms, tree: Tree, now: Standing, members: Sequence[Node]) -> str:
    """For a combination of several solutions."""
    told = "\n\n".join(
        f"Solution {n.id} in `{terms.folder}/{n.id}`, validation score {n.score:.6g}:\n\n"
        + _code(n.code, MAX_CODE // len(members))
        for n in members
    )
    also = ", and `held_back.csv`, to be combined in the same way" if terms.held_back else ""
    files = ", ".join(f"`{terms.folder}/{n.id}`" for n in members)
    return _whole(terms, tree, now, _ENSEMBLE.format(files=files, members=told, held_back=also))


def review(terms: Terms, node: Node) -> str:
    """For a lesson from a solution, and whether its score can be believed."""
    result = f"It does not count: {node.fault}." if node.fault else f"Its validation score is {node.score:.6g}."
    return _REVIEW.format(
        metric=terms.metric,
        direction=_direction(terms),
        what=f"Its plan: {_short(node.plan)}" if node.plan else "",
        code=_code(node.code),
        output=_quoted(node.output),
        result=result,
    )


def again(fault: str) -> str:
    """After an answer that cannot be used."""
    return f"Your answer cannot be used: {fault}. {_REPLY}"


def _whole(terms: Terms, tree: Tree, now: Standing, what: str) -> str:
    lessons = [f"- {lesson}" for lesson in tree.lessons()]
    learnt = ["# Learnt so far, from all solutions", "", *lessons, ""] if lessons else []
    return "\n".join([terms.task.strip(), "", _rules(terms, now), *learnt, _standing(now), "", what, "", _REPLY])


def _rules(terms: Terms, now: Standing) -> str:
    found = terms.found
    file = ""
    if terms.folds_file:
        file = (
            f" `{terms.folds_file}` (`SEARCH_FOLDS_FILE`; columns `row`, `fold`) has the fold of each row of"
            f" `{terms.table}` in its order: use it, so that all solutions are measured alike."
        )
    return _RULES.format(
        data=terms.data,
        folds=terms.folds,
        seed_variable="in `SEARCH_SEED`",
        folds_file=file,
        metric=terms.metric,
        direction=_direction(terms),
        score=SCORE,
        fold_scores=FOLDS,
        held_back=_HELD_BACK_RULE.format(folder=terms.held_back) if terms.held_back else "",
        threads=terms.threads,
        memory=f"{found.memory / 2**30:.0f} GiB of memory shared with other solutions" if found.memory else "memory",
        gpus=f", GPU: {'; '.join(found.gpus)}" if found.gpus else ", no GPU",
        timeout=duration(now.timeout),
        packages=", ".join(found.packages) or "Python's standard library",
        preview=found.preview,
    )


def _standing(now: Standing) -> str:
    """Time and steps left, and the best score so far."""
    time = f"{duration(now.seconds_left)} are left. " if now.seconds_left is not None else ""
    best = f"the best validation score so far is {now.best:.6g}" if now.best is not None else "no solution counts yet"
    return f"# Where you stand\n\n{time}After this step {now.steps_left} more can be taken; {best}."


def _direction(terms: Terms) -> str:
    return "higher" if terms.higher_is_better else "lower"


def _code(text: str, most: int = MAX_CODE) -> str:
    return _fenced(_cut(text, most), "python")


def _quoted(text: str) -> str:
    return _fenced(_cut(text.strip(), MAX_OUTPUT) or "(none)", "text")


def _fenced(text: str, name: str) -> str:
    """A block that what stands in it cannot end."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{name}\n{text.rstrip()}\n{fence}"


def _cut(text: str, most: int) -> str:
    """The beginning and the end of a long text."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}\n[... {len(text) - most} characters ...]\n{text[-half:]}"


def _short(plan: str, most: int = 300) -> str:
    return " ".join(plan.split())[:most]


def joined(texts: Iterable[str]) -> str:
    """The task as one text."""
    return "\n\n".join(t for t in texts if t.strip())
