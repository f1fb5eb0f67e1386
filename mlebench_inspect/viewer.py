"""How Inspect's log viewer shows the benchmark: columns, colours, order."""

from __future__ import annotations

from typing import Literal

from inspect_ai.viewer import (
    SampleScoreView,
    ScannerResultField,
    ScannerResultView,
    ScoreColorScale,
    TaskSamplesColumn,
    TaskSamplesSort,
    TaskSamplesView,
    ViewerConfig,
)

from mlebench_inspect.violations.questions import QUESTIONS

RULINGS: dict[str, Literal["good", "bad", "warn", "info", "muted"]] = {
    "clean": "good",
    "suspect": "warn",
    "violation": "bad",
    "undecided": "info",
}
TIERS = ("gold", "silver", "bronze")
REST = ("valid", "above_median", "made", "any_medal")


def viewer_config() -> ViewerConfig:
    """Competition, tier, score, standing and verdict first; the best on top; tiers in colours."""
    name = "mlebench"
    return ViewerConfig(
        task_samples_view=TaskSamplesView(
            name="Medals",
            columns=[
                TaskSamplesColumn(id="sampleStatus"),
                TaskSamplesColumn(id="sampleId"),
                TaskSamplesColumn(id="epoch"),
                TaskSamplesColumn.score(name, "medal"),
                TaskSamplesColumn.score(name, "score"),
                TaskSamplesColumn.score(name, "percentile"),
                TaskSamplesColumn(id="answer"),
                TaskSamplesColumn(id="tokens"),
                TaskSamplesColumn(id="cost"),
                TaskSamplesColumn(id="duration"),
                # The viewer itself shows `limit` and `error` where a sample has one. It shows every score, whatever is
                # asked for, so these at least come last.
                *(TaskSamplesColumn(id=key, visible=False) for key in ("input", "target")),
                *(TaskSamplesColumn.score(name, key, visible=False) for key in (*REST, *TIERS)),
            ],
            multiline=False,
            sort=[TaskSamplesSort.score(name, "percentile", dir="desc")],
            score_labels={
                "medal": "Medal",
                "score": "Score",
                "above_median": "Above median",
                "percentile": "Percentile",
                **{question: question.replace("_", " ").capitalize() for question in QUESTIONS},
            },
            score_color_scales={
                "medal": {
                    **{"gold": "good", "silver": "info", "bronze": "warn"},
                    **{"none": "muted", "undefined": "muted", "unscored": "bad"},
                },
                "percentile": ScoreColorScale(palette="good-high", min=0, max=100),
                **dict.fromkeys(QUESTIONS, RULINGS),
            },
        ),
        sample_score_view=SampleScoreView(default="grid"),
        scanner_result_view=ScannerResultView(
            fields=[ScannerResultField(name=name) for name in ("value", "explanation")],
            exclude_fields=[ScannerResultField(name="metadata")],  # the explanation says all of it
        ),
    )
