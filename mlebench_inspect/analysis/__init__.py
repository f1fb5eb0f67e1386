"""Results as pandas data frames, on top of Inspect's own `samples_df` and `evals_df`.

    from mlebench_inspect.analysis import runs, samples, snapshots
    frame = samples("logs")
    frame.groupby("competition")["any_medal"].mean()

All three read places as `mlebench-inspect report` does: paths or URLs of logs and of folders with logs, each run once
whatever it was taken up in; of a sample that was run again, a score before an error, and the newest of equals. What is
no log of this benchmark is left out with a warning. The columns and their dtypes are the same whatever was read, also
where that is nothing; all are nullable, and a value that is not known is `<NA>`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from mlebench_inspect.reporting.records import Reading

__all__ = ["runs", "samples", "snapshots"]

Places = str | Path | Sequence[str | Path]


def samples(logs: Places, *, parallel: bool | int = False) -> pd.DataFrame:
    """One row for each competition and seed that a run planned.

    This is the population of the figures in a report: also what has no score (`status` is `unscored`) and what never
    began (`not run`) has a row, with `<NA>` for all that is not known. Both count as failures in a report, so
    `frame["any_medal"].fillna(False).mean()` over one run is its share of medals. Competitions for development and of
    one's own are among the rows; reports leave them out of a run that has others. A competition of one's own may have
    no medal tiers: then `medal`, `any_medal` and `above_median` are `<NA>` though it is scored, and it is no failure.

    | column | dtype | what it is |
    |---|---|---|
    | `task` | string | identifies the run, over all its logs; Inspect's `task_id` |
    | `log` | string | where the sample's log lies |
    | `created` | datetime64[us, UTC] | when that log was made |
    | `data` | string | `real` or `miniature` |
    | `revision` | string | that it was graded on |
    | `solver` | string | |
    | `model` | string | |
    | `conditions` | string | what makes it a setting of its own, such as `obfuscated description` |
    | `identity` | string | SHA-256 of what the sample was run with; equal ones may be pooled |
    | `competition` | string | |
    | `complexity` | string | `low`, `medium`, `high`, `dev` or `own` |
    | `category` | string | |
    | `metric` | string | of the competition |
    | `seed` | Int64 | from 1; Inspect's epoch |
    | `status` | string | `scored`, `unscored` or `not run` |
    | `reason` | string | in a word: what was out of the ordinary, or why there is no score |
    | `cause` | string | why there is no score, or the exception that the agent raised |
    | `medal` | string | `gold`, `silver`, `bronze` or `none` |
    | `any_medal` | boolean | |
    | `score` | Float64 | the competition's metric |
    | `percentile` | Float64 | percent of the human teams beaten, ties half; only where a board is published |
    | `above_median` | boolean | |
    | `valid` | boolean | |
    | `made` | boolean | whether there was a submission, valid or not |
    | `error` | string | why the submission is missing or invalid |
    | `tokens` | Int64 | of all models |
    | `input_tokens` | Int64 | without those of a cache |
    | `output_tokens` | Int64 | |
    | `cached_tokens` | Int64 | read from a cache or written to it |
    | `cost` | Float64 | US dollars, where the prices of all models were known |
    | `seconds` | Float64 | from the sample's start to its score |
    | `limit` | string | kind of the limit that ended it |
    | `ended_by` | string | the limit, `exception`, or the agent's own word for its end, such as `steps_used` |
    | `time_limit` | Float64 | seconds |
    | `gpus` | Int64 | that the sandbox was given |
    | `snapshots` | Int64 | how many there are; `<NA>` where the run took none |
    | `conduct` | string | gravest ruling on its conduct: `violation`, `suspect`, `undecided` or `clean` |
    | `submission_sha256` | string | |
    | `artifact` | string | where the submission lies, relative to its log's folder |
    | `answers_sha256` | string | of the answers that it was graded against |
    | `eval_id` | string | Inspect's, to join with its own data frames |
    | `sample_id` | string | Inspect's, as in `messages_df` and `events_df` |
    | `working_time` | Float64 | seconds without waiting; Inspect's |
    | `message_count` | Int64 | Inspect's |
    | `turn_count` | Int64 | calls of the model; Inspect's |
    | `retries` | Int64 | of the sample within its run; Inspect's |

    Args:
        logs: Where to look.
        parallel: Let Inspect read its columns in several processes, as in `samples_df`.

    Raises:
        ReportingError: There is no such place.
    """
    from mlebench_inspect.analysis import _samples

    return _samples.frame(_read(logs), parallel)


def runs(logs: Places) -> pd.DataFrame:
    """One row for each run and revision that it was graded on, with the figures of its log.

    Percentages are means over the run's seeds, each over all competitions of the run; what has no score is a failure.
    The shards of a whole are a row each; what no log is of is a row without `log`.

    | column | dtype | what it is |
    |---|---|---|
    | `task` | string | identifies the run, over all its logs; Inspect's `task_id` |
    | `log` | string | where its newest log lies |
    | `logs` | Int64 | how many logs it was taken up in |
    | `created` | datetime64[us, UTC] | when its first log was made |
    | `group` | string | the whole that it is a shard of, or the evaluation set that it is part of, or `task` |
    | `data` | string | `real` or `miniature` |
    | `revision` | string | that it was graded on |
    | `solver` | string | |
    | `model` | string | |
    | `conditions` | string | what makes it a setting of its own, such as `obfuscated description` |
    | `identity` | string | SHA-256 of what its samples were run with; `<NA>` where they differ |
    | `hardware` | string | |
    | `competitions` | Int64 | that were planned, those for development included |
    | `seeds` | Int64 | that were planned |
    | `scored` | Int64 | samples |
    | `unscored` | Int64 | samples |
    | `not_run` | Int64 | samples |
    | `any_medal` | Float64 | percent |
    | `any_medal_sem` | Float64 | points: standard error of the mean over seeds; `<NA>` for one seed |
    | `gold` | Float64 | percent |
    | `silver` | Float64 | percent |
    | `bronze` | Float64 | percent |
    | `above_median` | Float64 | percent |
    | `valid` | Float64 | percent |
    | `made` | Float64 | percent |
    | `percentile` | Float64 | percent of the human teams beaten, over competitions with a published board |
    | `tokens` | Int64 | of all samples that tell them |
    | `cost` | Float64 | US dollars, of all samples that tell them |
    | `hours` | Float64 | of all samples together |
    | `eval_id` | string | of the newest log; Inspect's |
    | `eval_status` | string | of the newest log; Inspect's `status` |
    | `git_commit` | string | that it was run on; Inspect's |

    Args:
        logs: Where to look.

    Raises:
        ReportingError: There is no such place.
    """
    from mlebench_inspect.analysis import _runs

    return _runs.frame(_read(logs))


def snapshots(logs: Places) -> pd.DataFrame:
    """One row for each snapshot of a submission, in the order of time within a sample.

    Only samples with a score have them, and only runs with `-T snapshot_every`. The sample's own row in `samples`, by
    `task`, `data`, `revision`, `competition` and `seed`, is that of the submission at the end.

    | column | dtype | what it is |
    |---|---|---|
    | `task` | string | identifies the run |
    | `data` | string | `real` or `miniature` |
    | `revision` | string | that it was graded on |
    | `solver` | string | |
    | `model` | string | |
    | `conditions` | string | what makes it a setting of its own, such as `obfuscated description` |
    | `identity` | string | SHA-256 of what the sample was run with |
    | `competition` | string | |
    | `seed` | Int64 | |
    | `number` | Int64 | from 1 |
    | `after` | Float64 | seconds since the agent began |
    | `graded` | boolean | false where there was a file that could not be graded |
    | `valid` | boolean | |
    | `medal` | string | `gold`, `silver`, `bronze` or `none` |
    | `any_medal` | boolean | |
    | `score` | Float64 | the competition's metric |
    | `percentile` | Float64 | percent of the human teams beaten, ties half |
    | `above_median` | boolean | |

    Args:
        logs: Where to look.

    Raises:
        ReportingError: There is no such place.
    """
    from mlebench_inspect.analysis import _snapshots

    return _snapshots.frame(_read(logs))


def _read(logs: Places) -> Reading:
    from mlebench_inspect.reporting.results import read_whatever

    places: Iterable[str | Path] = [logs] if isinstance(logs, str | Path) else logs
    reading = read_whatever(places)
    for skipped in reading.skipped:
        warnings.warn(f"left out {skipped}", stacklevel=3)
    return reading
