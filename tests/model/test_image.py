from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapsync.model.canon import ObjectId, identify
from snapsync.model.image import ABSENT, BRANCH, CHUNK, image, image_bytes

from .strategies import LAW

LINE = b"2025-08-21 10:02:00,QQQ250822P00480000,BUY,2,1.85,370.00,,breakout\n"
sizes = st.integers(0, 2 * CHUNK)
# lines from empty to longer than a chunk, with and without a newline at the end
contents = st.builds(
    lambda lines, end: b"\n".join(b"x" * size for size in lines) + end,
    st.lists(st.one_of(st.integers(0, 200), st.integers(CHUNK - 3, CHUNK + 3), sizes), max_size=4),
    st.sampled_from([b"", b"\n", b"\r\n", b"\r", b"\0"]),
)


def objects(data: bytes | None) -> dict[ObjectId, bytes]:
    """What a store would hold of an image."""
    return dict(image(data)[1])


def chunks(data: bytes) -> list[bytes]:
    """The chunks of a file's image, in order."""
    return [each.partition(b"\n")[2] for _, each in image(data)[1] if each.startswith(b"snapsync chunk 1\n")]


def long_file(lines: int) -> bytes:
    """A history of that many different rows."""
    return b"".join(b"%07d," % number + LINE for number in range(lines))


@settings(LAW, max_examples=40)
@given(st.one_of(st.none(), st.binary(max_size=300), contents))
def test_an_image_gives_the_bytes_back(data: bytes | None) -> None:
    """Every file, and no file, comes back byte for byte; each object lies under the hash of its bytes."""
    id, made = image(data)
    assert all(identify(each) == name for name, each in made)
    assert made[-1][0] == id
    assert image_bytes(id, dict(made).__getitem__) == data
    assert image(data) == (id, made)


@settings(LAW, max_examples=40)
@given(contents)
def test_chunks_end_with_a_line(data: bytes) -> None:
    """Each chunk but the last ends at the first line end after 64 KiB, so a line is never cut."""
    parts = chunks(data)
    assert b"".join(parts) == data
    for part in parts[:-1]:
        assert part.endswith(b"\n")
        assert len(part) >= CHUNK
        assert b"\n" not in part[CHUNK - 1 : -1]


@pytest.mark.parametrize("lines", [1, 500, 5000, 60_000])
def test_an_appended_row_costs_one_chunk(lines: int) -> None:
    """However long the history is, one more row stores one chunk, one branch and the root."""
    before = long_file(lines)
    old, new = objects(before), objects(before + LINE)
    kinds = sorted(_kind(data) for id, data in new.items() if id not in old)
    assert kinds == ["branch", "chunk", "image"]


def test_a_long_file_has_several_branches() -> None:
    """Branches hold 64 chunks; a file beyond that is a tree of two levels still."""
    data = long_file(60_000)
    kinds = [_kind(each) for each in objects(data).values()]
    assert kinds.count("chunk") > BRANCH
    assert kinds.count("branch") == -(-kinds.count("chunk") // BRANCH)


def test_a_changed_row_costs_the_chunks_around_it() -> None:
    """A row that changes its length in the middle of a long file leaves the chunks before it alone."""
    before = long_file(20_000)
    middle = before.index(b"0010000,")
    after = before[:middle] + before[middle:].replace(b"BUY", b"SELL", 1)
    same = [one == other for one, other in zip(chunks(before), chunks(after), strict=True)]
    assert same[: middle // CHUNK - 1] == [True] * (middle // CHUNK - 1)


def test_no_file_is_not_an_empty_file() -> None:
    """That a file was not there is a fact of its own."""
    absent, empty = image(None), image(b"")
    assert absent[0] == ABSENT != empty[0]
    assert image_bytes(ABSENT, dict(absent[1]).__getitem__) is None
    assert image_bytes(empty[0], dict(empty[1]).__getitem__) == b""


def test_a_file_that_looks_like_an_object_is_only_bytes() -> None:
    """A book file may hold the very bytes of one of our objects."""
    for name, data in image(LINE)[1]:
        inner = image(data)
        assert name not in {id for id, _ in inner[1][:1]}
        assert image_bytes(inner[0], dict(inner[1]).__getitem__) == data


def _kind(data: bytes) -> str:
    return "chunk" if data.startswith(b"snapsync chunk 1\n") else str(msgspec.json.decode(data)["kind"])
