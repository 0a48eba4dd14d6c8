"""What a cell's text means, and how a new value is written so that it looks like its neighbours.

Each reader raises ValueError with the second half of a sentence: ``"abc" is not …``.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from snapsync.model.canon import decimal, normal, plain
from snapsync.model.money import cents

from .faults import quoted

# no "1_000", no "nan", and no exponent that would fill the memory with zeros
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)
_LONGEST = 100
"""No amount has more digits; sums of such would be rounded, or fill the memory."""
_ENUM = re.compile(r"[a-z_]+\.(?=[a-z_]+$)")
BLANK = frozenset({"", "nan", "none", "null", "nat", "<na>"})
"""What says nothing, in small letters; pandas writes some of these words for that."""
_BLANK_LENGTH = 1 + max(map(len, BLANK))
_ISO_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ][\d:.]+)?", re.ASCII)
_COMPACT_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_KINDS = {"call": "call", "c": "call", "put": "put", "p": "put"}

LONG = frozenset({"long", "buy"})
SHORT = frozenset({"short", "sell", "sell_short"})


def blank(text: str) -> bool:
    """Whether a cell says nothing."""
    return len(text) < _BLANK_LENGTH and text.lower() in BLANK


@lru_cache(maxsize=1 << 14)
def number(text: str) -> Decimal:
    """Read an exact number."""
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not a number; expected digits such as 1 or 2.40")
    return decimal(text)


def word(text: str) -> str:
    """A word as words are compared; ``OrderSide.BUY``, as Python prints an SDK's enumeration, is ``buy``."""
    plain = text.lower()
    return _ENUM.sub("", plain) if "." in plain else plain


def day(text: str) -> date:
    """Read an expiry: ``2025-08-22``, ``20250822`` or ``8/22/2025``."""
    try:
        if iso := _ISO_DAY.fullmatch(text):
            return date.fromisoformat(iso[1])
        if compact := _COMPACT_DAY.fullmatch(text):
            return date(int(compact[1]), int(compact[2]), int(compact[3]))
        if us := _US_DAY.fullmatch(text):
            return date(int(us[3]), int(us[1]), int(us[2]))
    except ValueError:
        pass
    raise ValueError(f"{quoted(text)} is not a date; expected one such as 2025-08-22")


def kind(text: str) -> str | None:
    """``call`` or ``put``, if the text says so."""
    return _KINDS.get(word(text))


def count_text(qty: Decimal, like: str = "") -> str:
    """A quantity; with the ``.0`` that a bot's floats have, if its neighbours have it."""
    whole = qty == qty.to_integral_value()
    if whole and (zeros := re.fullmatch(r"[+-]?\d+\.(0+)", like)):
        return format(qty, f".{len(zeros[1])}f")
    return plain(qty)


def price_text(price: Decimal) -> str:
    """An exact amount of dollars with two decimals at least."""
    return format(normal(price), f".{max(2, _places(price))}f")


def cents_text(amount: Decimal) -> str:
    """A computed amount of dollars (or percent), rounded to two decimals."""
    rounded = cents(amount)
    return format(rounded or abs(rounded), "f")


def strike_text(strike: Decimal, like: str = "") -> str:
    """A strike with as many decimals as its neighbours have, or more where it needs them."""
    shown = len(like.partition(".")[2]) if _NUMBER.fullmatch(like) and "e" not in like.lower() else 0
    return format(normal(strike), f".{max(shown, _places(strike))}f")


def day_text(expiry: date, like: str = "") -> str:
    """An expiry in its neighbours' form."""
    if _COMPACT_DAY.fullmatch(like):
        return f"{expiry:%Y%m%d}"
    if us := _US_DAY.fullmatch(like):
        padded = us[1].startswith("0") or us[2].startswith("0")
        return f"{expiry:%m/%d/%Y}" if padded else f"{expiry.month}/{expiry.day}/{expiry.year}"
    return expiry.isoformat()


def kind_text(option_type: str, like: str = "") -> str:
    """``CALL``, ``call``, ``C`` or ``c``, as its neighbours have it."""
    return cased(option_type[0] if len(like) == 1 else option_type, like or "CALL")


def flag_text(like: str = "") -> str:
    """True, as its neighbours have it; bots in Python write ``True``."""
    return "1" if like in {"0", "1"} else cased("true", like or "True")


def cased(word: str, like: str) -> str:
    """A word in the case of another, and as a member of the same enumeration."""
    enumeration, dot, member = like.rpartition(".")
    if enumeration.isidentifier():
        return enumeration + dot + cased(word, member)
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[:1].isupper() else word.lower()


def _places(value: Decimal) -> int:
    exponent = normal(value).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
