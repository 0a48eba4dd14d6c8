"""Which contract, share or coin a row is about, and how a new row says it."""

from __future__ import annotations

import re

import msgspec

from snapsync.model.symbols import (
    CRYPTO,
    EQUITY,
    OPTION,
    asset_class,
    canonical,
    concerns,
    contract,
    occ,
    recognized,
    slashed,
)

from .cells import blank, day, day_text, kind, kind_text, number, strike_text, word
from .faults import quoted
from .sheet import LOOK_BACK, Names, Sheet
from .table import Row

NAMES: Names = {
    "symbol": ("ticker",),
    "underlying": ("underlying_symbol",),
    "occ_symbol": ("option_symbol", "contract_symbol"),
    "strike": ("strike_price",),
    "option_type": ("right", "option_side"),
    "expiry": ("expiration", "expiry_date", "expiration_date"),
    "asset_class": (),
}
_CLASSES = frozenset({OPTION, EQUITY, CRYPTO})
_BARE = re.compile(r"(?=.*[A-Z])[A-Z0-9][A-Z0-9./-]{0,14}", re.ASCII)
_LIKE_A_CONTRACT = re.compile(r"\d{6}[CP]\d", re.ASCII)


class Instrument(msgspec.Struct, frozen=True):
    """A key and its asset class; ``lacks`` are the columns that an option's row leaves open."""

    key: str
    asset_class: str
    lacks: tuple[str, ...] = ()


def identify(file: Sheet, row: Row) -> Instrument:
    """Say what a row is about: the OCC symbol, else underlying with expiry, type and strike, else the symbol.

    Raises:
        BookError: a cell that should tell is wrong, or none tells.
    """
    occ_symbol = file.cell(row, "occ_symbol")
    if occ_symbol:
        occ_symbol, option = recognized(occ_symbol)
        if not option:
            raise file.error(
                row, "occ_symbol", f"{quoted(occ_symbol)} is not an OCC symbol such as SPY250822C00635000"
            )
        return Instrument(occ_symbol, OPTION)
    raw = file.cell(row, "symbol") or file.cell(row, "underlying")
    symbol, option = recognized(raw)
    if option:
        return Instrument(symbol, OPTION)
    if _LIKE_A_CONTRACT.search(symbol):
        raise file.error(row, "symbol", f"{quoted(raw)} is not an OCC symbol such as SPY250822C00635000")
    if not _BARE.fullmatch(symbol):
        problem = f"{quoted(raw)} is not a symbol" if raw else "names no symbol"
        raise file.error(row, "symbol", f"{problem}; expected one such as SPY")
    return _described(file, row, symbol) or Instrument(symbol, _class_of(file, row, raw))


def _described(file: Sheet, row: Row, root: str) -> Instrument | None:
    try:
        expiry = file.cell(row, "expiry")
        what = kind(file.cell(row, "option_type")) or kind(file.cell(row, "side"))
        strike = file.number(row, "strike")
        said = {"expiry": expiry, "option_type": what, "strike": strike}
        if not any(said.values()):
            return None
        if expiry and what and strike:
            return Instrument(canonical(occ(root, day(expiry), what, strike)), OPTION)
    except ValueError as error:
        column = "expiry" if "date" in str(error) else "strike"
        raise file.error(row, column, str(error)) from None
    return Instrument(root, OPTION, tuple(name for name, value in said.items() if not value))


def _class_of(file: Sheet, row: Row, raw: str) -> str:
    said = word(file.cell(row, "asset_class"))
    return said if said in _CLASSES else asset_class(raw.upper())


def disagreement(file: Sheet, row: Row) -> str:
    """What a row's cells say beside its OCC symbol, where they name another contract; else empty."""
    column = "occ_symbol" if file.cell(row, "occ_symbol") else "symbol"
    key = canonical(file.cell(row, column))
    option = contract(key)
    if not option:
        return ""
    said = [f"{column} {key}"]
    symbol = canonical(file.cell(row, "symbol"))
    if symbol and symbol != key and not concerns(symbol, key):
        said.append(f"symbol {symbol}")
    wanted: dict[str, object] = {
        "strike": option.strike,
        "option_type": option.option_type,
        "expiry": option.expiry,
    }
    said += [
        f"{name} {file.cell(row, name)}"
        for name, value in wanted.items()
        if _understood(file, row, name) not in (value, None)
    ]
    return ", ".join(said) if len(said) > 1 else ""


def _understood(file: Sheet, row: Row, name: str) -> object:
    """A cell that describes a contract; None where it says nothing that can be understood."""
    text = file.cell(row, name)
    try:
        match name:
            case "strike":
                return number(text) or None
            case "expiry":
                return day(text)
            case _:
                return kind(text)
    except ValueError:
        return None


def cells_for(file: Sheet, key: str, asset: str) -> dict[str, str]:
    """The cells that say what a new row is about, by our names, in the way of the rows that are there."""
    cells = {"symbol": key, "asset_class": asset}
    option = contract(key)
    if not option:
        return cells | ({"symbol": slashed(key)} if asset == CRYPTO and _writes_slashes(file) else {})
    if not _writes_whole_symbols(file):
        cells["symbol"] = option.root
    kind_column = "option_type" if file.has("option_type") else "side"
    return {
        **cells,
        "underlying": option.root,
        "occ_symbol": key,
        "strike": strike_text(option.strike, file.like("strike")),
        "expiry": day_text(option.expiry, file.like("expiry")),
        **({kind_column: kind_text(option.option_type, file.like(kind_column))} if _kind_side(file) else {}),
    }


def _kind_side(file: Sheet) -> bool:
    return file.has("option_type") or side_is_kind(file)


def side_is_kind(file: Sheet) -> bool:
    """Whether a positions file's ``side`` says call or put, as older bots have it, not long or short."""
    if not file.has("side"):
        return False
    like = file.like("side")
    return bool(kind(like)) if like else not file.has("option_type") and file.has("strike")


def _writes_slashes(file: Sheet) -> bool:
    symbols = (file.cell(row, "symbol") for row in reversed(file.table.rows[-LOOK_BACK:]))
    return next(("/" in each for each in symbols if asset_class(each.upper()) == CRYPTO), False)


def _writes_whole_symbols(file: Sheet) -> bool:
    # where the other columns do not tell the contract, the symbol has to
    described = file.has("strike") and file.has("expiry") and (file.has("option_type") or side_is_kind(file))
    if not described and not file.has("occ_symbol"):
        return True
    for row in reversed(file.table.rows):
        symbol = file.cell(row, "symbol")
        if contract(canonical(symbol)):
            return True
        if not blank(symbol) and file.first(row, "occ_symbol", "strike"):
            return False
    return not described
