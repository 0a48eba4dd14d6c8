"""Asking the account that an env's credentials open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from snapsync.config import credentials
from snapsync.ends.alpaca import Session
from snapsync.ends.alpaca.session import TOTAL_SECONDS

from .env import Env


@contextmanager
def session(env: Env, seconds: float = TOTAL_SECONDS) -> Iterator[Session]:
    """A session for the block: it says its waits as the env does, and gives its connections back.

    Args:
        env: whose account.
        seconds: how long all of it may take.

    Raises:
        BrokerError: there are no credentials for this env (exit 12).
    """
    keys = credentials(env.config)
    timeout = env.patience(seconds)
    with env.timed("imports"):
        opened = Session(env.config.base_url, keys.key, keys.secret, timeout=timeout, say=env.say)
    try:
        with env.timed("broker"):
            yield opened
    finally:
        opened.close()
        if env.timings:
            env.timings.requests += opened.requests
