"""What is remembered of a long history, for its next reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import msgspec

from snapsync.model.canon import encode, identify
from snapsync.model.image import content, image_chunks
from snapsync.model.pages import Pages
from snapsync.model.past import Past, Stamp
from snapsync.model.state import Transaction
from snapsync.model.tree import Fetch
from snapsync.version import __version__

from .body import Body, Cut
from .summary import Summary
from .values import BookFiles

_YEARS = range(1990, 2051)
READING = 1
"""To be raised with every change in how a history is understood."""


class Remembered(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What is remembered of the history, and the ways to what the store holds of it.

    ``find`` tells the trade of a key in it. ``appended`` is the stamp that the file had when it was found
    as remembered under the env's lock, just before we added to its end.
    """

    past: Past
    fetch: Fetch
    find: Callable[[str], Transaction | None]
    appended: Stamp | None = None

    def body(self, cut: Cut | None = None) -> Body:
        """The content as it was, cut where it was then, or elsewhere.

        Raises:
            StoreError: it is not in the store.
        """
        past = self.past
        cut = cut or Cut(past.chunks, past.start, past.line)
        ids = image_chunks(past.image, self.fetch)
        rest = b"".join(content(self.fetch(id)) for id in ids[cut.chunks :])
        return Body(rest, ids[: cut.chunks], cut, self.fetch)

    def summary(self) -> Summary:
        """What it came to."""
        past = self.past
        return Summary(
            pages=Pages.stored(Transaction, past.transactions, self.fetch),
            actionless=past.actionless,
            contractless=past.contractless,
            costs=past.costs,
        )


def terms(files: BookFiles) -> str:
    """The hash of what the understanding of a history depends on beside its bytes."""
    names = [READING, __version__, files.history.name, files.renames("history")]
    return identify(encode([*names, str(files.timezone), _offsets(files.timezone)]))


@cache
def _offsets(zone: ZoneInfo) -> list[int]:
    """How far a zone is ahead of UTC, month by month: a name alone may come to mean another zone."""
    months = (datetime(year, month, 1, tzinfo=zone) for year in _YEARS for month in range(1, 13))
    return [int((each.utcoffset() or timedelta(0)).total_seconds()) for each in months]
