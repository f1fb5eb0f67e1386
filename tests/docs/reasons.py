"""Why a command of the docs is not run by a test: the one list of exceptions."""

from __future__ import annotations

import re

REASONS: dict[str, str] = {
    # a pattern of the command: why
    r"--model(-role \w+)?[= ](judge=)?(openai|anthropic|google|openrouter|PROVIDER|MODEL|<model>|\.\.\.)": (
        "asks a model of somebody's account"
    ),
    r"^mlebench-inspect prepare ": "asks Kaggle, with an account that has accepted the rules",
    r"^harbor run ": "needs the package harbor, an account, and tasks of real data",
    r"^mlebench-inspect export-tasks --split": "needs data from Kaggle; tests export miniatures",
    r"--from-kaggle": "asks Kaggle, with an account",
    r"ensure_prepared\(": "asks Kaggle, with an account",
    r"^(python3? -m )?pip ": "asks a package index; .ci/run installs the wheel into a new environment",
    r"^mlebench-inspect build ": "builds an image over the network; .ci/run does so for the light one",
    r"^docker (push|tag) |registry\.example": "needs a registry of images and a cluster",
    r"^docker (save|load) ": "moves an image of 1 GB",
    r"^chcon ": "needs SELinux and root",
    r"^inspect eval-retry .*--checkpoint": "needs restic, which comes over the network; tests have a stand-in",
    r"^inspect view$": "serves pages until it is stopped; docs/make_screenshots.py opens them",
    r"^inspect eval .*human_cli": "needs a person",
    r"^(MLEBENCH_TEST_DATA_DIR=\S+ )?(make (test|nightly)|pytest )": "runs the tests that this is one of",
    r"^inspect eval mlebench_inspect/lite --model none": "needs data from Kaggle",
    r"--familiarity familiarity$": "needs a model with log probabilities; tests/familiarity has a scripted one",
    r"--max-samples 8 \.\.\.$": "leaves the rest to the reader",
    r"^aws ": "needs a bucket of somebody's account",
    r"^mlebench-inspect verify-store ": "needs a store of real data; tests verify stores of miniatures",
    r"^-T ": "is an option alone, for the reader's own command",
}


def reason_of(text: str) -> str | None:
    """Why this is not run; None where it is."""
    return next((why for pattern, why in REASONS.items() if re.search(pattern, text, re.MULTILINE)), None)
