"""Profit as a picture: one SVG, and a page around it. Nothing in them is fetched from anywhere.

Bars are the profit of each period, the line is their sum. Dark and light follow the reader's setting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, Decimal
from html import escape
from itertools import accumulate
from zoneinfo import ZoneInfo

from snapsync.model.money import difference, dollars
from snapsync.model.performance import Figures, Performance

from .neutral import terminal
from .times import local

_WIDTH, _HEIGHT = 900, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 20, 20, 40
_LABELS, _TICKS = 8, 6
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #6a737d; --grid: #d8dee4; --up: #1a7f37;
  --down: #cf222e; --line: #0969da; --page: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #8b949e; --grid: #30363d; --up: #3fb950;
  --down: #f85149; --line: #58a6ff; --page: #0d1117; } }
text { font: 12px system-ui, sans-serif; fill: var(--dim); }
"""
_PAGE = """
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 960px;
  margin: 2em auto; padding: 0 1em; }
svg { width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25em .6em; text-align: right; border-bottom: 1px solid var(--grid); }
th:first-child, td:first-child { text-align: left; }
.up { color: var(--up); } .down { color: var(--down); } .dim { color: var(--dim); }
"""


def svg(found: Performance) -> str:
    """The picture."""
    return _svg(found, f"<style>{_STYLE}</style>")


def html(found: Performance, env: str, zone: ZoneInfo) -> str:
    """A page with the picture, the sums and a table; complete in itself."""
    title = f"{terminal(env)}: {difference(found.total.profit)}"
    stretch = f"{local(found.since, zone)} to {local(found.until, zone)}"
    fall = found.drawdown
    facts = [
        f"Profit {difference(found.total.profit)}, without deposits and withdrawals",
        f"Equity {dollars(found.start)} to {dollars(found.equity)}",
        f"Drawdown {dollars(fall.amount)} ({fall.percent} %)"
        + (f", {fall.peak} to {fall.low}" if fall.peak else ""),
    ]
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{_STYLE}{_PAGE}</style></head><body>",
            f"<h1>{escape(title)}</h1><p class=dim>{escape(stretch)}</p>",
            f"<ul>{''.join(f'<li>{escape(fact)}</li>' for fact in facts)}</ul>",
            _svg(found, ""),
            _table(found),
            "</body></html>",
        ]
    )


def _svg(found: Performance, style: str) -> str:
    profits = [each.now.profit for each in found.periods]
    sums = list(accumulate(profits))
    scale = _Scale([*profits, *sums], len(profits))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
            f"<title>Profit by {found.by}</title>{style}",
            *_grid(scale),
            *_bars(found, scale),
            _line(sums, scale),
            *_names(found, scale),
            "</svg>",
        ]
    )


class _Scale:
    """From dollars and numbers of periods to places on the picture."""

    def __init__(self, amounts: Sequence[Decimal], count: int) -> None:
        self.low, self.high = min([*amounts, Decimal(0)]), max([*amounts, Decimal(0)])
        if self.low == self.high:
            self.high = Decimal(1)
        self.step = (_WIDTH - _LEFT - _RIGHT) / max(count, 1)

    def x(self, number: int) -> float:
        """The middle of a period."""
        return _LEFT + self.step * (number + 0.5)

    def y(self, amount: Decimal) -> float:
        """The height of an amount."""
        share = float((self.high - amount) / (self.high - self.low))
        return _TOP + share * (_HEIGHT - _TOP - _BOTTOM)


def _grid(scale: _Scale) -> Iterator[str]:
    for amount in _ticks(scale.low, scale.high):
        y, colour = scale.y(amount), "--grid" if amount else "--dim"
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="var({colour})"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{dollars(amount)}</text>'


def _ticks(low: Decimal, high: Decimal) -> Iterator[Decimal]:
    """Round amounts between two, zero among them."""
    least = (high - low) / _TICKS
    power = Decimal(1).scaleb(least.adjusted())
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= least)
    number = (low / step).to_integral_value(ROUND_CEILING)
    while number * step <= high:
        yield number * step
        number += 1


def _bars(found: Performance, scale: _Scale) -> Iterator[str]:
    zero, width = scale.y(Decimal(0)), max(scale.step * 0.7, 0.5)
    for number, each in enumerate(found.periods):
        profit = each.now.profit
        y, colour = scale.y(profit), "--up" if profit >= 0 else "--down"
        yield (
            f'<rect x="{scale.x(number) - width / 2:.1f}" y="{min(y, zero):.1f}" width="{width:.1f}"'
            f' height="{abs(y - zero):.1f}" fill="var({colour})" opacity="0.55">'
            f"<title>{each.name}: {difference(profit)}</title></rect>"
        )


def _line(sums: Sequence[Decimal], scale: _Scale) -> str:
    points = " ".join(f"{scale.x(number):.1f},{scale.y(each):.1f}" for number, each in enumerate(sums))
    return f'<polyline points="{points}" fill="none" stroke="var(--line)" stroke-width="2"/>'


def _names(found: Performance, scale: _Scale) -> Iterator[str]:
    every = max(1, -(-len(found.periods) // _LABELS))
    for number, each in enumerate(found.periods):
        if number % every == 0:
            x, y = scale.x(number), _HEIGHT - 14
            yield f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{each.name}</text>'


def _table(found: Performance) -> str:
    head = "".join(
        f"<th>{name}</th>"
        for name in (found.by, "equity", "profit", "fees", "income", "flows", "as first known")
    )
    rows = [
        _cells(each.name, dollars(each.equity), each.now, each.first if each.restated else None)
        for each in found.periods
    ]
    rows.append(_cells("all", "", found.total, None))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _cells(name: str, equity: str, now: Figures, first: Figures | None) -> str:
    tone = "up" if now.profit >= 0 else "down"
    flows = now.deposits + now.withdrawals
    rest = (*(difference(amount) if amount else "" for amount in (now.fees, now.income, flows)),)
    cells = [f"<td>{name}</td><td>{equity}</td><td class={tone}>{difference(now.profit)}</td>"]
    cells += (f"<td>{cell}</td>" for cell in rest)
    cells.append(f"<td class=dim>{difference(first.profit) if first else ''}</td>")
    return f"<tr>{''.join(cells)}</tr>"
