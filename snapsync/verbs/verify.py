"""Check that nothing of a store was damaged or touched: bytes, references, the chain of acts, the plans.

Reads only and takes no lock. Writers may be at work meanwhile: the heads are read after the objects, and
what is missed is looked for once more, so that what comes and goes beside us is never taken for damage.
"""

from __future__ import annotations

from collections.abc import Iterable

from snapsync.errors import Exit, StoreError, UsageError
from snapsync.model.canon import SHOWN, ObjectId, OperationId, short
from snapsync.model.history import Operation
from snapsync.model.verified import Damage, Verified
from snapsync.store.journal import open_journal
from snapsync.store.store import Store
from snapsync.store.survey import Survey, collections, survey
from snapsync.store.walk import newest_first

from .audit import compared
from .env import Env
from .replan import Replanner
from .status import status
from .timings import timed

_READING = 0.5
"""The share of the whole time that is counted for reading the objects; the plans take the rest."""

Subset = tuple[int, int]


@timed("store")
def verify(env: Env, *, subset: Subset | None = None, head: str | None = None) -> Verified:
    """Check a store.

    Args:
        env: whose.
        subset: (n, t): only the n-th of t shares of the objects, told by their ids. The chain of
            operations is walked in any case.
        head: the beginning of an operation's id, twelve digits or more, noted elsewhere: proves that it is
            in this history.

    Raises:
        StoreError: there is no store (exit 10), or its identity is damaged (30).
        UsageError: ``head`` is too short to prove anything (64).
    """
    if head is not None and len(head) < SHOWN:
        raise UsageError(f"A proof needs at least {SHOWN} characters of the id.", detail=f"given: {head!r}")
    store = env.store
    return _Check(env, store, subset).run(head)


class _Check:
    def __init__(self, env: Env, store: Store, subset: Subset | None) -> None:
        self.env, self.store, self.subset = env, store, subset
        self.damage: list[Damage] = []
        self.notes: list[str] = []
        self.acts: dict[OperationId, Operation] = {}
        self.holes: dict[ObjectId, StoreError] = {}

    def run(self, head: str | None) -> Verified:
        known = list(self.store.place.ids())
        found = survey(self.store.place, [id for id in known if self._ours(id)], self._reading)
        heads = self.store.place.heads()  # after the objects: what was put since is in the history too
        self._walk(heads, found)
        gone = self._collected()
        live = found.closure(heads)
        self._objects(found, {*known}, gone - live, live)
        self._strays(found, heads)
        self._flaws()
        self._journal()
        self._times()
        replanned = self._plans()
        self._beside()
        hurt = {id for each in self.damage for id in each.needed}
        sound = next(((id, act) for id, act in self.acts.items() if id not in hurt), None)
        return Verified(
            env=self.env.name,
            heads=heads,
            objects=len(found.kinds),
            operations=len(self.acts),
            replanned=replanned,
            collected=len(gone),
            subset=self.subset,
            wanted=head,
            proven=next((id for id in self.acts if head and id.startswith(head.lower())), None),
            damage=tuple(self.damage),
            notes=tuple(self.notes),
            affected=len(hurt & self.acts.keys()),
            sound=sound,
        )

    def _ours(self, id: str) -> bool:
        return self.subset is None or int(id[:8], 16) % self.subset[1] == self.subset[0] - 1

    def _reading(self, share: float) -> None:
        self.env.progress(share * _READING)

    def _walk(self, heads: tuple[OperationId, ...], found: Survey) -> None:
        """Read the chain from its heads to its beginning, over holes as well."""
        read: dict[OperationId, Operation] = {}
        waiting = list(heads)
        while waiting:
            id = waiting.pop()
            if id in read or id in self.holes:
                continue
            try:
                read[id] = self.store.operation(id)
            except StoreError as error:
                self.holes[id] = found.damaged.get(id, error)
                continue
            waiting += read[id].parents
        there = (id for id in heads if id in read)
        self.acts = dict(
            newest_first(there, read.__getitem__, lambda act: tuple(id for id in act.parents if id in read))
        )

    def _collected(self) -> set[ObjectId]:
        try:
            return {id for each in collections(self.store.place) for id in each.ids}
        except StoreError as error:
            self._report(error, "collection")
            return set()

    def _objects(self, found: Survey, known: set[ObjectId], gone: set[ObjectId], live: set[ObjectId]) -> None:
        """What is damaged, and what is named but is not there, unless gc took it and nobody put it again."""
        broken = {**found.damaged, **self.holes}
        named = {id for leads in found.leads.values() for id in leads}
        for id in named - known - gone - broken.keys():
            try:
                self.store.place.get(id)
            except StoreError as error:
                broken[id] = error
        if broken:
            # by a gc that was at work while we looked; what the heads lead to it has left alone
            gone = gone | (self._collected() - live)
        alike: dict[tuple[str, str], list[ObjectId]] = {}
        for id, why in broken.items():
            lost = not self.store.place.has(id)
            if lost and id in gone:
                continue
            told = _lost(id) if lost and id in live and why.exit == Exit.STORE else why
            alike.setdefault((told.summary, told.detail), []).append(id)
        for (summary, detail), ids in sorted(alike.items()):
            self._tell(summary, detail, found, ids)

    def _tell(self, summary: str, detail: str, found: Survey, ids: Iterable[ObjectId]) -> None:
        ids = tuple(sorted(ids))
        users = found.needing(ids) | {OperationId(id) for id in ids if found.kinds.get(id) == "operation"}
        order = {id: place for place, id in enumerate(self.acts)}
        needed = sorted(users, key=lambda each: order.get(each, len(order)))
        kinds = {self._role(id, found) for id in ids} - {""}
        self.damage.append(
            Damage(
                summary=summary, detail=detail, kind=" or ".join(sorted(kinds)), ids=ids, needed=tuple(needed)
            )
        )

    def _role(self, id: ObjectId, found: Survey) -> str:
        """What an object is; of one that cannot be read what those who name it say."""
        if id in found.kinds:
            return found.kinds[id]
        if id in self.holes:
            return "operation"
        users = {found.kinds[user] for user, leads in found.leads.items() if id in leads}
        return f"part of {' and '.join(sorted(users))}" if users else ""

    def _strays(self, found: Survey, heads: tuple[OperationId, ...]) -> None:
        """Operations that no head leads to. One that others followed upon was a head: it was taken away."""
        strays = {OperationId(id) for id in found.of_kind("operation")} - self.acts.keys()
        parents = {OperationId(each) for id in strays for each in found.leads[id]} & strays
        if parents or (strays and not heads and any(self._has_parents(id) for id in strays)):
            for id in sorted(strays - parents):
                act = self.store.operation(id)
                self.damage.append(
                    Damage(
                        summary="A head of the log is gone: no head leads to its last act.",
                        detail=f"{act.verb} of {act.time}; to have it back, make an empty file of this name:"
                        f"\n{self.store.folder / 'heads' / id}",
                        kind="operation",
                        ids=(id,),
                        needed=(id,),
                    )
                )
        elif strays:
            self.notes.append(
                f"{len(strays)} {'act' if len(strays) == 1 else 'acts'} never became history:"
                " cut off, or under way just now."
            )

    def _has_parents(self, id: OperationId) -> bool:
        return bool(self.store.operation(id).parents)

    def _flaws(self) -> None:
        """What is wrong beside the objects, where it is not the reason for what is told already."""
        past = {id for act in self.acts.values() for id in act.parents}
        told = {each.detail.partition(": ")[0] for each in self.damage}
        for flaw in self.store.place.flaws(past):
            if flaw.detail.partition(": ")[0] not in told:
                self._report(flaw)

    def _journal(self) -> None:
        try:
            journal = open_journal(self.store.folder)
        except StoreError as error:
            self._report(error, "journal")
            return
        if journal is not None:
            self.notes.append("An apply was interrupted; the next plan or apply finishes it, or asks.")

    def _times(self) -> None:
        for id, act in self.acts.items():
            if act.env != self.store.identity.env:
                self.damage.append(
                    Damage(
                        summary="An operation belongs to another env.",
                        detail=f"{id} is of env {act.env}",
                        kind="operation",
                        ids=(id,),
                        needed=(id,),
                    )
                )
            before = [self.acts[each] for each in act.parents if each in self.acts]
            if any(each.time > act.time for each in before):
                self.notes.append(
                    f"Operation {short(id)} is older than the one it followed: a clock was put back."
                )
        newest = next(iter(self.acts.items()), None)
        if newest and newest[1].time > self.env.now():
            self.notes.append(f"Operation {short(newest[0])} lies in the future of this machine's clock.")

    def _plans(self) -> int:
        """Make every plan again that this version made under the rules that hold now; how many that were."""
        replanner, done = Replanner(self.env), 0
        for number, (id, act) in enumerate(self.acts.items()):
            self.env.progress(_READING + (1 - _READING) * number / len(self.acts))
            if not self._ours(id):
                continue
            try:
                now = replanner.plan(act)
            except StoreError as error:  # what it was made from is damaged or collected
                self._unplanned(id, error)
                continue
            except ValueError as error:
                self._tell_plan("A plan cannot be made again from what was seen.", str(error), id, act)
                continue
            if now is None:
                continue
            done += 1
            if now != act.plan:
                self._tell_plan(
                    "A plan does not follow from what was seen.",
                    f"operation {id} says plan {act.plan}; its facts make it {now}",
                    id,
                    act,
                )
        self.env.progress(1)
        return done

    def _tell_plan(self, summary: str, detail: str, id: OperationId, act: Operation) -> None:
        ids = (act.plan,) if act.plan else ()
        self.damage.append(Damage(summary=summary, detail=detail, kind="plan", ids=ids, needed=(id,)))

    def _unplanned(self, id: OperationId, error: StoreError) -> None:
        """What a plan was made from was collected, or is damaged: with ``subset`` that may be news."""
        hurt = any(id in each.needed for each in self.damage)
        if error.exit == Exit.INTEGRITY and not hurt:
            self._report(error, needed=(id,))

    def _beside(self) -> None:
        """The book and the audit log; what of the store keeps us from them is mostly told already."""
        try:
            edited = status(self.env).edited
            damage, notes = compared(self.env, self.acts)
        except StoreError as error:
            if not self.damage:
                self._report(error)
        except OSError as error:
            path = self.env.config.book.audit
            self.notes.append(f"The audit log cannot be read: {path}: {error.strerror}.")
        else:
            self.damage += damage
            self.notes += [*(f"Edited since the last act: {name}." for name in edited), *notes]

    def _report(self, error: StoreError, kind: str = "", needed: tuple[OperationId, ...] = ()) -> None:
        self.damage.append(Damage(summary=error.summary, detail=error.detail, kind=kind, needed=needed))


def _lost(id: ObjectId) -> StoreError:
    return StoreError(
        "An object is missing from the store.",
        detail=f"{id}: gc took it once, it was stored again since, and the newest act needs it",
        hint="Put it back from a backup of the state folder.",
        exit=Exit.INTEGRITY,
    )
