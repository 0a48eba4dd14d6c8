"""What was aimed at, and whether the measured numbers meet it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .cases import growth, small, steady
from .peers.run import IN_PYTHON
from .results import Results
from .tables import cost_of, sizes_of

_SMALL, _LARGE = 1_000, 1_000_000


class Target(NamedTuple):
    """One aim: what of what, how much at most, and how much it is; None where it was not measured."""

    name: str
    most: float
    found: float | None
    unit: str = "x"

    @property
    def told(self) -> tuple[str, str, str, str]:
        """The target as a row of a table."""
        if self.found is None:
            return self.name, _told(self.most, self.unit), "", "not measured"
        met = "met" if self.found <= self.most else "**not met**"
        return self.name, _told(self.most, self.unit), _told(self.found, self.unit), met


def targets(results: Results) -> list[Target]:
    """All of them."""
    return [
        *_steady(results, "whole"),
        *_steady(results, "steady"),
        *_first(results),
        *_store(results),
        *_readers(results),
        *_small(results),
    ]


def _told(value: float, unit: str) -> str:
    return f"{value:,.2f} x" if unit == "x" else f"{value:,.0f} {unit}".rstrip()


def _steady(results: Results, case: str) -> Iterator[Target]:
    proven = {"whole": "all proven", "steady": "7 days proven"}[case]
    for what in (steady.PLAN, steady.APPLY):
        name = f"`{what.partition(',')[0]}` after one new fill, {proven}"
        yield Target(f"{name}: CPU at 1M by 1k", 1.5, _grows(results, case, what, "cpu"))
        yield Target(f"{name}: peak memory at 1M by 1k", 1.3, _grows(results, case, what, "peak"))
        if what == steady.PLAN:
            written = _cost(results, case, what, _LARGE, "written")
            yield Target(f"{name}: requests at 1M", 6, _cost(results, case, what, _LARGE, "requests"), "")
            yield Target(f"{name}: newly written at 1M", 256, written and written / 1024, "KiB")
            yield _beside_polars(results, case, name)
    grown = _fact(results, case, f"{steady.HISTORY_GROWS} at {_LARGE}")
    same = _fact(results, case, f"{steady.APPENDED} at {_LARGE}")
    appended = None if grown is None else grown if same else float("inf")
    yield Target(f"`apply`, {proven}: the history grows by an append of", 400, appended, "bytes")


def _beside_polars(results: Results, case: str, name: str) -> Target:
    """The time of the processor, without the imports of either."""
    ours = _less(results, case, steady.PLAN, steady.PLAN_IMPORTS)
    theirs = _less(results, case, steady.READ, steady.READ_IMPORTS)
    return Target(f"{name}: CPU by polars reading both files, without imports, at 1M", 1, _by(ours, theirs))


def _first(results: Results) -> Iterator[Target]:
    for case, told in (("first", "first `plan`"), ("whole", "first `plan --since`, all over HTTP")):
        for name in IN_PYTHON:
            if name == steady.READ:
                continue
            both = [size for size in _sizes(results, case) if _cost(results, "first", name, size)]
            size = max(both, default=0)
            mine, theirs = _cost(results, case, steady.FIRST, size), _cost(results, "first", name, size)
            most = 6 if "polars" in name else 1
            yield Target(f"{told}: CPU by {name}, at {size:,}", most, _by(mine, theirs))
        peak = _cost(results, case, steady.FIRST, _LARGE, "peak")
        yield Target(f"{told}: peak memory at 1M", 600, peak and peak / 1e6, "MB")


def _store(results: Results) -> Iterator[Target]:
    for case in ("whole", "steady"):
        found = _fact(results, case, f"{steady.STORE_GROWS} at {_LARGE}")
        yield Target(f"store growth per one-trade sync at 1M ({case})", 100, found and found / 1000, "kB")
    size = _fact(results, "growth", "transactions") or 0
    ours = _fact(results, "growth", "store after gc, bytes")
    theirs = _fact(results, "growth", "git packed after all syncs, bytes")
    name = f"store after {growth.SYNCS:,} syncs and `gc`, by git's packed repository, at {size:,.0f}"
    yield Target(name, 4, _by(ours, theirs))


def _readers(results: Results) -> Iterator[Target]:
    size = max(_sizes(results, "steady"), default=0)
    base = _cost(results, "steady", steady.BASE, size)
    for what in steady.READERS:
        found = _cost(results, "steady", what, size)
        yield Target(f"`{what}`: CPU by `{steady.BASE}`, at {size:,}", 2, _by(found, base))


def _small(results: Results) -> Iterator[Target]:
    for kind in ("wall", "cpu"):
        ours, theirs = (_cost(results, "small", what, 100, kind) for what in (small.IN_STEP, small.ALONE))
        name = f"`plan` in step, small book, by alpaca-py and the same requests: {kind}"
        yield Target(name, 1.25, _by(ours, theirs))


def _grows(results: Results, case: str, what: str, kind: str) -> float | None:
    return _by(*(_cost(results, case, what, size, kind) for size in (_LARGE, _SMALL)))


def _less(results: Results, case: str, what: str, imports: str) -> float | None:
    whole, part = (_cost(results, case, each, _LARGE) for each in (what, imports))
    return None if whole is None or part is None else max(whole - part, 0.0)


def _by(one: float | None, other: float | None) -> float | None:
    return None if one is None or not other else one / other


def _cost(results: Results, case: str, what: str, size: int, kind: str = "cpu") -> float | None:
    found = cost_of(results[case], what, size) if case in results else None
    value: float | None = getattr(found, kind, None)
    return value


def _sizes(results: Results, case: str) -> list[int]:
    return sizes_of(results[case]) if case in results else []


def _fact(results: Results, case: str, name: str) -> float | None:
    return results[case].facts.get(name) if case in results else None
