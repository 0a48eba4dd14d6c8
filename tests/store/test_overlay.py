"""A place in memory over another: all that is put stays above, all that was there is seen through it."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import OperationId, identify
from snapsync.store.local import LocalPlace
from snapsync.store.overlay import OverlayPlace
from snapsync.store.place import Place

ONE, TWO = identify(b"one"), identify(b"two")


def below(folder: Path) -> LocalPlace:
    """A place with one object, which is the head."""
    place = LocalPlace(folder)
    place.create()
    place.put(ONE, b"one")
    place.advance((), OperationId(ONE))
    return place


def test_what_is_put_stays_above(tmp_path: Path) -> None:
    """Objects and heads of the overlay never reach the place below it."""
    under = below(tmp_path)
    over: Place = OverlayPlace(under)

    over.put(TWO, b"two")
    with over.lock("mine"):
        over.advance(over.heads(), OperationId(TWO))

    assert (over.get(ONE), over.get(TWO)) == (b"one", b"two")
    assert sorted(over.ids()) == sorted((ONE, TWO))
    assert over.heads() == (TWO,)
    assert (list(under.ids()), under.heads(), under.has(TWO)) == ([ONE], (ONE,), False)


def test_over_nothing(tmp_path: Path) -> None:
    """Without a place below there is only what was put; what was not is named."""
    del tmp_path
    over = OverlayPlace()
    over.put(ONE, b"one")

    assert (over.has(ONE), over.has(TWO), list(over.ids("zz")), over.heads()) == (True, False, [], ())
    with pytest.raises(StoreError, match=TWO) as raised:
        over.get(TWO)
    assert raised.value.exit == Exit.INTEGRITY
