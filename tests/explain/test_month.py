"""A month with everything in it: explained to the cent, in any order of arrival, and so is its profit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import accumulate, pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snapsync.model.doubts import roll_forward
from snapsync.model.explain import Terms, explain
from snapsync.model.ledger import Activity, ledger
from snapsync.model.missing import Missing
from snapsync.model.performance import performance
from snapsync.model.proven import Proven
from snapsync.model.restated import as_now_known
from tests.model.strategies import LAW

from .month import DAYS, Day, Month, month, without

ARRIVALS = settings(LAW, max_examples=12, suppress_health_check=list(HealthCheck))
HABITS = ("posted", "accrued", "accrued and pending")


@cache
def lived(habit: str) -> Month:
    """The month, lived through once per way in which fees leave cash."""
    return month(habit)


def intervals(habit: str) -> Iterator[tuple[Day, Day, Terms]]:
    """Each evening with the one before, and what is known of the account."""
    days = lived(habit).days
    for before, after in pairwise(days):
        yield before, after, Terms(habit=days[-1].reading.habit)


def test_the_month_has_everything_in_it() -> None:
    """Every kind of activity that the account knows, and a fill that was taken back."""
    rows = list(lived("accrued and pending").days[-1].reading.ledger)
    assert {row.type for row in rows} == {
        "FILL", "FEE", "CFEE", "CSD", "CSW", "JNLC", "DIV", "DIVNRA", "INT", "SPLIT", "NC",
        "OPEXP", "OPASN", "OPEXC", "OPTRD", "QQZ",
    }  # fmt: skip
    assert {row.status for row in rows if row.void} == {"canceled", "busted"}


@pytest.mark.parametrize("habit", HABITS)
def test_every_day_is_explained_to_the_cent(habit: str) -> None:
    """Nothing is unexplained on any evening, nothing is carried over, and the account's habit is proven."""
    for before, after, terms in intervals(habit):
        found = explain(before.proven, after.proven, terms)
        assert not found.unexplained, after.date
        assert found.unexplained.cash == 0
        assert after.reading.missing == ()
    assert lived(habit).days[-1].reading.habit == habit


@pytest.mark.parametrize("habit", HABITS)
def test_the_whole_month_is_explained_at_once(habit: str) -> None:
    """From the first evening to the last, and so is any stretch of it."""
    days = lived(habit).days
    for start in range(0, len(days), 4):
        assert not explain(days[start].proven, days[-1].proven).unexplained, days[start].date


@pytest.mark.parametrize("habit", HABITS)
def test_any_single_activity_that_is_taken_away_is_just_what_is_unexplained(habit: str) -> None:
    """Its dollars and its quantities, by the simulator's own rules, and nothing else."""
    effects = lived(habit).effects
    tried = 0
    for before, after, terms in intervals(habit):
        for row in after.proven.ledger:
            if row.key in before.proven.ledger.by_key():
                continue
            tried += 1
            found = explain(without(before.proven, row.key), without(after.proven, row.key), terms)
            did = effects[row.id, row.symbol]
            moved: dict[str, Decimal] = defaultdict(Decimal)
            for change in did.changes:
                moved[change.symbol.replace("/", "")] += change.qty
            assert found.unexplained.cash == did.cash, row
            assert found.unexplained.quantities == {key: qty for key, qty in moved.items() if qty}, row
    assert tried > 40


def test_a_busted_fill_that_still_counts_is_just_what_is_unexplained() -> None:
    """If its bust were not known, cash and quantity would miss what the fill had done."""
    for before, after, terms in intervals("posted"):
        for row in after.proven.ledger:
            if row.status != "busted" or before.proven.ledger.by_key()[row.key].void:
                continue
            valid = before.proven.ledger.by_key()[row.key]
            told = msgspec.structs.replace(after.proven, ledger=after.proven.ledger.merged([valid]))
            found = explain(before.proven, told, terms)
            assert found.unexplained.cash == Decimal(2) * Decimal("341.02")
            assert found.unexplained.quantities == {"TSLA": Decimal(-2)}
            return
    pytest.fail("no fill was busted")


# --- in any order of arrival -----------------------------------------------------------------------


def arriving(days: tuple[Day, ...], delays: dict[str, int]) -> list[Proven]:
    """The evenings as they would have been read had each row come so many looks late."""
    finals = days[-1].proven.ledger.by_key()
    begun = {
        key: next(n for n, day in enumerate(days) if key in day.proven.ledger.by_key()) for key in finals
    }
    looks = []
    for number, day in enumerate(days):
        now = day.proven.ledger.by_key()
        rows: list[Activity] = [
            row
            for key, row in now.items()
            if begun[key] + delays.get(key, 0) <= number or number == len(days) - 1
        ]
        looks.append(msgspec.structs.replace(day.proven, ledger=ledger(rows)))
    return looks


@pytest.mark.parametrize("habit", HABITS)
@ARRIVALS
@given(data=st.data())
def test_as_now_known_every_day_is_explained_in_any_order_of_arrival(habit: str, data: st.DataObject) -> None:
    """Whichever rows came however late, in the end each day is explained with those that were its own."""
    days = lived(habit).days
    keys = sorted(row.key for row in days[-1].proven.ledger if row.status != "busted")
    late = data.draw(st.dictionaries(st.sampled_from(keys), st.integers(1, 5)))
    looks = arriving(days, late)
    terms = Terms(habit=days[-1].reading.habit)
    for before, after in pairwise(as_now_known(looks)):
        assert not explain(before, after, terms).unexplained, after.at


@pytest.mark.parametrize("habit", HABITS)
@ARRIVALS
@given(data=st.data())
def test_what_is_missing_goes_by_itself_in_any_order_of_arrival(habit: str, data: st.DataObject) -> None:
    """From look to look it is carried along; when the last row has come there is nothing of it."""
    days = lived(habit).days
    # a type that nobody knows counts by what the position moved by, and that only on its own day is sure
    odd = {row.key for row in days[-1].proven.ledger if row.status == "busted" or row.type == "QQZ"}
    keys = sorted(days[-1].proven.ledger.by_key().keys() - odd)
    late = data.draw(st.dictionaries(st.sampled_from(keys), st.integers(1, 5)))
    missing: tuple[Missing, ...] = ()
    known = days[-1].reading.habit
    for before, after in pairwise(arriving(days, late)):
        missing = roll_forward(before, after, missing=missing, habit=known).missing
    assert missing == ()


# --- profit ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("habit", HABITS)
def test_the_daily_profit_is_the_simulators_own_to_the_cent(habit: str) -> None:
    """By its books: what equity gained, without what came in and went out. A deposit is no profit."""
    days = lived(habit).days
    found = performance([day.proven for day in days], "day", Terms(habit=days[-1].reading.habit))
    own = {after.date: after.equity - before.equity - after.flows for before, after in pairwise(days)}
    assert {period.name: period.first.profit for period in found.periods} == own
    assert own["2025-08-07"] < 0
    assert found.total.profit == sum(own.values())
    assert found.total.deposits + found.total.withdrawals == sum(day.flows for day in days)


def test_a_fee_that_comes_a_day_late_is_a_cost_of_its_own_day() -> None:
    """As now known: the day's own books have the fee, and the next day's have it not."""
    days = lived("posted").days
    found = performance([day.proven for day in days])
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for (own, _), (posted, steps) in pairwise(DAYS.items()):
        for step in steps:
            if step["do"] == "fee" and step["sub_type"] != "TAF":
                owed[own] -= Decimal(step["amount"])
                owed[posted] += Decimal(step["amount"])
    owed["2025-08-22"] -= Decimal("0.39")
    owed["2025-08-26"] += Decimal("0.39")
    for period in found.periods:
        assert period.now.profit - period.first.profit == owed[period.name], period.name
        assert period.restated == bool(owed[period.name])


def test_weeks_and_months_are_the_sums_of_their_days() -> None:
    """Each figure of each."""
    looks = [day.proven for day in lived("posted").days]
    by_day = performance(looks)
    for by in ("week", "month"):
        other = performance(looks, by)
        assert other.total == by_day.total
        assert other.drawdown == by_day.drawdown
    assert [period.name for period in performance(looks, "month").periods] == ["2025-08"]
    weeks = [period.name for period in performance(looks, "week").periods]
    assert weeks == ["2025-W32", "2025-W33", "2025-W34", "2025-W35"]


def test_the_drawdown_is_of_profit_not_of_equity() -> None:
    """The withdrawal is no loss, and the deposit does not hide one."""
    days = lived("posted").days
    found = performance([day.proven for day in days])
    sums = list(accumulate((period.now.profit for period in found.periods), initial=Decimal(0)))
    deepest = max(max(sums[: number + 1]) - each for number, each in enumerate(sums))
    assert found.drawdown.amount == deepest > 0
    assert found.drawdown.peak < found.drawdown.low
