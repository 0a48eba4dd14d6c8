"""Read the book's files as they are now."""

from __future__ import annotations

from snapsync.ends.book import Reading, read

from .env import Env
from .timings import timed


@timed("book")
def read_book(env: Env) -> Reading:
    """What an env's book says, and the very bytes that say it.

    Raises:
        BookError: a file of the book cannot be read (exit 1).
    """
    return read(env.book_files)
