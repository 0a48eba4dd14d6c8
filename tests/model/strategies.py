"""Arbitrary values of the model, made from the types themselves, so that no kind can be forgotten."""

from __future__ import annotations

import importlib
import pkgutil
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import inspect

import snapsync.model
from snapsync.model.canon import Record
from snapsync.model.instant import Instant
from snapsync.model.state import Transaction

LAW = settings(derandomize=True, deadline=None, database=None, max_examples=70)
"""The same examples on every machine, so that a red test is red for everybody."""
WIDE = settings(LAW, max_examples=80)
"""For laws over whole accounts."""

NUMBERLIKE = ("1.50", "-0", "0.00", "1E+2", "1e2", "100", "NaN", "Infinity", "-Infinity", "sNaN", "1.5", "")
texts = st.one_of(st.sampled_from(NUMBERLIKE), st.text(max_size=8))
numbers = st.builds(
    lambda sign, digits, exponent: Decimal((sign, tuple(digits), exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=20),
    st.integers(-12, 12),
)
quantities = st.one_of(
    st.integers(1, 50).map(Decimal), st.decimals("0.000000001", "900", places=9), st.just(Decimal("1E+2"))
)
prices = st.one_of(
    st.decimals("0.01", "900", places=2),
    st.decimals("0.0001", "2", places=4),
    st.just(Decimal("0.000012345")),
)


@st.composite
def spellings(draw: st.DrawFn, number: Decimal) -> Decimal:
    """The same number written otherwise: more or fewer zeros, an exponent, a zero with another sign."""
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    if not any(digits):
        return Decimal((draw(st.integers(0, 1)), (0,), draw(st.integers(-9, 9))))
    while digits[-1] == 0 and draw(st.booleans()):
        digits, exponent = digits[:-1], exponent + 1
    more = draw(st.integers(0, 5))
    return Decimal((sign, digits + (0,) * more, exponent - more))


@st.composite
def respelled(draw: st.DrawFn, value: Any) -> Any:  # noqa: ANN401 - a value of the model
    """An equal value whose decimals are written otherwise and whose mappings are in another order."""
    match value:
        case Decimal():
            return draw(spellings(value))
        case msgspec.Struct():
            fields = {name: draw(respelled(getattr(value, name))) for name in value.__struct_fields__}
            return type(value)(**fields)
        case tuple():
            return tuple(draw(respelled(each)) for each in value)
        case dict():
            return {key: draw(respelled(value[key])) for key in draw(st.permutations(list(value)))}
        case _:
            return value


def records() -> list[type[Record]]:
    """Every kind of Record that the model defines."""
    for module in pkgutil.iter_modules(snapsync.model.__path__):
        importlib.import_module(f"snapsync.model.{module.name}")
    found: list[type[Record]] = []
    todo: list[type[Record]] = [Record]
    while todo:
        for kind in todo.pop().__subclasses__():
            todo.append(kind)
            named = not kind.__name__.startswith("_") and kind.__name__ not in {"Stored", "Page"}
            if kind.__module__.startswith("snapsync.model.") and named:
                found.append(kind)
    return sorted(found, key=lambda kind: kind.__qualname__)


def values(kind: type) -> st.SearchStrategy[Any]:
    """Any value of a type, as far as its annotations tell."""
    return _of(inspect.type_info(kind))


def _of(info: inspect.Type) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one line per kind of type
    match info:
        case inspect.StructType():
            return st.builds(
                info.cls, **{field.name: st.deferred(_lazily(field.type)) for field in info.fields}
            )
        case inspect.UnionType():
            return st.one_of([_of(each) for each in info.types])
        case inspect.VarTupleType():
            return st.lists(_of(info.item_type), max_size=3).map(tuple)
        case inspect.DictType():
            return st.dictionaries(_of(info.key_type), _of(info.value_type), max_size=3)
        case inspect.LiteralType():
            return st.sampled_from(list(info.values))
        case inspect.EnumType():
            return st.sampled_from(list(info.cls))
        case inspect.TupleType():
            return st.tuples(*[_of(each) for each in info.item_types])
        case _:
            return _SIMPLE[type(info)]


def _lazily(info: inspect.Type) -> Any:  # noqa: ANN401 - a thunk for st.deferred
    return lambda: _of(info)


_SIMPLE: dict[type, st.SearchStrategy[Any]] = {
    inspect.DecimalType: numbers,
    inspect.StrType: texts,
    inspect.IntType: st.integers(-(2**53), 2**53),
    inspect.BoolType: st.booleans(),
    inspect.FloatType: st.floats(allow_nan=False, allow_infinity=False),
    inspect.NoneType: st.none(),
    inspect.DateType: st.dates(),
}


days = st.integers(1, 28).map(lambda day: f"2025-{7 + day % 3:02}-{day:02}")
instants = st.builds(
    lambda day, second, nano: Instant(
        f"{day}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{nano:09}Z"
    ),
    days,
    st.integers(0, 86399),
    st.integers(0, 999_999_999),
)
rows = st.builds(
    Transaction,
    key=st.integers(0, 30).map(lambda n: f"order:{n}"),
    symbol=st.sampled_from(["SPY", "AAPL"]),
    asset_class=st.just("us_equity"),
    action=st.sampled_from(["buy", "sell"]),
    qty=numbers,
    price=st.none() | numbers,
    multiplier=st.just(Decimal(1)),
    time=instants,
)
"""Transactions for what is about pages alone."""


def tables(*, min_size: int = 0) -> st.SearchStrategy[dict[str, Transaction]]:
    """Rows by their key."""
    return st.lists(rows, unique_by=lambda row: row.key, min_size=min_size, max_size=12).map(
        lambda found: {row.key: row for row in found}
    )
