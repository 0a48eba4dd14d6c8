"""The names under which older bots know the sync: ``AlpacaSync`` and ``sync_before_trade``."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from pathlib import Path

from snapsync.errors import SnapsyncError
from snapsync.model.canon import Record
from snapsync.model.change import COMPONENTS, Component
from snapsync.model.synced import Outcome, failed, of_all
from snapsync.views import sync_log

from .audit import in_a_line
from .env import Env
from .pre_trade import switched_off
from .sync import sync, sync_and_tell

_log = logging.getLogger("snapsync")


class Need(Record, frozen=True):
    """Whether one part of the book wants a sync. True where it differs, or could not be looked at."""

    outcome: Outcome

    def __bool__(self) -> bool:
        return not self.outcome

    def __repr__(self) -> str:
        return repr(self.outcome)


class Needs(dict[str, Need]):
    """By part of the book whether it wants a sync; as a whole true where any does."""

    def __bool__(self) -> bool:
        return any(self.values())


class Results(dict[str, Outcome]):
    """By part of the book how it stands after a sync; as a whole true where all are in step."""

    def __bool__(self) -> bool:
        return all(self.values())


class AlpacaSync:
    """One env's sync: ``AlpacaSync(env="paper")``. What goes wrong is a result that is false, and is logged.

    Args:
        env: ``paper`` or ``live``; None: ``SNAPSYNC_ENV``, ``ALPACA_ENV``, else paper.
        config: the path of config.yaml; None: ``SNAPSYNC_CONFIG``, else the working folder's.

    Raises:
        ConfigError: there is no config.yaml, or it cannot be used (exit 64).
    """

    def __init__(self, env: str | None = None, config: str | Path | None = None) -> None:
        self.env = Env.open(env, config=config)

    def check_sync_needed(self) -> Needs:
        """Look at both sides; the book is not touched.

        Returns:
            True where the book differs from the account, or could not be looked at; by part of the book,
            the same for each.
        """
        found = of_all(self._run(COMPONENTS, check_only=True))
        return Needs({name: Need(outcome=outcome) for name, outcome in found.items()})

    def sync_all(self) -> Results:
        """Bring the whole book to the account's truth; true where it is in step afterwards."""
        return Results(of_all(self._run(COMPONENTS)))

    def sync_bankroll(self) -> Outcome:
        """Bring the bankroll to the account's truth; true where it is in step afterwards."""
        return self._one("bankroll")

    def sync_positions(self) -> Outcome:
        """Bring the positions to the account's truth; true where they are in step afterwards."""
        return self._one("positions")

    def sync_transactions(self) -> Outcome:
        """Bring the trade history to the account's truth; true where it is in step afterwards."""
        return self._one("transactions")

    def _one(self, part: Component) -> Outcome:
        return of_all(self._run((part,)))[part]

    def _run(self, parts: tuple[Component, ...], *, check_only: bool = False) -> tuple[Outcome, ...]:
        try:
            return sync_and_tell(self.env, parts, check_only=check_only).outcomes
        except SnapsyncError as error:
            reason = in_a_line(error)
            _log.warning(sync_log.line(f"Sync failed - {reason}"))
            return failed(parts, reason)


def sync_before_trade(
    env: str | Env | None = None, timeout: float = 10, config: str | Path | None = None
) -> bool:
    """Sync before a trade. False says: the book could not be made true, so do not take a risk on it.

    Where ALPACA_SYNC_ENABLED or ALPACA_AUTO_SYNC_BEFORE_TRADE is off it does nothing and returns True.

    Args:
        env: the env, by name or opened.
        timeout: how many seconds the whole call may take, also when the broker is silent.
        config: the path of config.yaml, as for ``Env.open``.

    Returns:
        Whether the book is in step. Nothing is raised; why it is not is logged.
    """
    until = time.monotonic() + timeout
    try:
        opened = env if isinstance(env, Env) else Env.open(env, config=config)
        off = switched_off(opened)
        if off:
            _log.info(sync_log.line(f"Before a trade: {off}"))
            return True
        before, opened.deadline = opened.deadline, until
        try:
            done = sync(opened)
        finally:
            opened.deadline = before
    except SnapsyncError as error:
        _log.warning(sync_log.line(f"Before a trade: failed - {in_a_line(error)}"))
        return False
    if not done:
        _log.warning(sync_log.line(f"Before a trade: {', '.join(_not_in_step(done.outcomes))}"))
    return bool(done)


def _not_in_step(found: Iterable[Outcome]) -> Iterable[str]:
    return (f"{each.component} {each.standing}" for each in found if not each)
