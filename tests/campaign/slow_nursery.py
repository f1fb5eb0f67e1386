"""The process that forks graders, with graders that take long enough to be hit by a fault."""

from __future__ import annotations

import time

from mlebench_inspect.run import nursery, worker

SECONDS = 1.5


def main() -> int:
    """As the worker's, later."""
    time.sleep(SECONDS)
    return real()


if __name__ == "__main__":
    real, worker.main = worker.main, main
    nursery.main()
