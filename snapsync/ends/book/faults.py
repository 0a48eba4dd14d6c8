"""Why a book file cannot be read: one constant sentence per kind of trouble, and where exactly it is."""

from __future__ import annotations

import json

from snapsync.errors import BookError

UNREADABLE = "A book file cannot be opened or read."
UNWRITABLE = "A book file may not be written."
CHANGING = "A book file kept changing while it was read."
ENCODING = "A book file is not UTF-8 text."
HALF = "A book file is empty or half-written."
SHAPE = "A row of a book file does not fit the file's header."
COLUMNS = "A book file lacks or repeats a column that it needs."
CELL = "A cell of a book file cannot be understood."
DUPLICATE = "Two open rows of the book cannot be told apart."
JSON = "The bankroll file is not whole and valid JSON."
NUMBER = "A number of the bankroll file cannot be understood."
GONE = "The book no longer holds what is to be changed."
UNFIT = "The book's columns cannot hold what is to be written."

RESTORE = "Put the file right, or put back a good copy; nothing was changed."
ROOM = "Add the columns that the file lacks, or leave this out with ALPACA_SYNC_IGNORE."
_SHOWN = 40


def quoted(text: str) -> str:
    """A cell as it may stand in a sentence: on one line, without control characters, not too long."""
    return json.dumps(text if len(text) <= _SHOWN else text[:_SHOWN] + "…", ensure_ascii=False)


def fault(summary: str, detail: str, hint: str = RESTORE) -> BookError:
    """The error to raise; ``detail`` begins with the file's name."""
    return BookError(summary, detail=detail, hint=hint)
