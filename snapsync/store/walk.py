"""Walk a history backwards: each act once, none before all that followed upon it, the rest by time.

A line of acts is read one by one, as the caller asks. Branches are read together up to where they part,
because no clock can be trusted to tell which act of two branches came first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from snapsync.model.canon import OperationId
from snapsync.model.history import Operation

Before = Callable[[Operation], tuple[OperationId, ...]]
Acts = dict[OperationId, Operation]


def newest_first(
    begin: Iterable[OperationId], read: Callable[[OperationId], Operation], before: Before
) -> Iterator[tuple[OperationId, Operation]]:
    """The acts that lead to where we begin, newest first.

    Args:
        begin: the acts to begin with.
        read: fetches an act.
        before: the acts that one follows upon.
    """
    waiting = {id: read(id) for id in begin}
    while waiting:
        branches: Acts = {}
        ended = False
        # where a branch has ended at a first act, the last one that waits may follow upon any of them
        while len(waiting) > 1 or (waiting and ended):
            id, act = _pop_newest(waiting)
            branches[id] = act
            ended = ended or not before(act)
            _add(waiting, (each for each in before(act) if each not in branches), read)
        yield from _sorted(branches, before)
        if waiting:
            id, act = waiting.popitem()
            yield id, act
            _add(waiting, before(act), read)


def _add(acts: Acts, ids: Iterable[OperationId], read: Callable[[OperationId], Operation]) -> None:
    for id in ids:
        if id not in acts:
            acts[id] = read(id)


def _sorted(acts: Acts, before: Before) -> Iterator[tuple[OperationId, Operation]]:
    followers = dict.fromkeys(acts, 0)
    for act in acts.values():
        for each in before(act):
            if each in followers:
                followers[each] += 1
    free = {id: act for id, act in acts.items() if not followers[id]}
    while free:
        id, act = _pop_newest(free)
        yield id, act
        for each in before(act):
            if each in followers:
                followers[each] -= 1
                if not followers[each]:
                    free[each] = acts[each]


def _pop_newest(acts: Acts) -> tuple[OperationId, Operation]:
    id = max(acts, key=lambda each: (acts[each].time, each))
    return id, acts.pop(id)
