"""Read the book's files as they are now."""

from __future__ import annotations

from snapsync.ends.book import Reading, Remembered, read

from .env import Env
from .remember import remembered
from .timings import timed


@timed("book")
def read_book(env: Env, known: Remembered | None = None, expected: Reading | None = None) -> Reading:
    """What an env's book says, and the very bytes that say it.

    Args:
        env: the env.
        known: what is known of the history; None: what is remembered of the last look.
        expected: a reading of what the files are thought to hold.

    Raises:
        BookError: a file of the book cannot be read (exit 1).
    """
    return read(env.book_files, known or remembered(env), expected)
