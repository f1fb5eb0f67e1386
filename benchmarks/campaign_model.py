"""What a campaign takes: time, graphics cards, disk and money, by where it runs.

    python benchmarks/campaign_model.py --gpu-hour 2 --million-in 15 --million-out 60

Arithmetic alone: samples of equal length run in waves, as many at once as there are graphics cards. Prices are yours
to give; without them the columns are left out. Tokens are those of AIDE with o1-preview (arXiv 2410.07095), for want of
your agent's.
"""

from __future__ import annotations

import argparse
import math
import sys

from mlebench_inspect.tasks import competitions

WHERE = {
    "one host, one GPU": 1,
    "one host, eight GPUs": 8,
    "eight hosts, eight GPUs each": 64,
    "Kubernetes, 75 pods": 75,
    "Modal or the like, 225 sandboxes": 225,
}
"""Samples at once."""
MILLION_TOKENS_A_SEED = {"in": 127.5, "out": 15.0}
"""Of one seed of all 75 competitions."""
UNPACKED = 2.0
"""Raw archives and what is prepared of them, where media are linked and not copied, by the archives' size."""


def main() -> int:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--split", default="all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--disk", type=float, default=100, help="GB that a sandbox may take")
    parser.add_argument("--gpu-hour", type=float, help="price of a graphics card's hour")
    parser.add_argument("--million-in", type=float, help="price of a million tokens of input")
    parser.add_argument("--million-out", type=float, help="price of a million tokens of output")
    given = parser.parse_args()
    chosen = competitions(given.split)
    samples, size = len(chosen) * given.seeds, sum(c.dataset_size_gb or 0 for c in chosen)
    hours = samples * given.hours
    print(f"{samples} samples of {given.hours:g} hours: {hours:,.0f} hours of sandboxes and, with one each, of GPUs.")
    unknown = sum(c.dataset_size_gb is None for c in chosen)
    more = f"; without {unknown} competitions whose size is not known" if unknown else ""
    print(f"Data: {size / 1000:.1f} TB of archives, up to {UNPACKED * size / 1000:.1f} TB with what is prepared{more}.")
    if given.gpu_hour:
        print(f"Graphics cards: {hours * given.gpu_hour:,.0f} $.")
    if given.million_in and given.million_out:
        share = given.seeds * len(chosen) / 75
        tokens = {k: v * share for k, v in MILLION_TOKENS_A_SEED.items()}
        money = tokens["in"] * given.million_in + tokens["out"] * given.million_out
        print(f"Tokens: {tokens['in']:,.0f} M in, {tokens['out']:,.0f} M out: {money:,.0f} $.")
    print("\n| where | at once | waves | days | disk of sandboxes |\n|---|--:|--:|--:|--:|")
    for where, at_once in WHERE.items():
        waves = math.ceil(samples / at_once)
        most = min(at_once, samples) * given.disk / 1000
        print(f"| {where} | {at_once} | {waves} | {waves * given.hours / 24:,.0f} | up to {most:g} TB |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
