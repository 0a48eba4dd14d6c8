"""One JSON object of an answer, read field by field; what is missing or wrong is named exactly.

Alpaca writes numbers as strings, and null, ``""`` and absent for the same thing; unknown fields come and
go (alpaca-api.md, pitfalls 26 to 29). So: ask only for what is used, tolerate all else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from snapsync.errors import BrokerError
from snapsync.model.canon import decimal
from snapsync.model.instant import FIRST_YEAR, LAST_YEAR, Instant, instant, midnight

from .session import Answer

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_SHOWN = 60
_DAY = len("2025-08-21")
# Decimal itself reads more: " 5 ", "1_000", digits of other scripts, NaN
_NUMBER = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_MOST_DIGITS = 40
"""Before and after the point. No amount comes near; a million zeros of an exponent would be written out."""
_ID = re.compile(r"[\w:.-]{1,128}", re.ASCII)


class Row:
    """A JSON object, with the endpoint and the number that errors name it by."""

    __slots__ = ("_endpoint", "_fields", "_number")

    def __init__(self, endpoint: str, number: int | None, fields: dict[str, Any]) -> None:
        self._endpoint, self._number, self._fields = endpoint, number, fields

    def text(self, field: str) -> str:
        """A text that must be there."""
        value = self.text_or_none(field)
        if value is None:
            raise self.wrong(field, "a text")
        return value

    def text_or_none(self, field: str) -> str | None:
        """A text; None where it is absent, null or empty."""
        value = self._fields.get(field)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise self.wrong(field, "a text")
        return value

    def number(self, field: str) -> Decimal:
        """An exact number that must be there."""
        value = self.number_or_none(field)
        if value is None:
            raise self.wrong(field, "a number")
        return value

    def number_or_none(self, field: str) -> Decimal | None:
        """An exact number, from a string or a JSON number; None where it is absent, null or empty."""
        value = self._fields.get(field)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self.wrong(field, "a number")
        text = value if isinstance(value, str) else _written(value)
        if not _NUMBER.fullmatch(text) or abs(Decimal(text).adjusted()) >= _MOST_DIGITS:
            raise self.wrong(field, f"a number of less than {_MOST_DIGITS} digits")
        return decimal(text)

    def flag(self, field: str) -> bool:
        """True or false, which must be there."""
        value = self._fields.get(field)
        if not isinstance(value, bool):
            raise self.wrong(field, "true or false")
        return value

    def id(self, field: str) -> str:
        """An id that must be there: such as can stand in an address and in a key of ours."""
        value = self.text(field)
        if not _ID.fullmatch(value):
            raise self.wrong(field, "an id")
        return value

    def instant(self, field: str) -> Instant:
        """A time that must be there."""
        value = self.instant_or_none(field)
        if value is None:
            raise self.wrong(field, "a time such as 2025-08-21T13:45:00Z")
        return value

    def instant_or_none(self, field: str) -> Instant | None:
        """A time; None where it is absent, null or empty."""
        text = self.text_or_none(field)
        try:
            value = None if text is None else instant(text)
        except (ValueError, OverflowError):
            raise self.wrong(field, "a time such as 2025-08-21T13:45:00Z") from None
        if value is not None and not FIRST_YEAR < value < LAST_YEAR:
            raise self.wrong(field, "a time of these centuries")
        return value

    def day(self, field: str) -> Instant:
        """The beginning of a day that must be there; a full time is cut to its day."""
        text = self.text_or_none(field) or ""
        try:
            value = midnight(text[:_DAY])
            if text[_DAY:]:
                instant(text)
        except (ValueError, OverflowError):
            raise self.wrong(field, "a day such as 2025-08-21") from None
        if not FIRST_YEAR < value < LAST_YEAR:
            raise self.wrong(field, "a day of these centuries")
        return value

    def rows(self, field: str) -> list[Row]:
        """Objects inside this one; none where the field is absent or null."""
        value = self._fields.get(field)
        if value is None or value == "":
            return []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.wrong(field, "a list of objects")
        return [Row(f"{self._endpoint} {field}", number, each) for number, each in enumerate(value)]

    def symbol(self, field: str = "symbol") -> str:
        """A symbol that must be there, as it is written."""
        value = self.text(field)
        if not value.strip() or not value.isprintable():
            raise self.wrong(field, "a symbol")
        return value

    def wrong(self, field: str, expected: str) -> BrokerError:
        """The error that names this row and a field of it."""
        place = f", row {self._number}" if self._number is not None else ""
        found = repr(self._fields[field])[:_SHOWN] if field in self._fields else "nothing"
        return BrokerError(
            "The broker's answer is not understood.",
            detail=f"{self._endpoint}{place}, field {field}: {found}; expected {expected}",
            hint="If this lasts, report it: snapsync reads an answer wholly or not at all.",
        )


def one(answer: Answer) -> Row:
    """The single object of an answer."""
    value = _decode(answer)
    if not isinstance(value, dict):
        raise _not(answer, "an object")
    return Row(answer.endpoint, None, value)


def many(answer: Answer) -> Iterator[Row]:
    """The objects of an answer that is a list."""
    value = _decode(answer)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise _not(answer, "a list of objects")
    return (Row(answer.endpoint, number, each) for number, each in enumerate(value))


def repeats(path: str) -> BrokerError:
    """The error that pages do not end: a server that forgets where we are must not keep us for ever."""
    return BrokerError(
        "The broker's answer is not understood.",
        detail=f"GET /v2{path}: a full page repeats the page before",
        hint="Try again; if this lasts, report it.",
    )


def _decode(answer: Answer) -> object:
    try:
        value = _decoder.decode(answer.body)
        json.loads(answer.body, object_pairs_hook=_once)  # the decoder above would take the last of two
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise _not(answer, f"JSON ({error})") from error
    return value


def _once(fields: list[tuple[str, Any]]) -> None:
    if len(dict(fields)) < len(fields):
        names = [name for name, _ in fields]
        raise ValueError(f"field {next(each for each in names if names.count(each) > 1)} stands there twice")


def _written(value: int | Decimal) -> str:
    # an int of thousands of digits would not even be written
    return str(value) if not isinstance(value, int) or abs(value) < 10**_MOST_DIGITS else ""


def _not(answer: Answer, expected: str) -> BrokerError:
    request = f" (request {answer.request_id})" if answer.request_id else ""
    return BrokerError(
        "The broker's answer is not understood.",
        detail=f"{answer.endpoint}: not {expected}{request}",
        hint="Check the base URL; a proxy may have answered in the broker's place.",
    )
