"""Orders enrich fills: who sent them, whether they are done, which legs belong together."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from snapsync.model.instant import Instant

from .parse import OrderSeen, orders
from .row import many, one
from .session import Session

_PER_PAGE = 500
_WORTH_A_LIST = 5
"""From how many orders on a listing is cheaper than asking for each by its id."""


def read_orders(session: Session, wanted: Collection[str], since: Instant) -> dict[str, OrderSeen | None]:
    """Each wanted order by its id; None where the broker knows no such order (any more).

    A list filters by submission time, so an old order that filled today is missing from it: what the
    list lacks is asked for by id (pitfalls 6 and 7).
    """
    seen: dict[str, OrderSeen | None] = {}
    if len(wanted) > _WORTH_A_LIST:
        listed = {each.order.id: each for each in _listed(session, since)}
        seen.update((id, listed[id]) for id in wanted if id in listed)
    for id in sorted(set(wanted) - seen.keys()):
        answer = session.find(f"/orders/{id}")
        found = {each.order.id: each for each in orders(one(answer))} if answer else {}
        seen[id] = found.get(id)
    return seen


def _listed(session: Session, since: Instant) -> Iterator[OrderSeen]:
    params = {
        "status": "all",
        "direction": "asc",
        "nested": "true",
        "limit": str(_PER_PAGE),
        "after": since[:19] + "Z",
    }
    while True:
        page = list(many(session.get("/orders", params)))
        for row in page:
            yield from orders(row)
        if not page:
            return
        # a cursor by id is exact where many orders share one instant (pitfalls 3 and 4)
        params.pop("after", None)
        params["after_order_id"] = page[-1].text("id")
