"""Asking the account that an env's credentials open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from snapsync.config import credentials
from snapsync.ends.alpaca import Session
from snapsync.ends.alpaca.session import TOTAL_SECONDS

from .env import Env


@contextmanager
def session(env: Env) -> Iterator[Session]:
    """A session for the block: it says its waits as the env does, and gives its connections back.

    Raises:
        BrokerError: there are no credentials for this env (exit 12).
    """
    keys = credentials(env.config)
    timeout = env.patience(TOTAL_SECONDS)
    opened = Session(env.config.base_url, keys.key, keys.secret, timeout=timeout, say=env.say)
    try:
        yield opened
    finally:
        opened.close()
