"""Many trades as the text that ``encode`` makes of each: what they have in common is written once.

A page of a long history holds its trades in this form, and nobody has to make each of them a value first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache

from .canon import encode
from .instant import Instant
from .symbols import OPTION, multiplier

Deal = tuple[str, str, str]
"""What a trade's text says of action, origin and quantity."""
Subject = tuple[str, str, str]
"""What it says of asset class, multiplier and symbol."""


def deal(action: str, origin: str | None, qty: Decimal) -> Deal:
    """The parts of a trade's text that these decide."""
    return (
        f'{{"action":{_text(action)},"asset_class":',
        f',"origin":{_text(origin)},"parent_id":null,"price":',
        f',"qty":{_text(qty)},"symbol":',
    )


def subject(symbol: str, asset_class: str) -> Subject:
    """The parts of a trade's text that these decide."""
    kind, size = _kind(asset_class)
    return kind, size, f'"{symbol}","time":"' if _plain(symbol) else f'{_text(symbol)},"time":"'


def contracts(symbols: Iterable[str]) -> list[Subject]:
    """The same of many contracts, told by their OCC symbols."""
    kind, size = _kind(OPTION)
    return [(kind, size, f'"{symbol}","time":"') for symbol in symbols]


@cache
def _kind(asset_class: str) -> tuple[str, str]:
    size = _text(multiplier(asset_class))
    return f'{_text(asset_class)},"client_order_id":null,"key":"', f'","multiplier":{size}'


def price_text(price: Decimal | None) -> str:
    """A price in a trade's text."""
    return _text(price)


def written(
    keys: Sequence[str],
    times: Iterable[Instant],
    deals: Iterable[Deal],
    subjects: Iterable[Subject],
    prices: Iterable[str],
) -> list[str]:
    """The texts of trades without a client order id and a parent."""
    if not _plain("".join(keys)):
        keys = [_text(key)[1:-1] for key in keys]
    return [
        f'{action}{kind}{key}{multiplier}{origin}{price}{qty}{symbol}{time}"}}'
        for key, time, (action, origin, qty), (kind, multiplier, symbol), price in zip(
            keys, times, deals, subjects, prices, strict=True
        )
    ]


def _plain(text: str) -> bool:
    """Whether JSON has this as it is; in doubt it has not."""
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


def _text(value: object) -> str:
    return encode(value).decode()
