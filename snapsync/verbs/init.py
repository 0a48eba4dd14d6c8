"""Make a folder ready: config.yaml where there is none, and a first look at account and book."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import msgspec

from snapsync.config import template
from snapsync.ends.alpaca import read_account_once
from snapsync.ends.book import BookFiles, Layout, Nearby, Reading, nearby, survey, unused
from snapsync.errors import BrokerError
from snapsync.model.money import masked
from snapsync.model.plan import Plan
from snapsync.model.state import Position
from snapsync.store import files
from snapsync.store.journal import open_journal

from .env import Env
from .preview import preview
from .proposal import Proposal, proposal
from .session import session

FAR_PCT = 25
"""How far the bankroll may be from the account, in percent, before it looks like another account's."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The account as it was seen; number and id are masked, amounts are dollars.

    ``classes`` counts the open positions by asset class.
    """

    number: str
    id: str
    equity: Decimal
    cash: Decimal | None
    classes: dict[str, int]


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A bankroll that is far from the account's equity, or cash, whichever is the basis; in dollars."""

    bankroll: Decimal
    amount: Decimal
    basis: str
    cash: Decimal | None


class Prepared(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What ``init`` found and made.

    ``created`` is false where config.yaml was there already: it is never edited. ``account`` is None, with
    ``trouble`` saying why, where the account could not be read. ``plan`` is what ``plan`` would say now; None
    where a file is broken, the account was not read, or an apply was ``interrupted``. ``unused`` are mappings
    of columns that no file has.
    """

    config: Path
    created: bool
    env: str
    host: str
    book: tuple[Layout, ...]
    near: tuple[Nearby, ...]
    proposal: Proposal
    unused: tuple[tuple[str, str], ...]
    account: Account | None = None
    trouble: BrokerError | None = None
    gap: Gap | None = None
    plan: Plan | None = None
    interrupted: bool = False

    @property
    def broken(self) -> bool:
        """Whether a file of the book cannot be read as it stands."""
        return any(each.standing == "broken" for each in self.book)


def write_config(path: Path) -> bool:
    """Write the commented config.yaml, unless there is one; it says whether."""
    if path.exists():
        return False
    files.write(path, template().encode(), mode=0o644)
    return True


def look_around(env: Env, *, created: bool) -> Prepared:
    """See what the book's files are taken for, which account the credentials open, and what a plan would say.

    Raises:
        ConfigError: a column is mapped to a name that is not ours (exit 64).
        StoreError: there is a store, but it cannot be used.
    """
    where = env.book_files
    reading, book = survey(where)
    near = _near(env, where, book)
    prepared = Prepared(
        config=env.config.path,
        created=created,
        env=env.name,
        host=env.config.base_url,
        book=book,
        near=near,
        proposal=proposal(book, near, where),
        unused=unused(book, where),
        interrupted=_interrupted(env),
    )
    try:
        account, plan = _seen(env, None if prepared.interrupted else reading)
    except BrokerError as trouble:
        return msgspec.structs.replace(prepared, trouble=trouble)
    return msgspec.structs.replace(prepared, account=account, plan=plan, gap=_gap(env, book, account))


def _near(env: Env, where: BookFiles, book: Iterable[Layout]) -> tuple[Nearby, ...]:
    absent = [each.role for each in book if each.standing == "absent"]
    return nearby(env.config.root, absent, where) if absent else ()


def _interrupted(env: Env) -> bool:
    store = env.find_store()
    return store is not None and open_journal(store.folder) is not None


def _seen(env: Env, reading: Reading | None) -> tuple[Account, Plan | None]:
    """The account; read whole for a plan where the book allows one, else only glanced at."""
    if reading is not None:
        plan, broker = preview(env, reading)
        number, id, state = broker.number, broker.account, broker.state
        classes = _counts(state.positions)
        return _account(number, id, broker.marks.equity, state.cash, classes), plan
    with session(env) as asks:
        seen, held = read_account_once(asks)
    return _account(seen.number, seen.id, seen.equity, seen.cash, _counts(held)), None


def _account(
    number: str | None, id: str, equity: Decimal, cash: Decimal | None, classes: dict[str, int]
) -> Account:
    return Account(number=masked(number or id), id=masked(id), equity=equity, cash=cash, classes=classes)


def _counts(held: Iterable[Position]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for position in held:
        counts[position.asset_class] = counts.get(position.asset_class, 0) + 1
    return counts


def _gap(env: Env, book: Iterable[Layout], account: Account) -> Gap | None:
    """How far the bankroll is off, where that is too far to be the same account's."""
    basis = env.config.bankroll_basis
    amount = account.cash if basis == "cash" else account.equity
    bankroll = next((each.amount for each in book if each.role == "bankroll"), None)
    if bankroll is None or amount is None or "bankroll" not in env.config.components:
        return None
    if abs(bankroll - amount) * 100 <= FAR_PCT * abs(amount):
        return None
    return Gap(bankroll=bankroll, amount=amount, basis=basis, cash=account.cash)
