"""Bind an env to another account: after a paper reset, or when the bot moves."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from snapsync.ends.alpaca import read_account_once
from snapsync.errors import UsageError
from snapsync.model.canon import OperationId
from snapsync.model.history import Operation
from snapsync.version import __version__

from .env import Env
from .identity import right_kind
from .recover import settle_locked
from .session import session


class Rebound(msgspec.Struct, frozen=True, kw_only=True):
    """What was bound to what; ids of accounts, not to be shown unmasked."""

    operation: OperationId
    before: str
    after: str


def rebind(env: Env) -> Rebound:
    """Bind the env's store to the account that its credentials now open.

    The old account's operations stay readable in the same log. The next plan closes what the book still
    holds of the old account, takes the new one as its baseline, and leaves the history's rows alone.

    Raises:
        UsageError: the store is bound to that account already (exit 64).
        BrokerError: the account cannot be read, or is not of this env's kind.
    """
    store = env.store
    with session(env) as asks:
        account, _ = read_account_once(asks)
    right_kind(env, account.number)
    before = store.identity.account or ""
    if account.id == before:
        raise UsageError("The env is bound to this account already.", hint=f"snapsync plan --env {env.name}")
    with env.lock("rebind"):
        if settle_locked(env):
            env.say("An interrupted apply was finished first.")
        # the operation first: a crash before the pin leaves an account that is refused, and rebind again
        operation = store.commit(
            Operation(
                verb="rebind",
                time=env.now(),
                parents=store.heads(),
                env=env.name,
                account=account.id,
                actor=env.actor,
                version=__version__,
            )
        )
        store.repin(account.id)
    return Rebound(operation=operation, before=before, after=account.id)


def rebound(env: Env, heads: Iterable[OperationId] | None = None) -> bool:
    """Whether the account was changed and no plan has been applied since; as of the heads that are given."""
    for _, operation in env.store.log(heads):
        if operation.verb in ("apply", "rebind"):
            return operation.verb == "rebind"
        if operation.agreed is not None:
            return False
    return False
