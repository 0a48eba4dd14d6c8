"""An explanation as people read it: one line per cause, sums, and a clear line for what is unexplained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from snapsync.model.brief import ORDER, Brief, Sum, group_of
from snapsync.model.canon import plain
from snapsync.model.explanation import Explanation, Part
from snapsync.model.money import cents, difference, dollars, signed
from snapsync.model.symbols import contract

from .neutral import terminal
from .paint import Paint
from .times import local
from .wrap import wrapped

ZERO = Decimal(0)
_NAMED = "unexplained"
_FIELDS = ("cash", "equity")


def brief(found: Brief, zone: ZoneInfo) -> str:
    """The one-line form, for a plan, a check or a message: its sums add up to what equity did."""
    sums = [f"{each.what} {_summed(each)}" for each in found.sums]
    since = f"since {local(found.since, zone)}" if found.since else "as far as activities were read"
    return f"The account moved by {difference(found.equity)} {since}: {', '.join([*sums, missing(found)])}."


def _summed(each: Sum) -> str:
    # a trade at the market's own price moves cash alone
    return difference(each.equity) if each.equity else f"$0.00 (cash {signed(each.cash)})"


def missing(found: Brief) -> str:
    """What is unexplained, in a few words."""
    left = found.unexplained
    lost = [f"{plain(qty)} {terminal(symbol)}" for symbol, qty in left.quantities.items()]
    return f"{_NAMED} {', '.join([difference(left.cash), *lost])}"


def worth_telling(found: Brief) -> bool:
    """Whether there is something to tell: not on first contact, nor of an account that stood still."""
    return found.since is not None and bool(found.sums or found.unexplained)


class Line:
    """Parts of one cause, kind, symbol and day, as one line."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts, self.first = parts, parts[0]

    @property
    def what(self) -> str:
        """What happened, how often, and for which day."""
        count = len({part.evidence for part in self.parts})
        times = f" ({count}x)" if count > 1 else ""
        day = f", for {self.first.restates}" if self.first.restates else ""
        return f"{terminal(self.first.what)}{times}{day}"

    def sum(self, field: str) -> Decimal:
        """The sum of ``cash``, ``qty`` or ``equity``."""
        return sum((getattr(part, field) for part in self.parts), ZERO)


def lines(found: Explanation, symbol: str | None = None) -> list[Line]:
    """An explanation's parts, those alike together, in the order in which people read them."""
    groups: dict[tuple[int, str, str, str, str], list[Part]] = {}
    for part in found.parts:
        if symbol is None or concerns(part.symbol, symbol):
            key = (ORDER.index(group_of(part)), part.cause.value, part.symbol, part.restates or "", part.what)
            groups.setdefault(key, []).append(part)
    return [Line(groups[key]) for key in sorted(groups)]


def concerns(own: str, asked: str) -> bool:
    """Whether a symbol is the one that was asked for, or an option on it."""
    terms = contract(own)
    return own == asked or (terms is not None and terms.root == asked)


def left_over(found: Explanation, symbol: str | None) -> dict[str, Decimal]:
    """The quantities that are unexplained, of the symbols that were asked for."""
    left = found.unexplained.quantities
    return {key: qty for key, qty in left.items() if symbol is None or concerns(key, symbol)}


def explanation(
    found: Explanation, zone: ZoneInfo, paint: Paint, *, symbol: str | None = None, verbose: bool = False
) -> str:
    """All equations with their lines."""
    shown = lines(found, symbol)
    only = f", {terminal(symbol)} only" if symbol else ""
    parts = [
        [f"{_stretch(found, zone)}{only}"],
        *(_money(found, shown, field, paint, whole=not symbol, verbose=verbose) for field in _FIELDS),
        _positions(shown, left_over(found, symbol), paint),
        [_verdict(found, symbol, paint), *(_otherwise(found) if verbose else ())],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _stretch(found: Explanation, zone: ZoneInfo) -> str:
    since = local(found.since, zone) if found.since else "first contact"
    return f"From {since} to {local(found.until, zone)}"


def _money(
    found: Explanation, shown: Sequence[Line], field: str, paint: Paint, *, whole: bool, verbose: bool
) -> list[str]:
    """An equation in dollars: its sum, its lines, and what is unexplained of it."""
    moved = [line for line in shown if line.sum(field)]
    rows = [
        (line.what, terminal(line.first.symbol), _shown(line.sum(field)), line.first.cause.value)
        for line in moved
    ]
    left: Decimal = getattr(found.unexplained, field)
    if whole:
        sums = found.cash if field == "cash" else found.equity
        rows.append((_NAMED, "", _shown(left), ""))
        total = f"{difference(sums.change)}  ({dollars(sums.before)} → {dollars(sums.after)})"
    else:
        total = difference(sum((line.sum(field) for line in moved), ZERO))
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    said = [f"{paint(field, 'bold')}  {total}"]
    for number, (what, symbol, amount, cause) in enumerate(rows):
        row = f"  {what:<{widths[0]}}  {symbol:<{widths[1]}}  {amount:>{widths[2]}}  {cause}".rstrip()
        said.append(paint(row, "warn") if what == _NAMED and left else row)
        if verbose and number < len(moved):
            said += (paint(each, "dim") for each in _reasons(moved[number]))
    return said


def _shown(cell: object) -> str:
    """A cell as it stands: amounts with separators and a sign, what is zero without."""
    if not isinstance(cell, Decimal):
        return str(cell)
    exact = cell if cell and not cents(cell) else cents(cell)
    return f"{exact:+,f}" if cell else "0.00"


def _reasons(line: Line) -> Iterator[str]:
    said = dict.fromkeys((part.rule, part.or_else) for part in line.parts)
    for rule, other in said:
        yield from wrapped(terminal(f"{rule}{f' ({other})' if other else ''}"), "      ")
    for part in line.parts:
        yield from (f"      evidence: {terminal(key)}" for key in part.evidence)


def _positions(shown: Sequence[Line], left: Mapping[str, Decimal], paint: Paint) -> list[str]:
    moved: dict[str, list[str]] = {}
    for line in shown:
        if line.sum("qty"):
            moved.setdefault(line.first.symbol, []).append(f"{line.what} {line.sum('qty'):+f}")
    for key, qty in left.items():
        moved.setdefault(key, []).append(paint(f"{_NAMED} {qty:+f}", "warn"))
    if not moved:
        return []
    width = max(map(len, map(terminal, moved)))
    rows = (f"  {terminal(key):<{width}}  {', '.join(moved[key])}" for key in sorted(moved))
    return [paint("positions", "bold"), *rows]


def _verdict(found: Explanation, symbol: str | None, paint: Paint) -> str:
    cash, left = found.unexplained.cash, left_over(found, symbol)
    said = [signed(cash)] * bool(cash and not symbol)
    said += [f"{plain(qty)} {terminal(key)}" for key, qty in left.items()]
    if said:
        return paint(f"Unexplained: {', '.join(said)}.", "warn")
    rest = "" if found.since else "\nWhat was there before the activities that were read is the baseline."
    return f"{paint('Explained', '+')}: unexplained {dollars(ZERO)}.{rest}"


def _otherwise(found: Explanation) -> list[str]:
    said = f"Unless {found.or_else.removeprefix('or ')}: then it is another amount."
    return wrapped(said, "") if found.or_else else []


def markdown(found: Explanation, zone: ZoneInfo, *, symbol: str | None = None) -> str:
    """The same as tables for a comment or a page."""
    left = found.unexplained
    said = [f"**{_stretch(found, zone)}**", ""]
    said += ["| what | symbol | cause | cash | equity | quantity |", "|---|---|---|---:|---:|---:|"]
    said += (_row(line) for line in lines(found, symbol))
    said += [_cells(_bold(_NAMED), "", "", _bold(_shown(left.cash)), _bold(_shown(left.equity)), "")]
    for key, qty in left_over(found, symbol).items():
        said.append(_cells(_bold(_NAMED), _code(key), "", "", "", _bold(f"{qty:+f}")))
    if symbol is None:
        cash, equity = _shown(found.cash.change), _shown(found.equity.change)
        said.append(_cells(_bold("all"), "", "", _bold(cash), _bold(equity), ""))
    return "\n".join(said)


def _bold(text: str) -> str:
    return f"**{text}**"


def _row(line: Line) -> str:
    first, qty = line.first, line.sum("qty")
    amounts = (_shown(line.sum("cash")), _shown(line.sum("equity")), f"{qty:+f}" if qty else "")
    return _cells(_escaped(line.what), _code(first.symbol), first.cause.value, *amounts)


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    return f"`{_escaped(text)}`" if text else ""


def _escaped(text: str) -> str:
    """Foreign text in a cell of a table: nothing in it ends the cell, the code or the line."""
    return terminal(text).replace("`", "'").replace("|", "\\|").replace("<", "&lt;")


def document(found: Explanation, symbol: str | None = None) -> dict[str, object]:
    """The fields of the JSON document; ``unexplained`` is a number, all other amounts are exact text."""
    left = found.unexplained
    quantities = left_over(found, symbol)
    return {
        "since": found.since,
        "until": found.until,
        "symbol": symbol,
        "cash": _sums(found.cash.before, found.cash.after),
        "equity": _sums(found.equity.before, found.equity.after),
        "parts": _concerning(found.parts, symbol),
        "unexplained": float(left.cash),
        "unexplained_equity": left.equity,
        "or_else": found.or_else,
        "unexplained_quantities": quantities,
        "explained": not (quantities or (left.cash and not symbol)),
    }


def _sums(before: Decimal, after: Decimal) -> dict[str, Decimal]:
    return {"before": before, "after": after, "change": after - before}


def _concerning(parts: Iterable[Part], symbol: str | None) -> list[Part]:
    return [part for part in parts if symbol is None or concerns(part.symbol, symbol)]
