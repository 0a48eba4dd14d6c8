"""Objects that are packed in memory come back as they went in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.canon import identify
from snapsync.model.packed import BLOCK, Packed

from .strategies import LAW

words = st.builds(lambda word, times: word * times, st.binary(max_size=9), st.sampled_from([1, 900, 8000]))


@given(added=st.lists(words, max_size=40), again=st.lists(words, max_size=4))
@LAW
def test_what_was_added_is_there(added: list[bytes], again: list[bytes]) -> None:
    """Each once, under its id, in the order in which it came; also after more was added."""
    objects = Packed()
    for word in added:
        assert objects.add(word) == identify(word)
    objects.raw_blocks()
    for word in again:
        objects.add(word)

    expected = {identify(word): word for word in (*added, *again)}
    assert dict(objects) == expected
    assert list(objects) == list(expected)
    assert len(objects) == len(expected)


def test_small_ones_share_blocks() -> None:
    """Many small objects are packed together; a large one has a block of its own."""
    objects = Packed()
    for number in range(100):
        objects.add(str(number).encode() * BLOCK)
    large = len(objects.raw_blocks())
    for number in range(1000):
        objects.add(str(number).encode())

    assert (large, len(objects.raw_blocks())) == (100, 101)
