"""Forms of the header."""

from __future__ import annotations

from forms.sheet import Sheet


def headers(sheet: Sheet, _sample: Sheet) -> dict[str, bytes]:
    """Submissions whose header differs."""
    names = sheet.header
    changed = {
        "missing": None,
        "upper case": [name.upper() for name in names],
        "lower case": [name.lower() for name in names],
        "title case": [name.title() for name in names],
        "blank in front": [f" {name}" for name in names],
        "blank behind": [f"{name} " for name in names],
        "blank before the last": [*names[:-1], f" {names[-1]}"],
        "single quotes": [f"'{name}'" for name in names],
        "underscores for blanks": [name.replace(" ", "_") for name in names],
        "numbers": [str(place) for place in range(len(names))],
        "empty names": ["" for _ in names],
        "first empty": ["", *names[1:]],
        "last empty": [*names[:-1], ""],
        "all like the first": [names[0] for _ in names],
        "reversed names": list(names[::-1]),
        "Unnamed": [f"Unnamed: {place}" for place in range(len(names))],
        "suffix .1": [*names[:-1], f"{names[-1]}.1"],
        "name too many": [*names, "more"],
        "name too few": list(names[:-1]),
        "comment sign": [f"# {names[0]}", *names[1:]],
        "no-break space": [*names[:-1], f"{names[-1]}\u00a0"],
        "Cyrillic a": [name.replace("a", "\u0430") for name in names],
        "nan": ["nan" for _ in names],
    }
    found = {name: _bytes(sheet, header) for name, header in changed.items()}
    for column in _some(sheet.ids + sheet.targets):
        renamed = [f"{name}_x" if name == column else name for name in names]
        found[f"{column} renamed"] = sheet.with_header(renamed).bytes()
    return found | _lines(sheet)


def _lines(sheet: Sheet) -> dict[str, bytes]:
    head, _, body = sheet.text().partition("\n")
    quoted = ",".join(f'"{name}"' for name in sheet.header)
    return {
        "doubled": f"{head}\n{head}\n{body}".encode(),
        "again at the end": f"{head}\n{body}{head}\n".encode(),
        "again in the middle": f"{head}\n{body}{head}\n{body}".encode(),
        "alone": f"{head}\n".encode(),
        "alone without newline": head.encode(),
        "quoted": f"{quoted}\n{body}".encode(),
        "trailing comma": f"{head},\n{body}".encode(),
        "two trailing commas": f"{head},,\n{body}".encode(),
        "leading comma": f",{head}\n{body}".encode(),
        "title line before": f"Submission\n{head}\n{body}".encode(),
        "comment line before": f"# made by hand\n{head}\n{body}".encode(),
        "sep line before": f"sep=,\n{head}\n{body}".encode(),
        "byte order mark": b"\xef\xbb\xbf" + f"{head}\n{body}".encode(),
        "byte order mark and quotes": b"\xef\xbb\xbf" + f"{quoted}\n{body}".encode(),
        "byte order mark twice": b"\xef\xbb\xbf\xef\xbb\xbf" + f"{head}\n{body}".encode(),
        "at the end": f"{body}{head}\n".encode(),
    }


def _bytes(sheet: Sheet, header: list[str] | None) -> bytes:
    if header is None:
        return sheet.text().partition("\n")[2].encode()
    return sheet.with_header(header).bytes()


def _some(columns: tuple[str, ...], most: int = 8) -> tuple[str, ...]:
    """The first columns and the last, where there are many."""
    return columns if len(columns) <= most else columns[: most - 1] + columns[-1:]
