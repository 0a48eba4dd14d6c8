"""Read objects one and all: what kind they are, what they lead to, and which of them are damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.collection import Collection
from snapsync.model.references import CHUNK, kind_of, ledger_of, references
from snapsync.model.stored import refuse_newer, stored

from . import reads
from .place import Place

Progress = Callable[[float], None]


class Survey:
    """What was found: ``kinds`` and ``leads`` of sound objects, and ``damaged`` ones with the reason.

    ``ledgers`` are the roots of all ledgers among them.
    """

    def __init__(self) -> None:
        self.kinds: dict[ObjectId, str] = {}
        self.leads: dict[ObjectId, tuple[ObjectId, ...]] = {}
        self.damaged: dict[ObjectId, StoreError] = {}
        self.ledgers: set[ObjectId] = set()

    def read(self, place: Place, id: ObjectId) -> None:
        """Take one object into account."""
        try:
            data = place.get(id)
        except StoreError as error:
            if error.exit != Exit.STORE or place.has(id):  # else it was collected while we looked
                self.damaged[id] = error
            return
        try:
            kind = kind_of(data)
            if kind != CHUNK:
                refuse_newer(data, id)
            leads = references(kind, data)
        except StoreError as error:
            self.damaged[id] = error
            return
        except (*reads.GARBLED, KeyError) as error:
            self.damaged[id] = _strange(id, str(error))
            return
        self.kinds[id] = kind
        self.leads[id] = leads
        if kind == "broker-snapshot":
            self.ledgers.add(ledger_of(data))

    def of_kind(self, kind: str) -> Iterator[ObjectId]:
        """The sound objects of one kind."""
        return (id for id, each in self.kinds.items() if each == kind)

    def closure(self, begin: Iterable[ObjectId]) -> set[ObjectId]:
        """All that these objects lead to, but for operations that they follow upon."""
        waiting, seen = list(begin), set[ObjectId]()
        while waiting:
            id = waiting.pop()
            if id not in seen:
                seen.add(id)
                waiting += (each for each in self.leads.get(id, ()) if self.kinds.get(each) != "operation")
        return seen

    def needing(self, ids: Iterable[ObjectId]) -> set[OperationId]:
        """The operations that lead to any of these objects; of an operation those that follow upon it."""
        users: dict[ObjectId, list[ObjectId]] = {}
        for id, leads in self.leads.items():
            for each in leads:
                users.setdefault(each, []).append(id)
        waiting, seen, found = list(ids), set[ObjectId](), set[OperationId]()
        while waiting:
            for user in users.get(waiting.pop(), ()):
                if self.kinds[user] == "operation":
                    found.add(OperationId(user))
                elif user not in seen:
                    seen.add(user)
                    waiting.append(user)
        return found


def survey(place: Place, ids: Sequence[ObjectId], progress: Progress) -> Survey:
    """Read these objects, each proven by its hash; ``progress`` is told how much is done, from 0 to 1."""
    found = Survey()
    for number, id in enumerate(ids):
        found.read(place, id)
        if number % 256 == 0:
            progress(number / len(ids))
    return found


def collections(place: Place) -> list[Collection]:
    """What gc has taken away so far, oldest first.

    Raises:
        StoreError: a record of it is damaged (exit 30), or of a newer format (10).
    """
    found = [stored(place.get(id), Collection, id) for id in place.collected()]
    return sorted(found, key=lambda each: each.time)


def _strange(id: ObjectId, detail: str) -> StoreError:
    return StoreError(
        "An object of the store is not what it should be.", detail=f"{id}: {detail}", exit=Exit.INTEGRITY
    )
