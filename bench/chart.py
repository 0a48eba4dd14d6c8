"""One chart of how the time grows with the history: both axes logarithmic, drawn as SVG by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from .cases import first, steady
from .results import Results

_LEFT, _TOP, _WIDTH, _HEIGHT, _KEY = 70, 40, 560, 400, 240
_TITLE = "Seconds of the processor, whole processes, medians; both axes logarithmic"
_COLOURS = ("#c0392b", "#2471a3", "#1e8449", "#b7950b", "#7d3c98", "#d35400", "#117a65", "#5d6d7e", "#000000")


class _Line(NamedTuple):
    name: str
    points: list[tuple[float, float]]
    ours: bool


def chart(results: Results) -> str:
    """CPU seconds against transactions; ours are drawn thick."""
    lines = list(_lines(results))
    values = [value for line in lines for _, value in line.points]
    sizes = [size for line in lines for size, _ in line.points]
    if not values:
        return '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n'
    across = _Axis(min(sizes), max(sizes), _LEFT, _LEFT + _WIDTH)
    up = _Axis(min(values), max(values), _TOP + _HEIGHT, _TOP)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + _KEY}"',
        f' height="{_TOP + _HEIGHT + 60}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{_LEFT}" y="20" font-size="14">{_TITLE}</text>',
        *_grid(across, up),
    ]
    for number, line in enumerate(lines):
        drawn += _drawn(line, _COLOURS[number % len(_COLOURS)], number, across, up)
    return "\n".join([*drawn, "</svg>"]) + "\n"


def _lines(results: Results) -> Iterator[_Line]:
    wanted = [
        ("whole", steady.PLAN, "plan after one fill (all proven)"),
        ("whole", steady.APPLY, "apply of it (all proven)"),
        ("steady", steady.PLAN, "plan after one fill (7 days proven)"),
        ("first", first.FIRST, "first plan"),
    ]
    for case, what, name in wanted:
        found = _points(results, case, what)
        if found:
            yield _Line(name, found, ours=True)
    if "first" in results:
        for what in dict.fromkeys(row.what for row in results["first"].rows if row.what != first.FIRST):
            yield _Line(what, _points(results, "first", what), ours=False)


def _points(results: Results, case: str, what: str) -> list[tuple[float, float]]:
    if case not in results:
        return []
    found = {row.size: row.cost.cpu for row in results[case].rows if row.what == what}
    return [(float(size), cpu) for size, cpu in sorted(found.items())]


class _Axis:
    """Whole decades from one pixel to another."""

    def __init__(self, least: float, most: float, start: float, end: float) -> None:
        self.low, self.high = math.floor(math.log10(least)), math.ceil(math.log10(most))
        self.high = max(self.high, self.low + 1)
        self.start, self.end = start, end

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def decades(self) -> list[float]:
        return [10.0**power for power in range(self.low, self.high + 1)]


def _grid(across: _Axis, up: _Axis) -> Iterator[str]:
    bottom, right = _TOP + _HEIGHT, _LEFT + _WIDTH
    for size in across.decades:
        x = across.at(size)
        yield f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{size:,.0f}</text>'
    for value in up.decades:
        y = up.at(value)
        yield f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g} s</text>'
    middle = _LEFT + _WIDTH / 2
    yield f'<text x="{middle}" y="{bottom + 42}" text-anchor="middle">transactions in the history</text>'


def _drawn(line: _Line, colour: str, number: int, across: _Axis, up: _Axis) -> Iterator[str]:
    points = " ".join(f"{across.at(size):.1f},{up.at(value):.1f}" for size, value in line.points)
    style = f'stroke="{colour}" stroke-width="{3 if line.ours else 1.5}"'
    dashes = "" if line.ours else ' stroke-dasharray="5 3"'
    yield f'<polyline points="{points}" fill="none" {style}{dashes}/>'
    for size, value in line.points:
        yield f'<circle cx="{across.at(size):.1f}" cy="{up.at(value):.1f}" r="3" fill="{colour}"/>'
    x, y = _LEFT + _WIDTH + 12, _TOP + 10 + 20 * number
    yield f'<path d="M{x} {y}h24" fill="none" {style}{dashes}/>'
    yield f'<text x="{x + 30}" y="{y + 4}">{line.name}</text>'
