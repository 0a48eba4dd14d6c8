"""The bankroll file: one JSON object, of which a few numbers and times are ours to write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from snapsync.model.canon import normal
from snapsync.model.change import BankrollChange
from snapsync.model.instant import Instant, instant, to_datetime
from snapsync.model.policy import Finding

from .alike import alike
from .cells import number, price_text
from .faults import NUMBER, RESTORE, fault, quoted
from .members import Members, Scalar, new_object, with_members
from .sheet import their_name
from .times import read_time
from .values import Writing

_SOURCE = "snapsync"
TWINS = ("current_bankroll", "balance")
"""Both say what the bot sizes its trades with; the first that is there is taken."""


def bankroll(members: Members) -> Decimal | None:
    """The number that the bot sizes its trades with; None where the file lacks it.

    Raises:
        BookError: it is there and no number.
    """
    return next((value for name in TWINS if (value := _amount(members, name)) is not None), None)


def observations(members: Members) -> Iterable[Finding]:
    """Note twins that disagree, and a bankroll that likely stands under another name."""
    yield from _hidden(members)
    one, other = (_amount(members, name) for name in TWINS)
    if one is not None and other is not None and one != other:
        named = [their_name(name, members.renames) for name in TWINS]
        yield Finding(
            code="twin-fields",
            severity="note",
            key="bankroll",
            summary="Fields of the book that should say the same differ; the first is taken.",
            detail=f"{members.name}: {named[0]} {one}, {named[1]} {other}",
        )


def _hidden(members: Members) -> Iterable[Finding]:
    if bankroll(members) is not None:
        return
    numbers = [key for key, value in members.values.items() if isinstance(value, Decimal)]
    foreign = [key for key in numbers if key not in KEYS and key not in members.renames]
    meant = [key for key, ours in alike(foreign, dict.fromkeys(TWINS, ()), ()).items() if ours in TWINS]
    if meant:
        yield Finding(
            code="bankroll-under-another-name",
            severity="note",
            key="bankroll",
            summary="The bankroll file may call the bankroll differently: then your bot would not read ours.",
            detail=f"{members.name} has neither {' nor '.join(TWINS)}, but {', '.join(meant)}. If that is it,"
            f" set bankroll_keys: {{{meant[0]}: {TWINS[0]}}} under ALPACA_SYNC_BOOK in config.yaml.",
        )


def corrected(members: Members) -> Instant | None:
    """When we wrote the bankroll last; None where the file does not say so, or another program wrote it."""
    at = _value(members, "last_sync")
    if _value(members, "sync_source") != _SOURCE or not isinstance(at, str):
        return None
    try:
        return instant(at)
    except ValueError:
        return None


def synced(members: Members, zone: ZoneInfo) -> Instant | None:
    """When any program last wrote that it has synced the bankroll; None where none did."""
    at = _value(members, "last_sync")
    try:
        return read_time(at, zone) if isinstance(at, str) else None
    except ValueError:
        return None


def _value(members: Members, ours: str) -> object:
    return members.values.get(their_name(ours, members.renames))


def draft_bankroll(
    members: Members | None, change: BankrollChange, writing: Writing, renames: Mapping[str, str]
) -> str:
    """The bankroll file's text with the bankroll corrected; complete where there was no file.

    Args:
        members: the file as it was read; None: there is none.
        change: what the bankroll becomes.
        writing: the moment.
        renames: what the file calls our keys: its name, then ours.

    Raises:
        BookError: a number that the new one follows from cannot be understood.
    """
    now = _stamp(writing.at)
    amount = reading(change, writing)
    if members is None:
        whole = {**_first(amount, now), **_common(amount, now, writing)}
        return new_object(
            _theirs(whole, renames), dict.fromkeys(their_name(each, renames) for each in _ORDER)
        )
    before = bankroll(members)
    peak = _amount(members, "peak_bankroll")
    if peak is None:
        peak = amount if before is None else before
    cells: dict[str, Scalar] = {
        **_common(amount, now, writing),
        "peak_bankroll": normal(max(peak + change.flows, amount)),
    }
    if before is not None:
        cells |= {"previous_balance": before, "sync_adjustment": normal(amount - before)}
    named = _theirs(cells, renames)
    return with_members(members, {name: _text_of(members, name, value) for name, value in named.items()})


def _theirs(cells: Mapping[str, Scalar], renames: Mapping[str, str]) -> dict[str, Scalar]:
    """The cells by the file's names; one that the file uses for something else is not ours there."""
    named = {name: their_name(name, renames) for name in cells}
    return {named[name]: cells[name] for name in cells if renames.get(named[name], name) == name}


def reading(change: BankrollChange, writing: Writing) -> Decimal:
    """What the change's basis says at the moment of writing."""
    if change.basis == "equity":
        return normal(writing.marks.equity)
    return normal(change.amount if writing.cash is None else writing.cash)


_ORDER = (
    "start_capital",
    *TWINS,
    "cash",
    "buying_power",
    "peak_bankroll",
    "total_trades",
    "winning_trades",
    "losing_trades",
    "created_at",
    "last_updated",
    "last_sync",
    "sync_source",
)
_TIMES = frozenset({"last_updated", "last_sync"})
_MILLISECONDS = 10**11
"""No time in seconds is as large for some thousand years."""
KEYS = (*_ORDER, "previous_balance", "sync_adjustment")
"""All keys that are ours."""


def _first(amount: Decimal, now: str) -> dict[str, Scalar]:
    counters = dict.fromkeys(("total_trades", "winning_trades", "losing_trades"), 0)
    return {"start_capital": amount, "peak_bankroll": amount, **counters, "created_at": now}


def _common(amount: Decimal, now: str, writing: Writing) -> dict[str, Scalar]:
    known = {"cash": writing.cash, "buying_power": writing.marks.buying_power}
    return {
        **dict.fromkeys(TWINS, amount),
        **{name: value for name, value in known.items() if value is not None},
        "last_updated": now,
        "last_sync": now,
        "sync_source": _SOURCE,
    }


def _text_of(members: Members, name: str, value: Scalar) -> Scalar:
    """The value as the file has it: a number in quotes stays in quotes, a time in seconds in seconds."""
    old = members.values.get(name)
    if isinstance(value, Decimal) and isinstance(old, str):
        return price_text(value)
    if isinstance(old, Decimal) and members.renames.get(name, name) in _TIMES:
        seconds = int(to_datetime(instant(str(value))).timestamp())
        return seconds * 1000 if old >= _MILLISECONDS else seconds
    return value


def _amount(members: Members, ours: str) -> Decimal | None:
    name = their_name(ours, members.renames)
    value = members.values.get(name)
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str | Decimal):
            return number(str(value).strip())
    except ValueError:
        pass
    line = members.line(name)
    shown = quoted(value) if isinstance(value, str) else quoted(members.written(name))
    raise fault(
        NUMBER,
        f"{members.name}:{line}, key {name}: {shown} is not a number; expected one such as 95000.00",
        RESTORE,
    )


def _stamp(at: Instant) -> str:
    return at[:19] + "Z"
