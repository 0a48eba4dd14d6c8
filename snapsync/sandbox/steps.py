"""The words that move a world, shared by scenario files and the control endpoint.

A step is a mapping with ``do`` (the word), ``at`` (when; now if absent) and the word's own fields.
The words themselves are in ``words_orders`` and ``words_events``; each is a frozen value with a
``play`` method.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from snapsync.errors import UsageError

from . import clock
from . import words_events as events
from . import words_orders as orders
from .step import Step, number_fault
from .world import World

VOCABULARY: dict[str, type[Step]] = {
    "accrue": events.Accrue,
    "activity": events.Activity,
    "asset": events.Asset,
    "assignment": events.Assignment,
    "bracket": orders.Bracket,
    "bust": orders.Bust,
    "buy": orders.Buy,
    "cancel": orders.Cancel,
    "clock": events.Clock,
    "crypto_fee": events.CryptoFee,
    "deposit": events.Deposit,
    "dividend": events.Dividend,
    "exercise": events.Exercise,
    "expiry": events.Expiry,
    "fee": events.Fee,
    "fill": orders.Fill,
    "interest": events.Interest,
    "mleg": orders.Mleg,
    "order": orders.Open,
    "price": events.Price,
    "replace": orders.Replace,
    "reset": events.Reset,
    "sell": orders.Sell,
    "split": events.Split,
    "withdrawal": events.Withdrawal,
}

_MAY_BE_ZERO = frozenset({"price", "cash"})
_DAY_IN_SYMBOL = re.compile(r"\{([+-]\d+[dw])\}")
_FRIDAY = 4


def parse(raw: object, where: str, now: int) -> Step:
    """Read one step.

    Args:
        raw: a mapping as YAML or JSON gives it.
        where: names the place in errors, such as ``guide.yaml, stage after, step 3``.
        now: what ``{+3w}`` inside a symbol counts from.

    Raises:
        UsageError: an unknown word or field, a missing or impossible value.
    """
    if not isinstance(raw, Mapping):
        raise _wrong(where, f"a step is a mapping, found {raw!r}", "write {do: deposit, amount: 5}")
    fields = {str(name): value for name, value in raw.items()}
    word = fields.pop("do", None)
    kind = VOCABULARY.get(str(word))
    if kind is None:
        found = "is missing" if word is None else f"found {word!r}"
        raise _wrong(where, f"field do: {found}", _suggest(str(word), VOCABULARY))
    for name in fields:
        if name not in kind.__struct_fields__:
            hint = _suggest(name, kind.__struct_fields__)
            raise _wrong(where, f"field {name}: {word} has no such field", hint)
    try:
        step = msgspec.convert(_with_days(fields, now), kind, strict=False)
    except msgspec.ValidationError as error:
        raise _wrong(where, _located(str(error)), f"{word} takes {_fields(kind)}") from None
    _check_numbers(step, where)
    return step


def play(world: World, step: Step, where: str, now: int | None = None) -> None:
    """Move the world by one step, at the step's time.

    Args:
        world: what moves.
        step: what to do.
        where: names the place in errors.
        now: what a relative time counts from; the world's own present if None.

    Raises:
        UsageError: the time is past, or the world does not allow the move.
    """
    with world.held():
        try:
            _go_to(world, step.at, now)
            step.play(world)
        except UsageError as error:
            detail = f"{where}: {error.detail}"
            raise UsageError(error.summary, detail=detail, hint=error.hint) from None


def _go_to(world: World, at: str | None, now: int | None) -> None:
    if at is None:
        return
    instant = clock.resolve(at, world.now() if now is None else now)
    if instant < world.now():
        raise UsageError(
            "Time does not run backwards.",
            detail=f"at: {at} is {clock.utc_text(instant)}, it is {clock.utc_text(world.now())}",
            hint="leave out `at` to do it now, or set the clock first: {do: clock, to: …}",
        )
    world.advance_to(instant)


def _with_days(fields: dict[str, object], now: int) -> dict[str, object]:
    """Fill in the days of symbols such as ``SPY{+3w}C00635000``, here and in legs."""
    done: dict[str, object] = {}
    for name, value in fields.items():
        if name == "symbol" and isinstance(value, str):
            done[name] = expand(value, now)
        elif name == "legs" and isinstance(value, list):
            done[name] = [_with_days(dict(x), now) if isinstance(x, Mapping) else x for x in value]
        else:
            done[name] = value
    return done


def expand(symbol: str, now: int) -> str:
    """Replace ``{+3w}`` by the yymmdd of the Friday on or after, ``{-3d}`` of the one before."""

    def friday(match: re.Match[str]) -> str:
        shift = clock.duration(match[1]) or 0
        day: datetime = clock.eastern(now + shift)
        ahead = (_FRIDAY - day.weekday()) % 7
        return f"{day + timedelta(days=ahead if shift > 0 else ahead - 7 if ahead else 0):%y%m%d}"

    return _DAY_IN_SYMBOL.sub(friday, symbol)


def _check_numbers(step: Step, where: str) -> None:
    for name, value in msgspec.structs.asdict(step).items():
        if not isinstance(value, Decimal):
            continue
        wrong = number_fault(value)
        if not wrong and name not in step.signed:
            low = Decimal(0) if name in _MAY_BE_ZERO else None
            if value < 0 or (low is None and value == 0):
                wrong = "must be 0 or more" if low is not None else "must be more than 0"
        if wrong:
            raise _wrong(where, f"field {name}: {wrong}, found {value}", "")


def _located(message: str) -> str:
    """Msgspec's ``… - at `$.qty``` with the field in front."""
    text, _, path = message.partition(" - at `$")
    return f"field {path.strip('.`')}: {text}" if path else text


def _fields(kind: type[Step]) -> str:
    needed = [field.name for field in msgspec.structs.fields(kind) if field.required]
    free = [name for name in kind.__struct_fields__ if name not in needed]
    return ", ".join([*needed, *(f"{name} (optional)" for name in free)])


def _suggest(found: str, allowed: Iterable[str]) -> str:
    names = list(allowed)
    close = difflib.get_close_matches(found, names, n=1)
    mean = f"did you mean {close[0]}? " if close else ""
    return f"{mean}allowed: {', '.join(names)}"


def _wrong(where: str, detail: str, hint: str) -> UsageError:
    return UsageError("A step cannot be understood.", detail=f"{where}: {detail}", hint=hint)
