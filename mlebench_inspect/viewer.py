"""How Inspect's log viewer shows the benchmark: columns, colours, order."""

from __future__ import annotations

from inspect_ai.viewer import (
    SampleScoreView,
    ScoreColorScale,
    TaskSamplesColumn,
    TaskSamplesSort,
    TaskSamplesView,
    ViewerConfig,
)

TIERS = ("gold", "silver", "bronze")


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
                TaskSamplesColumn.score(name, "valid"),
                TaskSamplesColumn.score(name, "above_median"),
                TaskSamplesColumn(id="tokens"),
                TaskSamplesColumn(id="duration"),
                TaskSamplesColumn(id="limit"),
                TaskSamplesColumn(id="error"),
                *(TaskSamplesColumn.score(name, key, visible=False) for key in ("made", "any_medal", *TIERS)),
                *(TaskSamplesColumn(id=key, visible=False) for key in ("input", "target")),
            ],
            multiline=False,
            sort=[TaskSamplesSort.score(name, "percentile", dir="desc")],
            score_labels={
                "medal": "Medal",
                "score": "Score",
                "above_median": "Above median",
                "percentile": "Percentile",
            },
            score_color_scales={
                "medal": {"gold": "good", "silver": "info", "bronze": "warn", "none": "muted", "unscored": "bad"},
                "percentile": ScoreColorScale(palette="good-high", min=0, max=100),
            },
        ),
        sample_score_view=SampleScoreView(default="grid"),
    )
