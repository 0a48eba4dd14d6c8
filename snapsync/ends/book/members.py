"""The members of a JSON file's one object: their values, exact, and where each stands in the text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from json import JSONDecodeError
from typing import Any, NoReturn

import msgspec

from .cells import price_text
from .faults import JSON, fault, quoted
from .text import BOM, Splice, spliced

Scalar = str | int | Decimal
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|([{}\[\]])|(NaN|-?Infinity)', re.DOTALL)
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

    def written(self, key: str) -> str:
        """A value as the file has it."""
        place = self.where[key]
        return self.text[place.value : place.end]


def members(name: str, text: str, renames: Mapping[str, str]) -> Members:
    """Take a JSON file apart.

    Raises:
        BookError: it is cut off, no JSON, no object, or says NaN, or one key twice.
    """
    start = len(BOM) if text.startswith(BOM) else 0
    decoder = json.JSONDecoder(
        parse_float=_exact, parse_int=Decimal, parse_constant=_no_constant, object_pairs_hook=_distinct
    )
    try:
        # one character instead of the mark keeps the columns and lets the decoder see an object first
        values = decoder.decode(" " * start + text[start:])
    except JSONDecodeError as error:
        place = f"{name}:{error.lineno}, column {error.colno}"
        raise fault(JSON, f"{place}: {_why(error, text)}", _HINT) from None
    except RecursionError:
        raise fault(JSON, f"{name}: nested too deeply", _HINT) from None
    except _WrongWordError:
        at, problem = _first_wrong(text)
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise fault(JSON, f"{name}:{line}, column {column}: {problem}", _HINT) from None
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
    if error.msg.startswith("Unterminated string"):
        return "a text begins here that is never closed"
    return error.msg[:1].lower() + error.msg[1:]


class _WrongWordError(ValueError):
    """Something that Python's decoder would let pass; ``_first_wrong`` says where, the decoder does not."""


def _no_constant(word: str) -> NoReturn:
    raise _WrongWordError(word)


def _exact(digits: str) -> Decimal | str:
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent beyond all bounds: no amount, but it may be the bot's own
        return digits


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _WrongWordError
    return found


def _first_wrong(text: str) -> tuple[int, str]:
    """Where the first NaN, infinity or repeated key stands in a text that is JSON otherwise."""
    keys: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        string, colon, mark, word = token.groups()
        if word:
            return token.start(), f"{word} is not a number; expected digits"
        if mark in {"{", "["}:
            keys.append(set())
        elif mark:
            keys.pop()
        elif colon:
            key = json.loads(string, strict=False)
            if key in keys[-1]:
                return token.start(), f"the key {quoted(key)} is there twice"
            keys[-1].add(key)
    return 0, "is not JSON"


def _scan(text: str, opening: int) -> dict[str, Member]:
    found: dict[str, Member] = {}
    # only where things end is wanted: a number may have more digits than Python likes to count
    decoder = json.JSONDecoder(parse_float=str, parse_int=str)
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
        # one member on one line: whether a blank follows a comma, what follows its colon tells
        gap = gap if "\n" in gap else text[last.value - 1 : last.value].strip(":")
    colon = text[last.key_end : last.value]
    lines = "".join(f",{gap}{json.dumps(key)}{colon}{_written(value)}" for key, value in missing)
    return [(last.end, last.end, lines)]


def new_object(values: Mapping[str, Scalar], order: Iterable[str]) -> str:
    """A new file's text: two blanks before each member, one member a line."""
    lines = (f"  {json.dumps(key)}: {_written(values[key])}" for key in order if key in values)
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _written(value: Scalar) -> str:
    return price_text(value) if isinstance(value, Decimal) else json.dumps(value)
