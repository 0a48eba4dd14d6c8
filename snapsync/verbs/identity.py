"""Whose account this is: pinned at first contact, checked at every reading."""

from __future__ import annotations

from snapsync.ends.alpaca import Account
from snapsync.errors import BrokerError, Exit
from snapsync.model.money import masked

from .env import Env

PAPER = "PA"
"""How the numbers of paper accounts begin (seen on every paper account, alpaca-api.md section 3)."""


def right_account(env: Env, account: Account) -> None:
    """The account is this env's own.

    Raises:
        BrokerError: it is of another account, or a paper account under ``live`` or the reverse (exit 12).
    """
    right_kind(env, account.number)
    store = env.find_store()
    pinned = store.identity.account if store else None
    if pinned is not None and pinned != account.id:
        raise BrokerError(
            "The credentials belong to another account than this env's book.",
            detail=f"env {env.name} is bound to account {masked(pinned)},"
            f" the broker answered for {masked(account.id)}",
            hint="Check the keys. If the paper account was reset, or the change is meant:\n"
            f"  snapsync rebind --env {env.name}",
            exit=Exit.CREDENTIALS,
        )


def right_kind(env: Env, number: str | None) -> None:
    """A paper account under ``paper``, a live one under ``live``.

    Raises:
        BrokerError: it is the other way round (exit 12).
    """
    if number is not None and number.startswith(PAPER) != (env.name == "paper"):
        kind = "a paper account" if number.startswith(PAPER) else "a live account"
        raise BrokerError(
            "The account is not of this env.",
            detail=f"env {env.name}, but {env.config.base_url} answered for {kind} ({masked(number)})",
            hint="Check the keys and the base URL of this env.",
            exit=Exit.CREDENTIALS,
        )
