"""Plan again from stored facts: the same facts and rules must give the same plan id, at any time."""

from __future__ import annotations

from functools import lru_cache

from snapsync.ends.book import Reading, understand
from snapsync.ends.book.values import ROLES
from snapsync.errors import BookError
from snapsync.model.canon import PlanId, SnapshotId
from snapsync.model.history import BookSnapshot, Operation
from snapsync.model.image import image_bytes
from snapsync.model.partial import part_of
from snapsync.model.plan import Plan
from snapsync.version import __version__

from .env import Env
from .judge import When, judge_at
from .look import facts, recall

_READINGS = 8


class Replanner:
    """Makes the plans of an env again, one by one."""

    def __init__(self, env: Env) -> None:
        self._env = env
        self._rules, self._scope, self._files = env.rules.id, env.scope, env.book_files
        self._reading = lru_cache(_READINGS)(self._read)

    def plan(self, act: Operation) -> PlanId | None:
        """The id of the plan that follows from what an operation has seen.

        None where that cannot be said: it was made by another version, under other rules, by another verb,
        or with the book's files read in another way.

        Raises:
            StoreError: what it was made from is damaged (exit 30) or was collected (10).
        """
        if act.verb != "plan" or act.version != __version__ or act.details is None:
            return None
        made = self._env.store.get(act.details, Plan)
        if (made.origin, made.rules, made.scope) != ("sync", self._rules, self._scope):
            return None
        if made.book is None or made.broker is None:
            return None
        reading = self._reading(made.book)
        if reading is None:
            return None
        store = self._env.store
        before = [store.operation(id) for id in act.parents]
        newest = max(before, key=lambda each: each.time, default=None)
        base = self._env.base(newest.agreed if newest else None)
        seen = facts(
            self._env,
            (reading, made.book),
            (recall(self._env, made.broker), made.broker),
            act.parents,
        )
        whole = judge_at(self._env, seen, base, When(now=act.time, heads=act.parents, actor=act.actor))
        return part_of(whole, made.part).id

    def _read(self, id: SnapshotId) -> Reading | None:
        """The book as its files said it then; None where they would be understood differently now."""
        store = self._env.store
        snapshot = store.get(id, BookSnapshot)
        data = {role: image_bytes(snapshot.images[role], store.place.get) for role in ROLES}
        try:
            reading = understand(data, self._files)
        except BookError:
            return None
        return reading if reading.state.id == snapshot.state else None
