"""What is news: each fact once, in whatever order the runs come."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from snapsync.errors import Exit
from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.history import Actor, Operation
from snapsync.model.instant import shift
from snapsync.model.news import Day, Kind, Memory, Run, Trouble, Wrote, news
from tests.views import gallery

from .strategies import LAW
from .world import AT

IN_STEP, DRIFT, MORE = (
    gallery.of(),
    gallery.of(gallery.holding("SPY250822C00635000", None, "1")),
    gallery.of(gallery.holding("SPY250822C00635000", None, "2")),
)
WAITS = ("Somebody has to look at it.",)


def trouble(exit: Exit) -> Trouble:
    """A reason to stop."""
    return Trouble(exit=int(exit), summary=f"Trouble {exit}.")


def wrote(name: str) -> Wrote:
    """A write."""
    act = Operation(
        verb="apply",
        time=AT,
        parents=(),
        env="paper",
        account=None,
        actor=Actor(user="a", host="b"),
        version="1",
        plan=DRIFT.id,
    )
    return Wrote(id=OperationId(ObjectId(name * 64)), act=act, plan=DRIFT)


def run(minutes: int = 0, **facts: object) -> Run:
    """A run so many minutes after the first."""
    return replace(Run(at=shift(AT, minutes=minutes)), **facts)


def tell(runs: list[Run], told: Memory | None = None) -> tuple[list[Kind], Memory]:
    """All news of some runs, each of which arrives."""
    now, said = told or Memory(), list[Kind]()
    for each in runs:
        now, fresh = news(each, now)
        for item, then in fresh:
            said.append(item.kind)
            now = then
    return said, now


RUNS = {
    "in step": run(plan=IN_STEP),
    "drift": run(plan=DRIFT),
    "more": run(plan=MORE),
    "blocked": run(plan=DRIFT, waits=WAITS),
    "down": run(trouble=trouble(Exit.UNREACHABLE)),
    "locked": run(trouble=trouble(Exit.LOCKED)),
    "broken": run(trouble=trouble(Exit.FAILED)),
    "refused": run(trouble=trouble(Exit.CREDENTIALS)),
}


@LAW
@given(st.lists(st.sampled_from(sorted(RUNS)), max_size=12))
def test_again_is_never_news(names: list[str]) -> None:
    """The same run once more is no news, whatever went before; but for a trouble that may pass."""
    _, told = tell([RUNS[name] for name in names])
    if names and names[-1] != "locked":
        assert tell([RUNS[names[-1]]], told) == ([], told)


@LAW
@given(st.lists(st.sampled_from(sorted(RUNS)), max_size=20))
def test_outages_begin_and_end_in_turn(names: list[str]) -> None:
    """Each outage is told at its beginning and at its end, once."""
    said, told = tell([RUNS[name] for name in names])

    turns = [kind for kind in said if kind in {"outage", "back"}]
    assert turns == ["outage", "back"] * (len(turns) // 2) + ["outage"] * (len(turns) % 2)
    assert told.told == (len(turns) % 2 == 1)


@LAW
@given(st.lists(st.sampled_from(sorted(RUNS)), max_size=20))
def test_all_is_well_in_the_end(names: list[str]) -> None:
    """Once in step nothing is open; what was told as open was told as over, no more often than it began."""
    said, told = tell([*(RUNS[name] for name in names), RUNS["in step"]])
    count = Counter(said)

    assert (told.matter, told.outage) == (None, None)
    assert count["resolved"] <= count["drift"] + count["blocked"] + count["failed"]
    assert bool(count["resolved"]) == bool(count["drift"] + count["blocked"] + count["failed"])


def test_a_write_settles_what_was_open() -> None:
    """The plan that was written is no drift any more, and its end need not be told."""
    said, told = tell([run(plan=DRIFT), run(plan=DRIFT, wrote=wrote("a")), run(plan=IN_STEP)])

    assert said == ["drift", "wrote"]
    assert told.wrote == "a" * 64


def test_a_lock_that_is_held_twice_in_a_row() -> None:
    """A busy lock is told when the next run meets it too."""
    locked = RUNS["locked"]

    assert tell([locked])[0] == []
    assert tell([locked, RUNS["in step"], locked])[0] == []
    assert tell([locked, locked, locked, RUNS["in step"]])[0] == ["failed", "resolved"]


def test_what_did_not_arrive_is_told_later() -> None:
    """Only what has arrived counts: an outage that nobody heard of has no end to tell either."""
    began, fresh = news(RUNS["down"], Memory())
    assert [each.kind for each, _ in fresh] == ["outage"]

    assert tell([RUNS["down"]], began)[0] == ["outage"]
    assert tell([RUNS["in step"]], began)[0] == []
    assert began.outage == AT


def test_an_outage_leaves_what_was_open() -> None:
    """A drift from before is not told again after it; one that went meanwhile is over."""
    before = [RUNS["drift"], RUNS["down"]]

    assert tell([*before, RUNS["drift"]])[0] == ["drift", "outage", "back"]
    assert tell([*before, RUNS["in step"]])[0] == ["drift", "outage", "back", "resolved"]
    assert tell([*before, RUNS["broken"], RUNS["drift"]])[0] == ["drift", "outage", "failed", "back", "drift"]


def test_one_digest_a_day() -> None:
    """The same day is told of once."""
    one, two = (
        run(plan=IN_STEP, day=Day(day=day, looks=1, writes=0, changes=0))
        for day in ("2025-08-21", "2025-08-22")
    )

    assert tell([one, one, two, two])[0] == ["digest", "digest"]
