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


class MlebenchError(Exception):
    """The message says what is wrong, where, and how to mend it; no traceback is needed."""
