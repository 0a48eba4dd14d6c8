"""Walking a history backwards, whatever its clocks said."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.history import Actor, Operation
from snapsync.model.instant import Instant, midnight
from snapsync.store.walk import newest_first

Acts = dict[OperationId, Operation]


def act(day: int, *parents: OperationId) -> Operation:
    """An operation of some day."""
    return Operation(
        verb="plan",
        time=Instant(midnight(f"2025-08-{day:02}")),
        parents=parents,
        env="paper",
        account=None,
        actor=Actor(user="me", host="here"),
        version="1",
    )


def named(name: str) -> OperationId:
    """An id that says which act it is."""
    return OperationId(ObjectId(name))


def walked(acts: Acts, *begin: OperationId) -> list[OperationId]:
    """The ids in the order in which they are met."""
    return [id for id, _ in newest_first(begin, acts.__getitem__, lambda each: each.parents)]


@st.composite
def histories(draw: st.DrawFn) -> Acts:
    """A history of branches that part and join, each act with a clock of its own."""
    acts: Acts = {}
    for number in range(draw(st.integers(1, 12))):
        parents = draw(st.lists(st.sampled_from(sorted(acts)), max_size=3, unique=True)) if acts else []
        acts[named(f"{number:03}")] = act(draw(st.integers(1, 28)), *parents)
    return acts


def heads(acts: Acts) -> list[OperationId]:
    """The acts that nothing follows upon."""
    past = {parent for each in acts.values() for parent in each.parents}
    return [id for id in acts if id not in past]


@given(histories())
def test_each_act_comes_once_and_after_all_that_followed_upon_it(acts: Acts) -> None:
    """However the clocks stood: every act is met exactly once, and no act before one of its children."""
    met = walked(acts, *heads(acts))

    assert sorted(met) == sorted(acts)
    place = {id: number for number, id in enumerate(met)}
    assert all(place[parent] > place[id] for id in acts for parent in acts[id].parents)


@given(histories())
def test_where_clocks_are_right_the_order_is_theirs(acts: Acts) -> None:
    """With a clock that only goes forward, the newest act comes first."""
    forward = {id: act(number + 1, *each.parents) for number, (id, each) in enumerate(acts.items())}

    assert walked(forward, *heads(forward)) == sorted(forward, reverse=True)


def test_a_join_of_two_branches_with_clocks_out_of_order() -> None:
    """The act that both branches began with was made by a clock ahead of theirs, and still comes last."""
    a, b, c, m = (named(each) for each in "abcm")
    acts = {a: act(20), b: act(9, a), c: act(5, a), m: act(28, b, c)}

    assert walked(acts, m) == [m, b, c, a]


def test_a_line_is_read_only_as_far_as_it_is_asked_for() -> None:
    """The newest three acts of a thousand cost three reads."""
    acts = {named(f"{n:04}"): act(1 + n % 28, *([named(f"{n - 1:04}")] if n else [])) for n in range(1000)}
    read: list[OperationId] = []

    def reading(id: OperationId) -> Operation:
        read.append(id)
        return acts[id]

    met = list(islice(newest_first([named("0999")], reading, lambda each: each.parents), 3))

    assert [id for id, _ in met] == ["0999", "0998", "0997"]
    assert len(read) == 3
