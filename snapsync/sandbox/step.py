"""What a word of the step vocabulary is made of; the words are in ``words_*``."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from msgspec import Struct

from .world import World

_MAX_DECIMALS = 9
_LARGEST = Decimal("1e12")


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One move of the world, checked but not yet made."""

    signed: ClassVar[frozenset[str]] = frozenset()

    at: str | None = None

    def play(self, world: World) -> None:
        """Make the move; the world is held and its clock stands at the step's time.

        Raises:
            UsageError: the world does not allow it; nothing but the time has changed then.
        """
        raise NotImplementedError


def number_fault(value: Decimal) -> str:
    """Why a number cannot be used at all, or nothing."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(value) >= _LARGEST:
        return "must be a number below 1e12"
    return "" if exponent >= -_MAX_DECIMALS else f"has more than {_MAX_DECIMALS} decimals"
