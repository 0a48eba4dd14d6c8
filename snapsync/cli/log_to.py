"""Where the log goes while a command runs: nowhere, or to stderr as lines or as JSON lines."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from snapsync.errors import SnapsyncError
from snapsync.model.instant import from_datetime
from snapsync.verbs.audit import in_a_line
from snapsync.verbs.env import Env
from snapsync.views import sync_log


@contextmanager
def log_to_stderr(env: Env, *, steps: bool, as_json: bool) -> Iterator[None]:
    """Write the log of the library to stderr for a while.

    Args:
        env: whose log it is.
        steps: whether each step is told, and not only what went wrong.
        as_json: whether each line is a JSON object; then each step is told.
    """
    handler = logging.StreamHandler(sys.stderr)
    if as_json:
        handler.setFormatter(_Json(env.name))
    log = logging.getLogger("snapsync")
    level, propagates = log.level, log.propagate
    # an error has its own way to a person; only what is logged as a step is wanted here
    log.setLevel(logging.INFO if steps or as_json else logging.CRITICAL)
    log.propagate = False
    log.addHandler(handler)
    if as_json:  # then every line on stderr is JSON
        env.say = lambda words: log.info(sync_log.line(words))
        env.warn = lambda words: log.warning(sync_log.line(words))
    try:
        yield
    except SnapsyncError as error:
        log.error(sync_log.line(f"Sync failed - {in_a_line(error)}"))  # noqa: TRY400 - no trace for what is no bug
        raise
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = propagates


class _Json(logging.Formatter):
    def __init__(self, env: str) -> None:
        super().__init__()
        self._env = env

    def format(self, record: logging.LogRecord) -> str:
        return sync_log.as_json(
            from_datetime(datetime.fromtimestamp(record.created, UTC)),
            record.levelname,
            self._env,
            record.getMessage(),
        )
