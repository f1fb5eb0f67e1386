"""What a run shows that a limit ended: its name, in the log and in the report, and the grade of what lay there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspect_ai.log import EvalLog
from inspect_ai.model import Model, ModelCost, ModelInfo, set_model_info

from mlebench_inspect.reporting.figures import report
from mlebench_inspect.reporting.results import read_results
from runs import value

DOLLARS_PER_MILLION = 1000.0
"""What a token costs here: an answer of the scripted API, of 120 tokens, 12 cents."""
LIMITS: dict[str, dict[str, Any]] = {
    "message": {"message_limit": 24},
    "token": {"token_limit": 120 * 12},
    "cost": {"cost_limit": 0.12 * 12},
    "time": {"time_limit": 60},
}


def price(model: Model) -> Model:
    """The model with a price, which a limit of costs needs; `set_model_cost` takes only models that Inspect knows."""
    per = DOLLARS_PER_MILLION
    cost = ModelCost(input=per, output=per, input_cache_read=per, input_cache_write=per)
    for name in {str(model), model.canonical_name()}:
        set_model_info(name, ModelInfo(cost=cost))
    return model


def check_limited(log: EvalLog, kind: str) -> None:
    """The run was ended by a limit of this kind, and what lay in the submission's place is graded."""
    assert log.status == "success"
    (sample,) = log.samples or []
    assert sample.error is None, sample.error.message
    assert sample.limit is not None
    assert sample.limit.type == kind
    assert value(log)["valid"] == 1
    (found,) = report(read_results([Path(log.location)]))
    assert found.limits == {kind: 1}
    if kind == "cost":
        assert found.cost is not None
        assert found.cost >= LIMITS["cost"]["cost_limit"]
