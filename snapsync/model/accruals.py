"""What of a cash difference is fees on their way, what is rounding, and what nobody explains.

When a fee leaves cash is not documented: once it is posted, or as soon as the account's ``accrued_fees``
(or those and ``pending_reg_taf_fees``) know of it. All three readings are tried; which of them an account
has proven is its habit, and settles the doubtful days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Literal

import msgspec

from .canon import EXACT, normal
from .money import CENT
from .state import Marks

ZERO = Decimal(0)
HALF_A_CENT = Decimal("0.005")

Habit = Literal["posted", "accrued", "accrued and pending"]
"""When an account's fees leave cash."""

HABITS: dict[Habit, str] = {
    "posted": "fees leave cash when they are posted",
    "accrued": "fees leave cash when accrued_fees shows them",
    "accrued and pending": "fees leave cash when accrued_fees and pending_reg_taf_fees show them",
}


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of what the activities leave over of a cash difference; they add up to it.

    ``accrued`` are fees that left cash before their row, or a row whose fee had left before; ``reading``
    says by which habit, ``proven`` whether only this one fits, ``alternative`` what another one would say.
    """

    reading: Habit
    accrued: Decimal
    rounding: Decimal
    unexplained: Decimal
    proven: bool = False
    alternative: str = ""


def settled(
    rest: Decimal,
    before: Marks,
    after: Marks,
    *,
    amounts: Iterable[Decimal] = (),
    fee_types: int = 0,
    habit: Habit | None = None,
) -> Rest:
    """Tell what a rest is made of.

    Args:
        rest: what the activities leave over, in dollars.
        before: the account's marks at the beginning.
        after: the same at the end.
        amounts: what the fills moved, exactly; the broker may round each of them to a cent.
        fee_types: how many kinds of fees were posted; each is rounded up to a cent.
        habit: how the account has been seen to do it.
    """
    readings = _readings(before, after)
    fractions = [amount for amount in amounts if _part_of_a_cent(amount)]
    tried = _tried(readings, habit, fee_types)
    found = {name: _closed(rest, readings[name], fractions, fee_types) for name in tried}
    closing = [name for name, rounding in found.items() if rounding is not None]
    if not closing:
        return _open(rest, tried[0], readings, fractions)
    reading = closing[0]
    accrued, rounding = readings[reading], found[reading] or ZERO
    told_apart = len({readings[name] for name in closing}) == 1 < len(set(readings.values()))
    return Rest(
        reading=reading,
        accrued=accrued,
        rounding=rounding,
        unexplained=ZERO,
        proven=told_apart,
        alternative="" if told_apart or len(closing) == 1 else _or_else(closing, reading),
    )


def _readings(before: Marks, after: Marks) -> dict[Habit, Decimal]:
    """What each habit says that left cash beside the rows; those that the account's numbers allow."""
    readings: dict[Habit, Decimal] = {"posted": ZERO}
    if before.accrued_fees is None or after.accrued_fees is None:
        return readings
    readings["accrued"] = normal(before.accrued_fees - after.accrued_fees)
    if before.pending_reg_taf_fees is not None and after.pending_reg_taf_fees is not None:
        pending = before.pending_reg_taf_fees - after.pending_reg_taf_fees
        readings["accrued and pending"] = normal(readings["accrued"] + pending)
    return readings


def _tried(readings: Mapping[Habit, Decimal], habit: Habit | None, fee_types: int) -> list[Habit]:
    """The readings that may be, the likeliest first.

    Where fees are posted only the habit will do: fees that are accrued no more, without a row that says so,
    are missing, and "they never left cash" is no excuse. Where they only grow another one may prove itself.
    """
    if habit is None or habit not in readings:
        return list(readings)
    growing = not fee_types and all(amount <= 0 for amount in readings.values())
    return [habit, *(name for name in readings if growing and name != habit)]


def _closed(rest: Decimal, accrued: Decimal, fractions: Sequence[Decimal], fee_types: int) -> Decimal | None:
    """The rounding that closes the equation; None where none that the broker may do does."""
    left = rest - accrued
    for rounding in (ZERO, *_roundings(fractions)):
        if left == rounding:
            return rounding
    # whole cents are never rounding: a fee of one cent would hide in them
    most = HALF_A_CENT * len(fractions) + (CENT * max(1, fee_types) if accrued else ZERO)
    return left if _part_of_a_cent(left) and abs(left) <= most else None


def _open(
    rest: Decimal, reading: Habit, readings: dict[Habit, Decimal], fractions: Sequence[Decimal]
) -> Rest:
    left = rest - readings[reading]
    rounding = next((r for r in _roundings(fractions) if not _part_of_a_cent(left - r)), ZERO)
    if not _part_of_a_cent(left):
        rounding = ZERO
    return Rest(
        reading=reading,
        accrued=readings[reading],
        rounding=rounding,
        unexplained=normal(left - rounding),
        alternative=_or_else(list(readings), reading) if len(set(readings.values())) > 1 else "",
    )


def _roundings(fractions: Sequence[Decimal]) -> list[Decimal]:
    """What rounding each fill to a cent comes to, one way and the other."""
    found = []
    for mode in (ROUND_HALF_UP, ROUND_HALF_EVEN):
        off = (amount.quantize(CENT, rounding=mode, context=EXACT) - amount for amount in fractions)
        found.append(normal(sum(off, ZERO)))
    return found


def _part_of_a_cent(amount: Decimal) -> bool:
    return bool(amount % CENT)


def _or_else(names: Sequence[Habit], reading: Habit) -> str:
    others = [HABITS[name] for name in names if name != reading]
    return "or " + " or ".join(others)
