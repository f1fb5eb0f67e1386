"""What is wrong with a competition."""

from __future__ import annotations


class Fault(Exception):
    """A check does not hold.

    Args:
        what: What is wrong, and where.
        mend: What to do about it.
    """

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.mend = mend
