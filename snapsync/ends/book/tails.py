"""Ends of files as crashes leave them: bytes never written, half a row, an object that is not closed."""

from __future__ import annotations

import json
import re
from json import JSONDecodeError

from snapsync.errors import BookError

from .table import scan
from .text import BOM
from .values import Fix

_LAST_LINE = re.compile(r"(?:^|[\r\n])([^\r\n]+)\Z")
_COMMA_FIRST = re.compile(r"^\s*,", re.MULTILINE)
_BACK = "It is taken out. What it stood for comes back from the account with the next plan."


def without_nuls(data: bytes) -> tuple[bytes, list[Fix]]:
    """The bytes without the NULs at their end: where power fails, a write may leave its length alone."""
    whole = data.rstrip(b"\0")
    lost = len(data) - len(whole)
    if not lost or b"\0" in whole or not whole:
        return data, []
    line = whole.count(b"\n") + 1
    return whole, [
        Fix(line=line, wrong=f"{lost} NUL bytes at the end of the file.", becomes="They are taken out.")
    ]


def without_an_open_quote(name: str, text: str) -> tuple[str, list[Fix]]:
    """A CSV file's text without its last line, where that breaks off inside quotes.

    Raises:
        BookError: a quote is open elsewhere; nobody can say where it was meant to end.
    """
    try:
        scan(name, text)
    except BookError:
        last = _LAST_LINE.search(text)
        if not last or '"' not in last[1]:
            raise
        rest = text[: last.start(1)]
        scan(name, rest)
        line = rest.count("\n") + 1
        return rest, [Fix(line=line, wrong="The last row breaks off inside quotes.", becomes=_BACK)]
    return text, []


def broken_off(line: int, found: int, width: int) -> Fix:
    """What becomes of a last row that breaks off."""
    return Fix(line=line, wrong=f"The last row breaks off after {found} of {width} fields.", becomes=_BACK)


def closed_object(text: str) -> tuple[str, list[Fix]]:
    """A JSON object's text with the brace that it lacks, where nothing else could follow.

    A value may be cut within, and another member could follow a comma: only behind the end of a line after a
    whole value is it certain that all was there.
    """
    body = text.rstrip()
    if "\n" not in text[len(body) :] or _COMMA_FIRST.search(body) or not _lacks_its_brace(body):
        return text, []
    newline = "\r\n" if "\r\n" in text else "\n"
    fix = Fix(
        line=text.count("\n") + 1,
        wrong="The object is not closed, though its last value is whole.",
        becomes="The closing brace is added; nothing else could follow there.",
    )
    return text + "}" + newline, [fix]


def _lacks_its_brace(body: str) -> bool:
    try:
        json.loads(body.removeprefix(BOM))
    except JSONDecodeError:
        try:
            return isinstance(json.loads(body.removeprefix(BOM) + "}"), dict)
        except (ValueError, RecursionError):
            return False
    except (ValueError, RecursionError):
        pass
    return False
