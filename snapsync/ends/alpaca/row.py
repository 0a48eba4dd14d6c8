"""One JSON object of an answer, read field by field; what is missing or wrong is named exactly.

Alpaca writes numbers as strings, and null, ``""`` and absent for the same thing; unknown fields come and
go (alpaca-api.md, pitfalls 26 to 29). So: ask only for what is used, tolerate all else.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from snapsync.errors import BrokerError
from snapsync.model.canon import decimal
from snapsync.model.instant import Instant, instant, midnight

from .session import Answer

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_SHOWN = 60


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
        try:
            return decimal(str(value))
        except ValueError:
            raise self.wrong(field, "a number") from None

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
            return None if text is None else instant(text)
        except ValueError:
            raise self.wrong(field, "a time such as 2025-08-21T13:45:00Z") from None

    def day(self, field: str) -> Instant:
        """The beginning of a day that must be there; a full time is cut to its day."""
        try:
            return midnight(self.text(field)[:10])
        except ValueError:
            raise self.wrong(field, "a day such as 2025-08-21") from None

    def rows(self, field: str) -> list[Row]:
        """Objects inside this one; none where the field is absent or null."""
        value = self._fields.get(field) or []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.wrong(field, "a list of objects")
        return [Row(f"{self._endpoint} {field}", number, each) for number, each in enumerate(value)]

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


def _decode(answer: Answer) -> object:
    try:
        return _decoder.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not(answer, f"JSON ({error})") from error


def _not(answer: Answer, expected: str) -> BrokerError:
    request = f" (request {answer.request_id})" if answer.request_id else ""
    return BrokerError(
        "The broker's answer is not understood.",
        detail=f"{answer.endpoint}: not {expected}{request}",
        hint="Check the base URL; a proxy may have answered in the broker's place.",
    )
