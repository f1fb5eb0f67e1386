"""Some 250 forms of one submission file, the same on every call."""

from __future__ import annotations

from forms.columns import columns
from forms.headers import headers
from forms.ids import ids as forms_of_ids
from forms.layouts import layouts
from forms.numerals import numerals
from forms.sheet import Sheet
from forms.tokens import tokens

GROUPS = {
    "header": headers,
    "layout": layouts,
    "number": numerals,
    "id": forms_of_ids,
    "column": columns,
    "token": tokens,
}


def forms(submission_text: str, ids: list[str], targets: list[str], sample_text: str) -> dict[str, bytes]:
    """Forms of a submission, valid and invalid ones.

    Args:
        submission_text: A good submission as CSV text.
        ids: Its id columns.
        targets: Its columns with predictions.
        sample_text: The competition's sample submission.

    Returns:
        Name of the form (`group/form`) to the file's content. No two are the same.
    """
    sheet, sample = Sheet.read(submission_text, ids, targets), Sheet.read(sample_text, ids, targets)
    found = {"base/as it is": sheet.bytes(), "base/sample submission": sample_text.encode()}
    known = set(found.values())
    for group, make in GROUPS.items():
        for name, content in make(sheet, sample).items():
            if content not in known:
                found[f"{group}/{name}"] = content
                known.add(content)
    return found
