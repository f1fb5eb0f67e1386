"""What a check of a competition says."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from mlebench_inspect.checks.case import Case
from mlebench_inspect.checks.fault import Fault
from mlebench_inspect.plain import one_line
from mlebench_inspect.tasks import GradingError

Status = Literal["ok", "fault", "not looked at"]
_LONGEST = 400


class Check(NamedTuple):
    """Something that holds for every competition."""

    name: str
    """As a sentence that is true where nothing is wrong."""
    look: Callable[[Case], None]
    """Raises `Fault` where it is not."""
    needs: tuple[str, ...] = ()
    """What must hold first, by `look`'s name: else this is not looked at."""


class Verdict(NamedTuple):
    """What came of one check in one revision."""

    check: str
    revision: str
    status: Status
    fault: str = ""
    """What is wrong, and where."""
    mend: str = ""

    def __str__(self) -> str:
        told = "; ".join(filter(None, (self.fault, self.mend)))
        begin = {"ok": "ok     ", "fault": "WRONG  ", "not looked at": "–      "}[self.status]
        return f"{begin}{self.revision}: {self.check}" + (f": {told}" if told else "")


def verdict_on(check: Check, case: Case, passed: set[str]) -> Verdict:
    """Runs one check, and notes in `passed` that it holds."""
    missing = [name for name in check.needs if name not in passed]
    if missing:
        return Verdict(check.name, case.revision, "not looked at")
    try:
        check.look(case)
    except Fault as ex:
        return Verdict(check.name, case.revision, "fault", _short(str(ex)), ex.mend)
    except (Exception, SystemExit) as ex:  # the competition's own code may raise anything
        # without what the error quotes, which is of miniature data here, its author could not mend it
        cause = ex.__cause__ if isinstance(ex, GradingError) and ex.__cause__ else ex
        told = f"{type(cause).__name__}: {cause}{_where(cause, case.found.folder)}"
        return Verdict(check.name, case.revision, "fault", _short(told), "mend it there")
    passed.add(check.look.__name__)
    return Verdict(check.name, case.revision, "ok")


def _short(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _where(ex: BaseException, folder: Path) -> str:
    """The last line of the competition's own code that the error came through."""
    frames = [f for f in traceback.extract_tb(ex.__traceback__) if Path(f.filename).parent == folder]
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
