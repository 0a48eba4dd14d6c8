"""A bar for long work, on a terminal only, and only when it turns out to be long."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click

from snapsync.verbs.env import Env

from .talk import Talk


@contextmanager
def progress(talk: Talk, env: Env, label: str) -> Iterator[None]:
    """Show how much of a verb's work is done."""
    if talk.quiet or talk.as_json or not sys.stderr.isatty():
        yield
        return
    steps = 1000
    with ExitStack() as stack:
        bar = functools.cache(
            lambda: stack.enter_context(click.progressbar(length=steps, label=label, file=sys.stderr))
        )

        def beneath(words: str) -> str:
            return f"\n{words}" if bar.cache_info().currsize else words

        env.progress = lambda share: bar().update(max(0, int(share * steps) - bar().pos))
        env.say = lambda words: talk.say(beneath(words))
        env.warn = lambda words: talk.warn(beneath(words))
        yield
