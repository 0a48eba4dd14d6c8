from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.history import Actor, Operation, Tally, Verb
from snapsync.model.instant import instant
from snapsync.model.stretch import Entry, Line, Listing, Stretch, in_step, listing

from .strategies import LAW


def entry(number: int, verb: Verb = "plan", *, changes: int = 0, refused: bool = False) -> Entry:
    """An operation."""
    act = Operation(
        verb=verb,
        time=instant("2025-08-21T15:00:00Z"),
        parents=(),
        env="paper",
        account=None,
        actor=Actor(user="u", host="h"),
        version="1",
        tally=Tally(add=changes),
        refused=refused,
    )
    return OperationId(ObjectId(str(number))), act


logs = st.lists(st.sampled_from(["look", "look", "look", "drift", "apply", "refused"])).map(
    lambda kinds: [
        entry(
            number,
            "apply" if kind == "apply" else "plan",
            changes=kind in ("drift", "apply"),
            refused=kind == "refused",
        )
        for number, kind in enumerate(kinds)
    ]
)


def unfolded(line: Line) -> tuple[Entry, Entry, int]:
    """A line's oldest and newest operation, and how many it stands for."""
    return (line.first, line.last, line.count) if isinstance(line, Stretch) else (line, line, 1)


@LAW
@given(logs)
def test_folding_loses_nothing(log: list[Entry]) -> None:
    """The lines stand for every operation, in order; only looks in step are folded, and all that meet."""
    found = listing(log)

    at = 0
    for line in found.lines:
        first, last, count = unfolded(line)
        assert (last, first) == (log[at], log[at + count - 1])
        assert count == 1 or all(in_step(act) for _, act in log[at : at + count])
        at += count
    assert at == len(log)
    assert not found.more
    quiet = [isinstance(line, Stretch) or in_step(line[1]) for line in found.lines]
    assert not any(one and other for one, other in pairwise(quiet))


@LAW
@given(logs, st.integers(1, 5))
def test_fewer_lines_are_the_first_ones(log: list[Entry], count: int) -> None:
    """-n gives the first lines of all, whole, and says whether there are more."""
    all_, some = listing(log), listing(log, count)

    assert some.lines == all_.lines[:count]
    assert some.more == (len(all_.lines) > count)


@LAW
@given(logs, st.integers(1, 5), st.integers(1, 12))
def test_reading_is_bounded_and_says_so(log: list[Entry], count: int, most: int) -> None:
    """At most one operation beyond the bound is read; a stretch that it cuts is not called whole."""
    read = 0

    def counted() -> Iterator[Entry]:
        nonlocal read
        for each in log:
            read += 1
            yield each

    found = listing(counted(), count, most=most)

    assert read <= most + 1
    told = sum(line.count if isinstance(line, Stretch) else 1 for line in found.lines)
    assert told <= most
    assert found.more == (told < len(log))
    cut = [line for line in found.lines if isinstance(line, Stretch) and not line.whole]
    goes_on = 0 < told < len(log) and in_step(log[told - 1][1]) and in_step(log[told][1])
    assert bool(cut) == goes_on


def test_unfolded_every_look_is_a_line() -> None:
    """With --all nothing is folded, and exactly as many are read as are listed, and one to know of more."""
    log = [entry(number) for number in range(5)]

    assert listing(log, 3, folded=False) == Listing(lines=tuple(log[:3]), more=True)
