"""How far a long reading has come, for who waits at a terminal."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click

from snapsync.verbs.env import Env

from .talk import Talk


@contextmanager
def progress(talk: Talk, env: Env) -> Iterator[None]:
    """A bar for a long reading, on a terminal only, and only when it turns out to be long."""
    if talk.quiet or talk.as_json or not sys.stderr.isatty():
        yield
        return
    steps = 1000
    with ExitStack() as stack:
        bar = functools.cache(
            lambda: stack.enter_context(
                click.progressbar(length=steps, label="reading activities", file=sys.stderr)
            )
        )

        def say(words: str) -> None:
            talk.say(f"\n{words}" if bar.cache_info().currsize else words)

        env.progress = lambda share: bar().update(max(0, int(share * steps) - bar().pos))
        env.say = say
        yield
