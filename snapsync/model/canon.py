"""One byte form per value, and the Id that is its hash.

Two equal values always have equal bytes: struct fields and mappings are sorted by name, decimals are
written plainly (no exponent, no trailing zeros, no ``-0``), absent is ``null``. The kind and the
format's version stand inside the bytes, so they are part of every Id. docs/format.md is the contract.
"""

from __future__ import annotations

import hashlib
import re
from decimal import Context, Decimal, InvalidOperation
from typing import Any, NewType, TypeVar

import msgspec

# A different type per kind: a plan's id cannot be passed where a state's is wanted.
ObjectId = NewType("ObjectId", str)
StateId = NewType("StateId", ObjectId)
SnapshotId = NewType("SnapshotId", ObjectId)
PlanId = NewType("PlanId", ObjectId)
RulesId = NewType("RulesId", ObjectId)
ImageId = NewType("ImageId", ObjectId)
OperationId = NewType("OperationId", ObjectId)

EXACT = Context(prec=1000)
"""For arithmetic on any amounts without rounding; the usual context has 28 digits."""

FORMAT = 1
"""The version of everything that docs/format.md describes."""
SHOWN = 12
"""How many characters of an id people see; any unambiguous prefix is accepted back."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An immutable value of ours; a field that we do not know is an error, never dropped."""


class Stored(Record, frozen=True, kw_only=True, tag_field="kind"):
    """A Record that is an object of its own in the store; its tag is its kind."""

    format: int = FORMAT


T = TypeVar("T")

# What msgspec writes for a decimal that is not in normal form, or is none at all. A user's text may look
# the same: then the slow way is taken for nothing, and comes to the same bytes.
_DENORMAL = re.compile(rb'"(?:-?\d+\.\d*0|-?\d+(?:\.\d+)?E[+-]?\d+|-0|-?s?NaN\d*|-?Infinity)"')
# Cheap to look for, and in all of those: most pages need no closer look.
_HINT = re.compile(rb'\.\d*0"|E[+-]?\d+"')
# Python's own reader lets underscores, blanks and the digits of other scripts pass.
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_MOST_PLACES = 400  # more than a float can have; ten characters of text must not become a gigabyte of zeros
_fast = msgspec.json.Encoder(order="sorted")


def decimal(text: str) -> Decimal:
    """Read an exact number; its value is in normal form.

    Raises:
        ValueError: the text is not a finite decimal number.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number")
    try:
        return normal(Decimal(text))
    except InvalidOperation:  # an exponent beyond all bounds
        raise ValueError(f"{text!r} is not a number") from None


def normal(number: Decimal) -> Decimal:
    """The same number with the one exponent that its normal form has; never rounds.

    Raises:
        ValueError: NaN, infinity, or a size that no broker's or book's amount can have.
    """
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{number} is not a finite number")  # noqa: TRY004 - the value is wrong, not its type
    if not any(digits):
        return Decimal(0)
    while exponent < 0 and digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    if abs(exponent) > _MOST_PLACES:
        raise ValueError(f"{number} is not a number of a possible size")
    if exponent > 0:
        return Decimal((sign, digits + (0,) * exponent, 0))
    return Decimal((sign, digits, exponent))


def plain(number: Decimal) -> str:
    """The number's normal form as text: ``100``, ``1.5``, ``0.0000001``."""
    return format(normal(number), "f")


def encode(value: Any) -> bytes:  # noqa: ANN401 - any value msgspec can write
    """The canonical bytes of a value.

    Raises:
        ValueError: a number in it has no normal form.
    """
    data = _fast.encode(value)
    suspect = _HINT.search(data) or b'-0"' in data or b"NaN" in data or b"Infinity" in data
    if suspect and _DENORMAL.search(data):
        builtins = msgspec.to_builtins(value, builtin_types=(Decimal,))
        data = _fast.encode(_plainly(builtins))
    return data


def _plainly(value: Any) -> Any:  # noqa: ANN401 - a tree of builtins
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        return {key: _plainly(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plainly(item) for item in value]
    return value


def decode(data: bytes, type: type[T]) -> T:
    """Read back what ``encode`` wrote.

    Raises:
        msgspec.DecodeError: the bytes are no such value.
    """
    return msgspec.json.decode(data, type=type)


def identify(data: bytes) -> ObjectId:
    """The id of an object: the sha256 of its canonical bytes, 64 hexadecimal digits."""
    return ObjectId(hashlib.sha256(data).hexdigest())


def short(id: str) -> str:
    """An id as people see it."""
    return id[:SHOWN]
