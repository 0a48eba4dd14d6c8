"""The members of a JSON file's one object: their values, exact, and where each stands in the text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from json import JSONDecodeError
from typing import Any, NoReturn

import msgspec

from .cells import price_text
from .faults import JSON, fault, quoted
from .text import BOM, Splice, spliced

Scalar = str | int | Decimal
_SPACE = re.compile(r"[ \t\r\n]*")
_HINT = "Put the file right, or put back a good copy. It is never taken for an empty one."


class Member(msgspec.Struct, frozen=True):
    """Where one member stands: its key from ``start``, its value up to ``end``."""

    start: int
    key_end: int
    value: int
    end: int


class Members(msgspec.Struct, frozen=True, eq=False):
    """A JSON object as it stands; numbers of ``values`` are Decimals.

    ``renames`` maps the file's names to ours, where they differ.
    """

    name: str
    text: str
    start: int
    values: dict[str, Any]
    where: dict[str, Member]
    renames: Mapping[str, str]

    def line(self, key: str) -> int:
        """In which line a key stands."""
        return self.text.count("\n", 0, self.where[key].start) + 1


def members(name: str, text: str, renames: Mapping[str, str]) -> Members:
    """Take a JSON file apart.

    Raises:
        BookError: it is cut off, no JSON, no object, or says NaN, or one key twice.
    """
    start = len(BOM) if text.startswith(BOM) else 0
    decoder = json.JSONDecoder(
        parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant, object_pairs_hook=_distinct
    )
    try:
        # one character instead of the mark keeps the columns and lets the decoder see an object first
        values = decoder.decode(" " * start + text[start:])
    except JSONDecodeError as error:
        place = f"{name}:{error.lineno}, column {error.colno}"
        raise fault(JSON, f"{place}: {_why(error, text)}", _HINT) from None
    except RecursionError:
        raise fault(JSON, f"{name}: nested too deeply", _HINT) from None
    except _WrongWordError as error:
        raise fault(JSON, f"{name}{error.line(text)}: {error}", _HINT) from None
    if not isinstance(values, dict):
        raise fault(
            JSON, f"{name}:1: a {_KINDS.get(type(values), 'single value')}; expected an object", _HINT
        )
    opening = text.index("{")
    return Members(name, text, opening, values, _scan(text, opening), renames)


_KINDS = {list: "list", str: "text", Decimal: "number", bool: "single value"}


def _why(error: JSONDecodeError, text: str) -> str:
    if error.pos >= len(text.rstrip()):
        return "the file breaks off here"
    return error.msg[:1].lower() + error.msg[1:]


class _WrongWordError(ValueError):
    """A word that JSON does not allow; ``nth`` of its kind in the text, counted from 0."""

    def __init__(self, problem: str, word: str, nth: int) -> None:
        super().__init__(problem)
        self.word, self.nth = word, nth

    def line(self, text: str) -> str:
        # the decoder does not say where
        places = [match.start() for match in re.finditer(re.escape(self.word), text)]
        if not places:
            return ""
        return f":{text.count(chr(10), 0, places[min(self.nth, len(places) - 1)]) + 1}"


def _no_constant(word: str) -> NoReturn:
    raise _WrongWordError(f"{word} is not a number; expected digits", word, 0)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _WrongWordError(f"the key {quoted(key)} is there twice", json.dumps(key), 1)
        found[key] = value
    return found


def _scan(text: str, opening: int) -> dict[str, Member]:
    found: dict[str, Member] = {}
    decoder = json.JSONDecoder()
    at = _skip(text, opening + 1)
    while text[at] != "}":
        key, key_end = decoder.raw_decode(text, at)
        value = _skip(text, _skip(text, key_end) + 1)
        _, end = decoder.raw_decode(text, value)
        found[key] = Member(at, key_end, value, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def with_members(found: Members, values: Mapping[str, Scalar]) -> str:
    """The file's text with these members' values replaced, and those that it lacks added at the end."""
    splices: list[Splice] = []
    missing = []
    for key, value in values.items():
        place = found.where.get(key)
        if place is None:
            missing.append((key, value))
        elif not _equal(found.values[key], value):
            splices.append((place.value, place.end, _written(value)))
    return spliced(found.text, [*splices, *_added(found, missing)])


def _equal(old: object, new: Scalar) -> bool:
    return type(old) is type(new) and old == new


def _added(found: Members, missing: Iterable[tuple[str, Scalar]]) -> list[Splice]:
    text, places = found.text, list(found.where.values())
    if not places:
        lines = ",".join(f"\n  {json.dumps(key)}: {_written(value)}" for key, value in missing)
        end = _skip(text, found.start + 1)
        return [(found.start + 1, end, lines + "\n")] if lines else []
    last = places[-1]
    if len(places) > 1:
        gap = text[text.index(",", places[-2].end) + 1 : last.start]
    else:
        gap = text[found.start + 1 : last.start]
        gap = gap if "\n" in gap else " "
    colon = text[last.key_end : last.value]
    lines = "".join(f",{gap}{json.dumps(key)}{colon}{_written(value)}" for key, value in missing)
    return [(last.end, last.end, lines)]


def new_object(values: Mapping[str, Scalar], order: Iterable[str]) -> str:
    """A new file's text: two blanks before each member, one member a line."""
    lines = (f"  {json.dumps(key)}: {_written(values[key])}" for key in order if key in values)
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _written(value: Scalar) -> str:
    return price_text(value) if isinstance(value, Decimal) else json.dumps(value)
