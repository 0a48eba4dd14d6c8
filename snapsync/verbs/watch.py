"""Look at an env again and again: in its rhythm, sooner after a hint, later while the broker is down.

A step is never cut off: signals are looked at between two. Whatever a step stops with is told, and the next
one comes; only an error of our own ends a watch.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec

from snapsync.config import Config, credentials
from snapsync.ends.alpaca import MarketClock, read_clock
from snapsync.ends.alpaca.stream import Hints
from snapsync.errors import Exit, SnapsyncError
from snapsync.model.beat import Beat, Standing, Stepped
from snapsync.model.instant import Instant, seconds_between, shift
from snapsync.model.rhythm import Rhythm, pause, soon
from snapsync.store.heartbeat import write_beat
from snapsync.version import __version__

from .bell import Waits
from .env import Env
from .session import session
from .step import step
from .tell import tell

_LONGEST_NIGHT = 3600.0
"""While the market is closed its hours are asked for at least so often, in seconds: they may change."""


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What a watch is to do. ``interval`` is in seconds; None: as configured."""

    interval: float | None = None
    write: bool = False
    market_hours: bool = False
    stream: bool = False


class Seen(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One look for whoever shows it: the heartbeat, and what it has come to or stopped with."""

    beat: Beat
    zone: ZoneInfo
    stepped: Stepped | None = None
    trouble: SnapsyncError | None = None


def watch(open_env: Callable[[], Env], wishes: Wishes, bell: Waits, show: Callable[[Seen], None]) -> None:
    """Watch an env until ``bell`` says to stop.

    Args:
        open_env: opens the env, now and when the configuration is to be read again.
        wishes: what to do.
        bell: what to wait on.
        show: is given each look.

    Raises:
        ConfigError: the configuration cannot be used at the start (exit 64).
    """
    watching = _Watch(open_env, wishes, bell, show)
    try:
        watching.run()
    finally:
        watching.close()


class _Watch:
    def __init__(
        self, open_env: Callable[[], Env], wishes: Wishes, bell: Waits, show: Callable[[Seen], None]
    ) -> None:
        self._open_env, self._wishes, self._bell, self._show = open_env, wishes, bell, show
        self._env = open_env()
        self._started = self._env.now()
        self._looks = self._failures = 0
        self._was_open = self._alive = False
        self._hints: Hints | None = None

    def run(self) -> None:
        """Look, wait, look."""
        while not self._bell.stopped:
            if not self._env.config.enabled:
                self._env.say("Automatic syncs are off (ALPACA_SYNC_ENABLED): nothing is watched.")
                return
            self._listen()
            self._wait(self._turn())

    def close(self) -> None:
        """Leave a last heartbeat, and the stream."""
        if self._hints:
            self._hints.close()
        if self._alive:
            self._leave(self._beat(self._env, "stopped", None))

    def _turn(self) -> float:
        """One turn: a look, if it is time for one. How many seconds to wait then."""
        env = self._env.anew()
        try:
            night = self._night(env)
            if night is not None:
                self._failures = 0
                self._told(env, "closed", night)
                return night
            stepped = step(env, write=self._wishes.write)
        except SnapsyncError as trouble:
            return self._failed(env, trouble)
        self._failures = 0
        self._looks += 1
        wait = soon(self._rhythm) if stepped.pending else pause(self._rhythm, 0, random.random())  # noqa: S311 - jitter
        self._told(env, stepped.standing, wait, stepped=stepped)
        tell(env, plan=stepped.plan, wrote=stepped.wrote)
        return wait

    def _failed(self, env: Env, trouble: SnapsyncError) -> float:
        self._looks += 1
        self._failures += 1
        self._was_open = True  # the last look of the day is made again, until it is made
        down = self._failures if trouble.exit in _DOWN else 0
        wait = pause(self._rhythm, down, random.random())  # noqa: S311 - jitter
        self._told(env, "failed", wait, trouble=trouble)
        tell(env, stopped=trouble)
        return wait

    def _night(self, env: Env) -> float | None:
        """For how long not to look, because the market is closed; None where a look is due.

        After the close there is one more.
        """
        if not self._wishes.market_hours:
            return None
        with session(env) as asks:
            hours: MarketClock = read_clock(asks)
        if hours.is_open or self._was_open:
            self._was_open = hours.is_open
            return None
        opens = seconds_between(hours.at, hours.next_open)
        return min(max(opens, 1.0) + random.uniform(0, 5), _LONGEST_NIGHT)  # noqa: S311 - jitter

    def _wait(self, seconds: float) -> None:
        """Wait until the next look is due, sooner after a hint; reload when it is wished."""
        bell = self._bell
        due = bell.now() + seconds
        while not bell.stopped and (left := due - bell.now()) > 0:
            bell.wait(left)
            if bell.reload:
                bell.reload = False
                self._reload()
                return
            if bell.hinted:
                bell.hinted = False
                due = min(due, bell.now() + soon(self._rhythm))

    def _reload(self) -> None:
        try:
            self._env = self._open_env()
        except SnapsyncError as wrong:
            self._env.warn(f"The configuration was not read again; the old one stays.\n{wrong}")
            return
        self._env.say("The configuration was read again.")
        if self._hints:
            self._hints.close()
            self._hints = None

    def _listen(self) -> None:
        if not self._wishes.stream or self._hints:
            return
        try:
            keys = credentials(self._env.config)
        except SnapsyncError:  # the look says why, and the next turn tries again
            return
        self._hints = Hints(self._env.config.base_url, keys.key, keys.secret, self._bell.hint)

    def _told(
        self,
        env: Env,
        standing: Standing,
        wait: float,
        *,
        stepped: Stepped | None = None,
        trouble: SnapsyncError | None = None,
    ) -> None:
        beat = self._beat(env, standing, wait, stepped, trouble)
        self._leave(beat)
        self._alive = True
        self._show(Seen(beat=beat, zone=env.config.timezone, stepped=stepped, trouble=trouble))

    def _beat(
        self,
        env: Env,
        standing: Standing,
        wait: float | None,
        stepped: Stepped | None = None,
        trouble: SnapsyncError | None = None,
    ) -> Beat:
        now = env.now()
        return Beat(
            pid=os.getpid(),
            host=env.actor.host,
            version=__version__,
            env=env.name,
            started=self._started,
            at=now,
            next=_after(now, wait),
            standing=standing,
            looks=self._looks,
            failures=self._failures,
            trouble=trouble.summary if trouble else "",
            plan=stepped.plan.id if stepped else None,
        )

    def _leave(self, beat: Beat) -> None:
        try:
            write_beat(self._env.config.state, beat)
        except SnapsyncError as full:
            self._env.warn(f"No heartbeat: {full.summary} {full.detail}")

    @property
    def _rhythm(self) -> Rhythm:
        config: Config = self._env.config
        interval = self._wishes.interval or config.interval_minutes * 60.0
        return Rhythm(interval=interval, grace=float(config.grace_seconds))


_DOWN = frozenset({Exit.UNREACHABLE, Exit.UNSETTLED, Exit.CREDENTIALS})
"""Failures that more requests do not mend."""


def _after(now: Instant, wait: float | None) -> Instant | None:
    return None if wait is None else shift(now, seconds=wait)
