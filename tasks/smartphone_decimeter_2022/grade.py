"""Mean over trips of the median and the 95th percentile of the horizontal error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlebench_inspect.graders.metrics.geo import mean_p50_p95_haversine_distance
from mlebench_inspect.graders.submission import (
    InvalidSubmission,
    Revision,
    Tables,
    aligned,
    halves_for_truth_values,
    refuse_text,
    require_columns,
    require_numbers,
    require_rows,
)

if TYPE_CHECKING:
    import pandas as pd

TRIP, TIME, LATITUDE, LONGITUDE = "tripId", "UnixTimeMillis", "LatitudeDegrees", "LongitudeDegrees"
ROW = f"{TRIP} and {TIME}"


def checked(known: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> Tables:
    """v1 matches the rows of a trip by their order, and a missing coordinate makes the score NaN.

    True and False are 1 and 0 degrees, in v1 with the sines and cosines of half-precision numbers.
    """
    require_columns(submission, [TRIP, TIME, LATITUDE, LONGITUDE])
    require_rows(submission, len(known))
    if revision == "v2":
        require_numbers(submission, [TIME], id_column=TRIP, whole=True)
        known, submission = _with_row_key(known), _with_row_key(submission)
        require_numbers(submission, [LATITUDE, LONGITUDE], id_column=ROW)
        require_numbers(submission, [LATITUDE], id_column=ROW, minimum=-90, maximum=90)
        known, submission = aligned(known, submission, ROW)
    else:
        require_numbers(submission, [LATITUDE, LONGITUDE], id_column=TRIP, finite=False, missing=True)
        given = submission[TRIP].value_counts()
        for trip, count in known[TRIP].value_counts(sort=False).items():
            if given.get(trip, 0) != count:
                raise InvalidSubmission(f"{given.get(trip, 0):,} rows for {TRIP} {trip}; exactly {count:,} are needed")
        known, submission = (t.sort_values(TRIP, kind="stable") for t in (known, submission))
    refuse_text(submission, [LATITUDE, LONGITUDE])
    if revision == "v1":
        submission = halves_for_truth_values(submission, [LATITUDE, LONGITUDE])
    else:
        submission = submission.astype({LATITUDE: float, LONGITUDE: float})
    return known, submission


def grade(answers: pd.DataFrame, submission: pd.DataFrame, revision: Revision) -> float:
    """The metric of what `checked` returns."""
    return mean_p50_p95_haversine_distance(
        *checked(answers, submission, revision), group=TRIP, latitude=LATITUDE, longitude=LONGITUDE
    )


def _with_row_key(table: pd.DataFrame) -> pd.DataFrame:
    times = table[TIME].astype(int).map(str)
    return table.assign(**{ROW: [f"{trip} {time}" for trip, time in zip(table[TRIP], times, strict=True)]})
