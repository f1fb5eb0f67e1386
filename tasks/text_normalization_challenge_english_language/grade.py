"""Share of the tokens whose spoken form is exactly right."""

from mlebench_inspect.tasks._text_normalization import READ_CSV
from mlebench_inspect.tasks._text_normalization import checked_tokens as checked
from mlebench_inspect.tasks._text_normalization import grade_tokens as grade

__all__ = ["READ_CSV", "checked", "grade"]
