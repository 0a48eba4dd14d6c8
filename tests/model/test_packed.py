"""Objects that are packed in memory come back as they went in."""

from __future__ import annotations

import subprocess
import sys
import zlib

from hypothesis import given
from hypothesis import strategies as st

from snapsync.model import hurry
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


@given(added=st.lists(words, max_size=40), size=st.sampled_from([0, 1, BLOCK, 10 * BLOCK]))
@LAW
def test_portions_have_all_of_it(added: list[bytes], size: int) -> None:
    """Each object is in one portion; none is larger than asked for by more than a block."""
    objects = Packed()
    for word in added:
        objects.add(word)

    parts = [dict(part) for part in objects.parts(size)]

    assert {id: word for part in parts for id, word in part.items()} == dict(objects)
    assert sum(map(len, parts)) == len(objects)
    most = max(map(len, added), default=0)
    assert all(sum(map(len, part.values())) <= size + BLOCK + 2 * most for part in parts)


def test_small_ones_share_blocks() -> None:
    """Many small objects are packed together; a large one has a block of its own."""
    objects = Packed()
    for number in range(100):
        objects.add(str(number).encode() * BLOCK)
    large = len(objects.raw_blocks())
    for number in range(1000):
        objects.add(str(number).encode())

    assert (large, len(objects.raw_blocks())) == (100, 101)


def test_without_isal_zlib_packs() -> None:
    """Where there is no wheel of ISA-L for a machine, the blocks are those of zlib."""
    code = (
        "import sys, zlib; sys.modules['isal'] = None\n"
        "from snapsync.model import hurry\n"
        "assert hurry.pack(b'word' * 99) == zlib.compress(b'word' * 99, 1)\n"
        "assert hurry.unpack(zlib.compress(b'word')) == b'word'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_packed_in_a_hurry_is_a_zlib_stream() -> None:
    """Whoever reads a pack needs no more than zlib, and the reverse."""
    assert zlib.decompress(hurry.pack(b"word" * 99)) == b"word" * 99
    assert hurry.unpack(zlib.compress(b"word" * 99)) == b"word" * 99
