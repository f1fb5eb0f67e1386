"""What checkpoints within a sample need."""

from __future__ import annotations

from mlebench_inspect.doctor.finding import Finding


def examine_restic() -> Finding:
    from mlebench_inspect._inspect import restic  # which loads Inspect

    wanted = restic()
    if wanted is None:
        return Finding("restic", "note", "cannot be looked for; only runs with --checkpoint need it")
    if wanted.path.exists():
        return Finding("restic", "ok", f"{wanted.version}, for runs with --checkpoint")
    return Finding(
        "restic", "note", f"{wanted.version} is not there; runs with --checkpoint need it: inspect download restic"
    )
