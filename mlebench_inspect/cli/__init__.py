"""The command `mlebench-inspect`: thin commands over the library.

A wrong argument or broken input ends in one line that says what is wrong and what to do, with exit code 2. Where some
pieces of the work fail, the others are done, each failure is named, and the exit code is 1. Tables are text, with
colours on a terminal only; JSON comes where `--json` asks for it.
"""

from mlebench_inspect.cli import (  # each registers its commands
    bundles,
    catalogue,
    data,
    exporting,
    grading,
    host,
    hosts,
    own,
    plagiarism,
    results,
    scanning,
    stores,
)
from mlebench_inspect.cli.group import cli, main

__all__ = [
    "bundles",
    "catalogue",
    "cli",
    "data",
    "exporting",
    "grading",
    "host",
    "hosts",
    "main",
    "own",
    "plagiarism",
    "results",
    "scanning",
    "stores",
]
