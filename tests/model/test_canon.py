from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapsync.model.canon import Record, Stored, decimal, decode, encode, identify, normal, plain, short
from snapsync.model.instant import instant
from snapsync.model.plan import Plan
from snapsync.model.policy import Rules
from snapsync.model.state import Marks, PositionMark, Transaction

from .strategies import LAW, NUMBERLIKE, numbers, records, respelled, spellings, texts, values

KINDS = records()
BRIEF = settings(LAW, max_examples=20)  # there are dozens of kinds
ONE = settings(LAW, max_examples=1)


def test_the_kinds_are_found() -> None:
    """The laws below are not about an empty list."""
    assert {Plan, Transaction, Marks} <= set(KINDS)
    assert len(KINDS) > 30


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_stand_for_the_value(kind: type[Record]) -> None:
    """Every Record comes back from its bytes, and an equal one, however it is written, has the same bytes."""

    @BRIEF
    @given(values(kind), st.data())
    def law(value: Any, data: st.DataObject) -> None:  # noqa: ANN401 - of the kind
        written = encode(value)
        assert decode(written, kind) == value
        other = data.draw(respelled(value))
        assert other == value
        assert encode(other) == written

    law()


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_field_is_refused(kind: type[Record]) -> None:
    """A field that we do not know is an error in our own files, never silently dropped."""

    @ONE
    @given(values(kind))
    def law(value: Any) -> None:  # noqa: ANN401 - of the kind
        fields = msgspec.json.decode(encode(value))
        with pytest.raises(msgspec.ValidationError, match="unknown field"):
            decode(msgspec.json.encode({**fields, "surprise": 1}), kind)

    law()


def test_every_stored_kind_has_a_tag_of_its_own() -> None:
    """The kind stands in the bytes, so two kinds with equal fields still have two ids."""
    tags = [kind.__struct_config__.tag for kind in KINDS if issubclass(kind, Stored)]
    assert None not in tags
    assert len(set(tags)) == len(tags)


def test_the_order_of_fields_in_the_source_does_not_matter() -> None:
    """Moving a field in the source changes no id."""

    class One(Stored, frozen=True, kw_only=True, tag="same"):
        zebra: Decimal
        apple: str

    class Other(Stored, frozen=True, kw_only=True, tag="same"):
        apple: str
        zebra: Decimal

    for number in (Decimal("1.5"), Decimal("1.50")):
        assert encode(One(zebra=number, apple="a")) == encode(Other(apple="a", zebra=number))


@LAW
@given(st.dictionaries(texts, numbers, min_size=2, max_size=5))
def test_the_order_of_a_mapping_does_not_matter(prices: dict[str, Decimal]) -> None:
    """Marks are the same whichever position was reported first."""
    marks = {key: PositionMark(price=price) for key, price in prices.items()}
    backwards = dict(reversed(marks.items()))
    assert encode(Marks(equity=Decimal(1), positions=marks)) == encode(
        Marks(equity=Decimal("1.0"), positions=backwards)
    )


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        ("1.5", "1.50", "1.5"),
        ("100", "1E+2", "100"),
        ("0", "-0", "0"),
        ("0", "0E+7", "0"),
        ("0", "-0.00", "0"),
        ("1E-7", "0.00000010", "0.0000001"),
        ("-12.340", "-1234E-2", "-12.34"),
        ("123456789012345678901234567890.10", "123456789012345678901234567890.1", None),
    ],
)
def test_one_number_has_one_form(one: str, other: str, text: str | None) -> None:
    """Numbers that are equal are written alike, plainly, and never rounded."""
    assert plain(Decimal(one)) == plain(Decimal(other)) == (text or other)
    assert encode([Decimal(one)]) == encode([Decimal(other)]) == f'["{text or other}"]'.encode()


@LAW
@given(numbers, st.data())
def test_normal_form_is_the_same_number(number: Decimal, data: st.DataObject) -> None:
    """Normalising never changes the value, and normalising twice changes nothing."""
    other = data.draw(spellings(number))
    assert normal(number) == number
    assert normal(other).as_tuple() == normal(number).as_tuple() == normal(normal(number)).as_tuple()
    assert decimal(plain(number)) == number
    assert plain(number) == "0" or not plain(number).startswith("-0.") or number < 0


@pytest.mark.parametrize("text", NUMBERLIKE)
def test_text_that_looks_like_a_number_stays_as_it_is(text: str) -> None:
    """A client order id may be "1.50": it is text, and no other number in the record changes that."""
    for qty in (Decimal("1.5"), Decimal("1.50")):
        row = Transaction(
            key="order:1",
            symbol=text,
            asset_class="us_equity",
            action="buy",
            qty=qty,
            price=None,
            multiplier=Decimal(1),
            time=instant("2025-08-21T13:45:00Z"),
            client_order_id=text,
        )
        back = decode(encode(row), Transaction)
        assert (back.symbol, back.client_order_id) == (text, text)
        assert encode(row) == encode(back)


@pytest.mark.parametrize("word", ["NaN", "sNaN", "Infinity", "-Infinity", "-NaN", "NaN12"])
def test_what_is_no_amount_is_refused(word: str) -> None:
    """NaN and infinity are refused wherever a number comes in, and are never written either."""
    with pytest.raises(ValueError, match="not a"):
        decimal(word)
    with pytest.raises(ValueError, match="not a finite number"):
        normal(Decimal(word))
    with pytest.raises(ValueError, match="not a finite number"):
        encode(PositionMark(price=Decimal(word)))


@pytest.mark.parametrize(
    "text", ["", " ", "1_000", " 1", "1 ", "\u0661", "\uff11", "0x1", "1,5", "--1", "e5", "."]
)
def test_only_plain_digits_are_a_number(text: str) -> None:
    """What Python would let pass as a number (underscores, blanks, other scripts' digits) is refused."""
    with pytest.raises(ValueError, match="not a number"):
        decimal(text)


@pytest.mark.parametrize("text", ["1e999999999", "1e-999999999", "-1E+999999", "1E999999999999999999999"])
def test_an_absurd_exponent_is_refused_at_once(text: str) -> None:
    """A short text cannot make us write a gigabyte of zeros."""
    start = time.perf_counter()
    with pytest.raises(ValueError, match="not a"):
        decimal(text)
    assert time.perf_counter() - start < 0.1


@LAW
@given(st.binary())
def test_an_id_is_64_hexadecimal_digits(data: bytes) -> None:
    """An id is a whole sha256; people see its beginning."""
    id = identify(data)
    assert len(id) == 64
    assert set(id) <= set("0123456789abcdef")
    assert id.startswith(short(id))
    assert len(short(id)) == 12


def test_an_id_depends_on_kind_and_format() -> None:
    """The kind and the format's version are in the bytes, so they are part of the id."""
    written = msgspec.json.decode(encode(Rules()))
    assert (written["kind"], written["format"]) == ("rules", 1)
    assert encode(Rules()) != encode(Rules(format=2))
