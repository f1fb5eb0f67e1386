"""Grades the submission, and writes what Harbor reads. Runs in the verifier's container, out of any agent's reach."""

import json
import math
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUBMISSION, LOGS = map(Path, sys.argv[1:])
sys.path.insert(0, str(HERE))

from mlebench_inspect.tasks import competition, own  # noqa: E402

TASK = json.loads((HERE / "task.json").read_text(encoding="utf-8"))
if (HERE / "own").is_dir():
    own.add(HERE / "own")
report = competition(TASK["competition"]).grade(
    SUBMISSION, HERE / "prepared/private", TASK["revision"], data=TASK["data"]
)
rewards = {
    "reward": float(bool(report.any_medal)),
    "any_medal": float(bool(report.any_medal)),
    **{tier: float(report.medal == tier) for tier in ("gold", "silver", "bronze")},
    "above_median": float(bool(report.above_median)),
    "valid": float(report.valid_submission),
    "percentile": round((report.percentile or 0.0) / 100, 6),
}
if report.score is not None and math.isfinite(report.score):
    rewards["score"] = float(report.score)
LOGS.mkdir(parents=True, exist_ok=True)
(LOGS / "report.json").write_text(report.model_dump_json(indent=2), encoding="utf-8")
(LOGS / "reward.json").write_text(json.dumps(rewards), encoding="utf-8")
print(f"{report.competition_id}: {report.title}: {report.error or report.score}")
