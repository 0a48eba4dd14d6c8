"""An opened env: its configuration, its store, who acts and what time it is. Every verb takes one."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from snapsync.config import Config, load
from snapsync.errors import StoreError
from snapsync.model.canon import OperationId, SnapshotId
from snapsync.model.history import Actor, Agreed, BookSnapshot, BrokerSnapshot
from snapsync.model.instant import Instant, from_datetime
from snapsync.model.ledger import Activity
from snapsync.model.pages import Pages
from snapsync.model.policy import Rules
from snapsync.model.state import Scope, State, stored_state
from snapsync.model.threeway import Base
from snapsync.store.store import LOCK_SECONDS, Store

from .job import job_of
from .machine import machine

if TYPE_CHECKING:
    from snapsync.ends.book import BookFiles
    from snapsync.model.timing import Phase

    from .timings import Timings

Clock = Callable[[], datetime]
_UNTIMED = nullcontext()


def system_clock() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


class Env:
    """A named account context, opened: ``Env.open("paper")``. Nothing is shared between two of them."""

    def __init__(self, config: Config, *, clock: Clock = system_clock, actor: Actor | None = None) -> None:
        self.config = config
        self.say: Callable[[str], None] = _unheard
        """Told of waits and other talk while a verb works."""
        self.warn: Callable[[str], None] = _logged
        """Told of what went wrong beside a verb's work, which goes on; by default the log is told."""
        self.progress: Callable[[float], None] = _unheard
        """Told how much of a long reading is done, from 0 to 1."""
        self.lock_timeout: float = LOCK_SECONDS
        """How many seconds a writer waits for the env's lock."""
        self.deadline: float | None = None
        """When every wait has to end, for the network and the lock, on the monotonic clock; None: never."""
        self.timings: Timings | None = None
        """Told what is at work; None where nobody wants to know where the time goes."""
        self.actor = actor or Actor(user=_user(), host=os.uname().nodename)
        """Who acts; the machine is known once there is a store."""
        self.job = job_of(os.environ)
        """The CI run that we are part of; None on anybody's own machine."""
        self._clock = clock
        self._store: Store | None = None

    @classmethod
    def open(
        cls, env: str | None = None, *, config: str | Path | None = None, clock: Clock = system_clock
    ) -> Env:
        """Open an env as the command line does: config.yaml, the environment and .env decide.

        Args:
            env: ``paper`` or ``live``; None: ``SNAPSYNC_ENV``, ``ALPACA_ENV``, else paper.
            config: the path of config.yaml; None: ``SNAPSYNC_CONFIG``, else the working folder's.
            clock: what time it is; for tests and simulations.

        Raises:
            ConfigError: there is no config.yaml, or it cannot be used (exit 64).
        """
        path = None if config is None else Path(config)
        return cls(load(os.environ, Path.cwd(), config=path, env=env), clock=clock)

    @property
    def name(self) -> str:
        return self.config.env

    def now(self) -> Instant:
        """What time it is on this machine."""
        return from_datetime(self._clock())

    @property
    def store(self) -> Store:
        """The env's store.

        Raises:
            StoreError: there is none yet (exit 10), or it cannot be used.
        """
        found = self.find_store()
        if found is None:
            raise StoreError(
                "Nothing is stored for this env yet.",
                detail=f"{self.config.state} is not a store",
                hint=f"snapsync plan --env {self.name}",
            )
        return found

    def find_store(self) -> Store | None:
        """The env's store; None when there is none yet."""
        if self._store is None:
            with self.timed("store"):
                found = Store.open(self.config.state, self.name)
            return found and self._open(found)
        return self._store

    def make_store(self) -> Store:
        """The env's store, made if there is none yet."""
        return self.find_store() or self._open(
            Store.create(self.config.state, self.name, self.patience(self.lock_timeout))
        )

    def lock(self, purpose: str) -> AbstractContextManager[None]:
        """Hold the env's lock for a commit; never over the network or a question.

        Raises:
            StoreError: (exit 11) another process holds it.
        """
        return self.store.place.lock(purpose, self.patience(self.lock_timeout))

    def timed(self, phase: Phase) -> AbstractContextManager[None]:
        """Charge a block to a phase, where somebody wants to know where the time goes."""
        return self.timings.phase(phase) if self.timings else _UNTIMED

    def patience(self, usual: float) -> float:
        """How many seconds a wait may take: the usual ones, or what is left until the deadline."""
        if self.deadline is None:
            return usual
        return max(0.0, min(usual, self.deadline - time.monotonic()))

    def over(self, store: Store) -> Env:
        """The same env with another store."""
        return self._again(store)

    def anew(self) -> Env:
        """The same env as another process would open it: what its store keeps in mind is forgotten."""
        return self._again(None)

    def _again(self, store: Store | None) -> Env:
        other = Env(self.config, clock=self._clock, actor=self.actor)
        other.say, other.warn, other.progress = self.say, self.warn, self.progress
        other.lock_timeout = self.lock_timeout
        other.deadline, other.timings = self.deadline, self.timings
        if store:
            other._remember(store)
        return other

    def _open(self, store: Store) -> Store:
        """Remember the store that is this env's on the disk: what is done in it goes into the audit log."""
        store.heard = partial(_follow, self)
        if self.timings:
            from .timed_place import TimedPlace  # noqa: PLC0415 - only for who asks where the time goes

            store.place = TimedPlace(store.place, self.timings)
        return self._remember(store)

    def _remember(self, store: Store) -> Store:
        self._store = store
        if not self.actor.machine:
            id = machine(store.identity.store)
            self.actor = msgspec.structs.replace(self.actor, machine=id)
        return store

    @property
    def scope(self) -> Scope:
        """What is compared, as configured."""
        return Scope(asset_classes=self.config.asset_classes, ignore=self.config.ignore)

    @property
    def rules(self) -> Rules:
        """What plans are judged by, as configured."""
        return Rules(
            tolerance_pct=self.config.tolerance_pct,
            basis="cash" if self.config.bankroll_basis == "cash" else "equity",
            components=tuple(c for c in Rules().components if c in self.config.components),
            grace_seconds=self.config.grace_seconds,
            bot_prefix=self.config.bot_order_prefix,
            closing_pct=self.config.ask_closing_pct,
            closing_count=self.config.ask_closing_count,
            leap_pct=self.config.ask_bankroll_pct,
            repeats=self.config.ask_repeats,
            cash_floor=self.config.ask_cash,
            cash_per_contract=self.config.ask_cash_per_contract,
            late_days=self.config.ask_days,
        )

    @property
    def book_files(self) -> BookFiles:
        """Where the book lies, and what its columns are called, for its end.

        Raises:
            ConfigError: a column is mapped to a name that is not ours (exit 64).
        """
        from snapsync.ends.book import BookFiles  # noqa: PLC0415 - status and log need no CSV machinery

        from .columns import checked  # noqa: PLC0415 - the same

        book = self.config.book
        checked(self.config)
        return BookFiles(
            bankroll=book.bankroll,
            positions=book.positions,
            history=book.history,
            columns=dict(book.columns),
            positions_columns=dict(book.positions_columns),
            history_columns=dict(book.history_columns),
            bankroll_keys=dict(book.bankroll_keys),
            timezone=self.config.book_timezone,
            env=self.name,
        )

    def book_path(self, role: str) -> Path:
        """Where the book's file of a role lies."""
        path: Path = getattr(self.config.book, role)
        return path

    def base(self, agreed: Agreed | None) -> Base | None:
        """The agreed point as States; None before the first."""
        if agreed is None:
            return None
        broker = self.store.get(agreed.broker, BrokerSnapshot)
        return Base(
            at=broker.at,
            missing=broker.missing,
            book=self.book_state(agreed.book),
            broker=stored_state(broker.state, self.store.place.get),
            marks=broker.marks,
            ledger=Pages.stored(Activity, broker.ledger, self.store.place.get),
            open=frozenset(agreed.open),
            same_terms=(agreed.rules, agreed.scope) == (self.rules.id, self.scope),
        )

    def book_state(self, id: SnapshotId) -> State:
        """The book's State of a Snapshot."""
        return stored_state(self.store.get(id, BookSnapshot).state, self.store.place.get)


def _follow(env: Env, id: OperationId) -> None:
    from .audit import follow  # noqa: PLC0415 - it takes an Env, and only what is written is followed

    follow(env, id)


def _logged(said: str) -> None:
    import logging  # noqa: PLC0415 - only for what rarely is

    from snapsync.views.sync_log import line  # noqa: PLC0415 - the same

    logging.getLogger("snapsync").warning(line(said))


def _unheard(said: object) -> None:
    """What listens where nobody does."""
    del said


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # no name for this uid, as in many containers
        return f"uid {os.getuid()}"
