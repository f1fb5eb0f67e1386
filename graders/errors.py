"""The base of all errors that are meant for the user as they stand.

    MlebenchError
    ├── CatalogueError    unknown competition, broken folder            (tasks)
    ├── DataError         raw data is not as preparation expects it      (tasks.preparing)
    ├── GradingError      answers missing, or the grader is at fault     (tasks)
    ├── BuildError        an image could not be built                    (sandboxes.building)
    ├── EngineError       Docker's engine cannot be asked                (sandboxes.engine)
    ├── HostError         the host or its engine did not do its part     (sandboxes.host)
    └── PreparationError  data could not be got or prepared              (mlebench_inspect.data.errors)

`InvalidSubmission` is none of them: a bad submission is a result, not an error.
"""

from __future__ import annotations

import errno
import traceback
from pathlib import PurePath


class MlebenchError(Exception):
    """The message says what is wrong, where, and how to mend it; no traceback is needed."""


_NO_MEMORY = ("Error tokenizing data. C error: out of memory", "can't start new thread")


def is_lack_of_memory(fault: BaseException) -> bool:
    """Whether an exception says that there is no memory left. Words that a submission may hold decide nothing."""
    if isinstance(fault, OSError):
        return fault.errno == errno.ENOMEM
    if isinstance(fault, ImportError):  # of a library that is loaded late
        return "failed to map segment" in str(fault) or "Cannot allocate memory" in str(fault)
    return isinstance(fault, MemoryError) or str(fault).strip() in _NO_MEMORY


def without_words(fault: BaseException, frames: int = 3) -> str:
    """An exception's type and where it was raised, as for a log: its words may quote answers.

    Args:
        fault: The exception.
        frames: Places that are named, the innermost last.
    """
    found = traceback.extract_tb(fault.__traceback__)[-frames:]
    places = [f"{'/'.join(PurePath(f.filename).parts[-2:])}:{f.lineno} in {f.name}" for f in found]
    return f"{type(fault).__name__}{' at ' if places else ''}{', '.join(places)}"
