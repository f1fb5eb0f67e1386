"""Forms of the file: separators, quotes, line ends, encodings, archives."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import zipfile

from forms.sheet import Sheet


def layouts(sheet: Sheet, _sample: Sheet) -> dict[str, bytes]:
    """Submissions whose bytes are laid out in another way."""
    return _separators(sheet) | _quotes(sheet) | _ends(sheet) | _blanks(sheet) | _encodings(sheet) | _packed(sheet)


def _separators(sheet: Sheet) -> dict[str, bytes]:
    signs = {"semicolons": ";", "tabs": "\t", "pipes": "|", "blanks": " ", "colons": ":"}
    found = {name: sheet.text(separator=sign).encode() for name, sign in signs.items()}
    lines = sheet.text().splitlines(keepends=True)
    found["comma and blank"] = sheet.text().replace(",", ", ").encode()
    found["comma between blanks"] = sheet.text().replace(",", " , ").encode()
    found["commas doubled"] = sheet.text().replace(",", ",,").encode()
    found["header in semicolons"] = (lines[0].replace(",", ";") + "".join(lines[1:])).encode()
    found["last row in semicolons"] = ("".join(lines[:-1]) + lines[-1].replace(",", ";")).encode()
    return found


def _quotes(sheet: Sheet) -> dict[str, bytes]:
    lines = sheet.text(quoting=csv.QUOTE_ALL).splitlines(keepends=True)
    plain = sheet.text().splitlines(keepends=True)
    column = sheet.targets[0]
    return {
        "all quoted": "".join(lines).encode(),
        "all but the header quoted": "".join([plain[0], *lines[1:]]).encode(),
        "first row quoted": "".join([*plain[:1], lines[1], *plain[2:]]).encode(),
        "single quotes": sheet.text(quoting=csv.QUOTE_ALL, quote="'").encode(),
        "text quoted": sheet.text(quoting=csv.QUOTE_NONNUMERIC).encode(),
        "whole rows quoted": "".join(f'"{line.rstrip()}"\n' for line in plain).encode(),
        "quote never closed in first row": "".join([plain[0], f'"{plain[1]}', *plain[2:]]).encode(),
        "quote never closed in last row": "".join([*plain[:-1], f'"{plain[-1]}']).encode(),
        "quote at the end": (sheet.text() + '"').encode(),
        "quote inside": sheet.mapped((column,), lambda cell: f'{cell}"').text(quoting=csv.QUOTE_MINIMAL).encode(),
        "bare quote inside": sheet.text().replace("\n", '"\n', 2).encode(),
        "quotes doubled": sheet.text(quoting=csv.QUOTE_ALL).replace('"', '""').encode(),
        "newline in quotes": sheet.with_cell(0, column, f"{sheet.cells(column)[0]}\n").bytes(),
        "backslash": sheet.with_cell(0, column, f"{sheet.cells(column)[0]}\\").bytes(),
    }


def _ends(sheet: Sheet) -> dict[str, bytes]:
    text = sheet.text()
    lines = text.splitlines()
    mixed = "".join(line + ("\r\n", "\n", "\r")[place % 3] for place, line in enumerate(lines))
    return {
        "CRLF": sheet.text(end="\r\n").encode(),
        "CR": sheet.text(end="\r").encode(),
        "LF and CRLF mixed": "".join(line + ("\r\n", "\n")[place % 2] for place, line in enumerate(lines)).encode(),
        "three ends mixed": mixed.encode(),
        "CR CR LF": sheet.text(end="\r\r\n").encode(),
        "no last newline": text.rstrip("\n").encode(),
        "CRLF without last newline": sheet.text(end="\r\n").rstrip().encode(),
        "form feeds": sheet.text(end="\f").encode(),
        "NEL": sheet.text(end="\x85").encode(),
        "line separators": sheet.text(end="\u2028").encode(),
        "all in one line": text.replace("\n", ",").encode(),
        "cut in the last row": text.rstrip("\n")[:-1].encode(),
        "cut in the middle": text[: len(text) // 2].encode(),
    }


def _blanks(sheet: Sheet) -> dict[str, bytes]:
    text = sheet.text()
    lines = text.splitlines(keepends=True)
    middle = len(lines) // 2
    width = len(sheet.header)
    return {
        "empty": b"",
        "newline alone": b"\n",
        "blanks alone": b"   ",
        "blank line in front": f"\n{text}".encode(),
        "three blank lines in front": f"\n\n\n{text}".encode(),
        "blank line after the header": "".join([lines[0], "\n", *lines[1:]]).encode(),
        "blank line in the middle": "".join([*lines[:middle], "\n", *lines[middle:]]).encode(),
        "blank lines at the end": f"{text}\n\n\n".encode(),
        "blank lines between all": text.replace("\n", "\n\n").encode(),
        "line of blanks in front": f"   \n{text}".encode(),
        "line of blanks in the middle": "".join([*lines[:middle], "   \n", *lines[middle:]]).encode(),
        "line of blanks at the end": f"{text}   \n".encode(),
        "line of commas at the end": f"{text}{',' * (width - 1)}\n".encode(),
        "line of commas in the middle": "".join([*lines[:middle], "," * (width - 1) + "\n", *lines[middle:]]).encode(),
        "line of a quoted blank at the end": f'{text}""\n'.encode(),
        "comment line in the middle": "".join([*lines[:middle], "# half\n", *lines[middle:]]).encode(),
        "comment line at the end": f"{text}# end\n".encode(),
        "trailing commas": text.replace("\n", ",\n").encode(),
        "trailing commas but in the header": (lines[0] + "".join(lines[1:]).replace("\n", ",\n")).encode(),
        "two trailing commas but in the header": (lines[0] + "".join(lines[1:]).replace("\n", ",,\n")).encode(),
        "trailing blanks": text.replace("\n", " \n").encode(),
        "leading blanks": "".join(f" {line}" for line in lines).encode(),
        "fenced like markdown": f"```csv\n{text}```\n".encode(),
    }


def _encodings(sheet: Sheet) -> dict[str, bytes]:
    text = sheet.text()
    accent = sheet.with_new("note", ["é" for _ in sheet.rows], len(sheet.header)).text()
    return {
        "UTF-16": text.encode("utf-16"),
        "UTF-16 without mark": text.encode("utf-16-le"),
        "UTF-32": text.encode("utf-32"),
        "Latin-1 in a column too many": accent.encode().replace("é".encode(), "é".encode("latin-1")),
        "UTF-8 in a column too many": accent.encode(),
        "byte that is no UTF-8": text.encode().replace(b"\n", b"\xff\n", 2),
        "NUL at the end": text.encode() + b"\x00",
        "NUL in front": b"\x00" + text.encode(),
        "NUL in the last cell": text.rstrip("\n").encode() + b"\x00\n",
        "NULs alone": b"\x00" * 64,
        "Ctrl-Z at the end": text.encode() + b"\x1a",
    }


def _packed(sheet: Sheet) -> dict[str, bytes]:
    content = sheet.bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zipfile.ZipInfo("submission.csv"), content)
    rows = [dict(zip(sheet.header, row, strict=True)) for row in sheet.rows]
    return {
        "gzip": gzip.compress(content, mtime=0),
        "zip": archive.getvalue(),
        "bzip2": bz2.compress(content),
        "xz": lzma.compress(content),
        "JSON": json.dumps(rows).encode(),
        "JSON lines": "".join(json.dumps(row) + "\n" for row in rows).encode(),
        "HTML": f"<html><body><pre>{sheet.text()}</pre></body></html>".encode(),
    }
