"""Known damage is put right without guessing; all else keeps its bytes, and is said or refused.

The files under ``damaged/`` are as the guide's own system, or a crash, leaves them.
"""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from snapsync.ends.book import Repaired, Role, diagnose, read, repair
from snapsync.ends.book.schemas import KNOWN
from snapsync.ends.book.values import ROLES
from snapsync.errors import BookError

from .shelf import FILES, QQQ, SPY, Shelf, on_disk
from .test_laws import Made, bankroll_files, history_files, laws, positions_files

DAMAGED = Path(__file__).parent / "damaged"
NAMES = sorted(path.name for path in DAMAGED.glob("*.*.*"))
IWM = "IWM250822P00221000"
LEGACY = KNOWN["positions"][0]
DECISIONS, SYNCED = KNOWN["history"][:2]


def role_of(name: str) -> Role:
    """Which file of the book a damaged one is."""
    _, role, _ = name.split(".")
    assert role in {"bankroll", "positions", "history"}
    return role  # type: ignore[return-value]


def repaired(**data: bytes) -> dict[str, Repaired]:
    """What is to become of some files, by role."""
    whole: dict[Role, bytes | None] = {role: data.get(role) for role in ROLES}
    return {each.role: each for each in repair(whole, FILES)}


@pytest.mark.parametrize("name", NAMES)
def test_a_known_damage_is_put_right(name: str, snapshot: SnapshotAssertion) -> None:
    """Each line that changes is said, the file can be read afterwards, and once is enough."""
    role = role_of(name)
    before = (DAMAGED / name).read_bytes()

    (made,) = repaired(**{role: before}).values()

    assert made.before == before
    said = [f"{fix.line}: {fix.wrong} -> {fix.becomes}" for fix in (*made.fixes, *made.left)]
    assert [*said, *map(repr, made.after.decode().splitlines(keepends=True))] == snapshot
    again = repaired(**{role: made.after})
    assert not again or (again[role].after == made.after and not again[role].fixes)


@pytest.mark.parametrize("name", [name for name in NAMES if role_of(name) != "bankroll"])
def test_sound_rows_keep_their_bytes(name: str) -> None:
    """Lines that no fix names are in the repaired file, in their order; new columns only add commas."""
    (made,) = repaired(**{role_of(name): (DAMAGED / name).read_bytes()}).values()
    named = {fix.line for fix in made.fixes}
    kept = [
        line
        for at, line in enumerate(made.before.decode().splitlines(), 1)
        if at not in named and "\0" not in line
    ]

    lines = iter(made.after.decode().splitlines())
    for old in kept:
        new = next(line for line in lines if line.startswith(old))
        assert new == old or not new[len(old) :].strip(",") or old.startswith("timestamp,")


def held(data: bytes) -> dict[str, str]:
    """The quantities that a positions file says."""
    return {key: str(qty) for key, qty in Shelf(positions=data).held().items()}


def test_shifted_cells_come_under_their_columns() -> None:
    """Rows of the older header, as they are or filled up by pandas, are the holdings that they were."""
    made = repaired(positions=(DAMAGED / "shifted-columns.positions.csv").read_bytes())["positions"]

    assert held(made.after) == {SPY: "1", QQQ: "2", "SPY250822C00640000": "1", IWM: "3"}
    row = next(
        csv.DictReader(line for line in made.after.decode().splitlines() if "IWM" in line or "symbol" in line)
    )
    assert (row["entry_price"], row["contracts"], row["entry_time"]) == (
        "1.12",
        "3",
        "2025-08-20T11:02:07.004000",
    )


def test_a_shifted_row_is_not_taken_for_a_closed_one() -> None:
    """Its contracts stand under the closing time: it is still held."""
    head = b"symbol,occ_symbol,quantity,contracts,entry_price,close_time,exit_price,status\n"
    old = b"2025-08-20T11:00:07,IWM,2025-08-22,221.0,PUT,1,1.10\n"

    assert held(repaired(positions=head + old)["positions"].after) == {IWM: "1"}


def test_two_schemas_lose_nothing() -> None:
    """Rows of the decision log among imported ones: each cell has a place, where need be in a new column."""
    made = repaired(history=(DAMAGED / "two-schemas.history.csv").read_bytes())["history"]

    before = list(csv.reader(io.StringIO(made.before.decode())))
    after = list(csv.reader(io.StringIO(made.after.decode())))
    for old, new in zip(before[1:], after[1:], strict=True):
        assert sorted(filter(None, old)) == sorted(filter(None, new))
    said = {
        (each.symbol, each.action, str(each.price)) for each in Shelf(history=made.after).traded().values()
    }
    assert said == {(QQQ, "buy", "1.85"), (SPY, "buy", "2.4"), (SPY, "sell", "2.61")}


def test_an_order_imported_again_is_there_once() -> None:
    """Of the copies the first stays; imports that differ, and the bot's own rows, all stay."""
    made = repaired(history=(DAMAGED / "duplicate-imports.history.csv").read_bytes())["history"]

    traded = Shelf(history=made.after).traded()
    assert sorted(str(each.qty) for key, each in traded.items() if key.startswith("order:")) == [
        "1",
        "2",
        "4",
    ]
    assert sum(key.startswith("row:") for key in traded) == 2
    assert [fix.line for fix in made.left] == [11]


HEAD = b"timestamp,symbol,action,quantity,price,alpaca_order_id,source,sync_imported\n"
ROW = b"2025-08-20 09:31:00,SPY250822C00635000,%s,%s,%s,%s,%s,%s\n"


@pytest.mark.parametrize(
    ("rows", "gone"),
    [
        (
            [
                (b"BUY", b"1", b"2.45", b"a", b"bot", b""),
                (b"BUY", b"1", b"2.4", b"a", b"sync_detected", b"True"),
            ],
            {3},
        ),
        (
            [(b"BUY", b"1", b"2.40", b"a", b"bot", b""), (b"BUY", b"1", b"2.40", b"a", b"sync", b"True")],
            set(),
        ),
        (
            [
                (b"BUY", b"1", b"2.40", b"a", b"bot", b""),
                (b"BUY", b"1.0", b"2.4", b"a", b"sync_detected", b"True"),
            ],
            {3},
        ),
        (
            [
                (b"BUY", b"1", b"2.40", b"a", b"sync_detected", b"True"),
                (b"BUY", b"1", b"2.40", b"a", b"bot", b""),
            ],
            {2},
        ),
        ([(b"BUY", b"1", b"2.40", b"a", b"bot", b"")] * 2, set()),
        ([(b"BUY", b"1", b"2.40", b"", b"sync_detected", b"True")] * 2, set()),
        (
            [(b"BUY", b"1", b"2.40", b"a", b"bot", b""), (b"BUY", b"2", b"2.40", b"a", b"sync", b"True")],
            set(),
        ),
        (
            [
                (b"BUY", b"1", b"2.40", b"a", b"sync", b"True"),
                (b"SELL", b"1", b"2.40", b"a", b"sync", b"True"),
            ],
            set(),
        ),
        ([(b"BUY", b"1", b"0", b"a", b"sync_detected", b"True")], {2}),
        ([(b"BUY", b"1", b"0", b"a", b"", b"True")], {2}),
        ([(b"BUY", b"1", b"0", b"a", b"bot", b"")], set()),
        ([(b"SELL", b"1", b"0.00", b"a", b"sync", b"True")], set()),
        ([(b"BUY", b"1", b"", b"a", b"sync_detected", b"True")], set()),
        ([(b"EXPIRED", b"1", b"0.0", b"a", b"sync_detected", b"True")], set()),
        ([(b"SELL", b"1", b"0.0", b"activity:OPEXP:1:X", b"sync_detected", b"True")], set()),
    ],
    ids=[
        "a copy that says the price of the fills",
        "our own import beside the late bot's row",
        "a copy of the bot's row",
        "a copy before the bot's row",
        "two rows of the bot's",
        "imports without an id",
        "an import that says another quantity",
        "one id for buying and selling",
        "a canceled order",
        "a canceled order, told by its flag alone",
        "the bot's own row at 0",
        "a row of ours at 0",
        "no price at all",
        "an expiry",
        "an event by its id",
    ],
)
def test_only_what_can_be_no_trade_is_taken_out(rows: list[tuple[bytes, ...]], gone: set[int]) -> None:
    """A row of the bot's is never taken out, nor one that may be a real trade."""
    found = repaired(history=HEAD + b"".join(ROW % row for row in rows))

    assert {fix.line for made in found.values() for fix in made.fixes} == gone


@pytest.mark.parametrize(
    ("data", "remains"),
    [
        (b"symbol,quantity\nSPY250822C00635000,x\n", 'positions.csv:2, column quantity: "x" is not a number'),
        (b"symbol,quantity\nSPY250822C00635000,1,2\n", "positions.csv:2: 3 fields"),
        (b"symbol,quantity\n" + b"SPY250822C00635000,1\n" * 2, "positions.csv:3: an open row of"),
        (b'symbol,quantity\n"SPY\nQQQ,1\nIWM,1\n', "positions.csv:2: field 1 opens a quote"),
        (b"symbol,quantity\nSPY250822C00635000,\0 1\n", "positions.csv:2: a NUL byte"),
        (b"symbol,price\n", "positions.csv:1: no column quantity"),
        (b"\0\0\0\0", "positions.csv:1: a NUL byte"),
        (b"symbol,quantity\nticker,side,qty\nSPY,2\n", "positions.csv:2: 3 fields"),
    ],
)
def test_what_would_be_a_guess_is_refused(data: bytes, remains: str) -> None:
    """Where the file could still not be read the error that remains is raised, and nothing is proposed."""
    with pytest.raises(BookError) as caught:
        repaired(positions=data)

    assert caught.value.detail.startswith(remains)


def test_rows_under_another_header_move_under_the_first() -> None:
    """A header that stands in the middle says what the rows below it mean; nothing of them is lost."""
    data = b"symbol,quantity\r\nQQQ,1\r\n,,\r\nside,qty,ticker\r\nshort,2,SPY\r\nlong,3,IWM\r\n"

    made = repaired(positions=data)["positions"]

    assert made.after == b"symbol,quantity,side\r\nQQQ,1,\r\n,,\r\nSPY,2,short\r\nIWM,3,long\r\n"


def test_a_row_that_nothing_explains_is_not_padded_into_one() -> None:
    """Columns that another row needs are no reason to fill up a row of which nobody knows what it says."""
    head = ",".join(SYNCED).encode() + b"\n"
    wide = b"2025-08-20T09:31:00-04:00,SPY,BUY,0.83,634.1,635.0,2.45,1,245.0,x,FILLED,2.40,,,\n"
    odd = b"2025-08-20,SPY,a,b\n"

    with pytest.raises(BookError) as caught:
        repaired(history=head + wide + odd)

    assert caught.value.detail.startswith("history.csv:3: 4 fields")


@pytest.mark.parametrize(
    "text",
    [
        '{"balance": 95',
        '{"balance": 95000,\n',
        '{"balance": 95000, "peak":\n',
        '{"trades": [{"a": 1}\n',
        '{"balance": 95000\n  , "peak": 1\n',
        '{"balance": 95000',
        '{"note": "a\n',
        '["balance"\n',
        '{"balance": 95000}\n}',
        '{"balance": 1, "balance": 2\n',
    ],
)
def test_a_bankroll_file_that_may_go_on_is_refused(text: str) -> None:
    """A number may be cut, another member may follow: then no brace is added."""
    with pytest.raises(BookError):
        repaired(bankroll=text.encode())


def test_an_unreadable_file_keeps_the_others_from_being_repaired() -> None:
    """A book is repaired as a whole, or not at all."""
    history = (DAMAGED / "canceled-at-0.history.csv").read_bytes()

    with pytest.raises(BookError, match="bankroll"):
        repaired(history=history, bankroll=b'{"balance": 9')


@laws
@given(file=st.one_of(positions_files(), history_files()))
def test_a_sound_file_is_never_repaired(file: Made) -> None:
    """Whatever can be read, in whatever dialect, stays as it is."""
    role = "history" if "timestamp" in file.head and "entry_price" not in file.head else "positions"

    assert not any(made.fixes for made in repaired(**{role: file.data}).values())


@laws
@given(data=st.data(), file=positions_files(), count=st.integers(1, 3))
def test_rows_of_the_older_header_are_recognised_anywhere(
    data: st.DataObject, file: Made, count: int
) -> None:
    """Put among any rows, in any dialect, they become the holdings that they stand for."""
    lines = list(file.lines)
    for n in range(count):
        row = f"2025-08-20T11:0{n}:07,IWM,2025-08-22,221.0,PUT,{n + 1},1.1{n}"
        lines.insert(data.draw(st.integers(1, len(lines))), row)
    broken = file.dialect.file(lines)
    assume(len(file.head) != len(LEGACY))  # of the same width, shuffled columns may happen to make sense

    made = repaired(positions=broken)["positions"]

    before = Shelf(positions=file.data).held()
    assert Shelf(positions=made.after).held() == before | {IWM: count * (count + 1) / 2}
    for line in file.lines:
        assert line in made.after.decode()


def test_a_diagnosis_counts_what_can_be_read(tmp_path: Path) -> None:
    """Of each file: whether it is sound, where it breaks, and how many rows or keys are left."""
    files = on_disk(
        tmp_path,
        bankroll=b'{"balance": 1, "trades": [1, {"a": 2}], "note": "x", "peak": 95',
        positions=b"symbol,quantity\nSPY250822C00635000,1\nQQQ250822P00480000,x\nAndr\xe9,1\nIWM,2\n",
        history=HEAD + ROW % (b"BUY", b"1", b"2.40", b"a", b"bot", b"") + b'x,"',
    )

    found = {each.role: each for each in diagnose(files)}

    assert [(each.health, each.readable, each.unreadable) for each in found.values()] == [
        ("damaged", 3, 0),
        ("damaged", 2, 2),
        ("damaged", 1, 0),
    ]
    assert found["positions"].error
    assert found["positions"].error.detail == "positions.csv:4: the byte 0xe9 at offset 62 is not UTF-8"
    assert [each.detail[:31] for each in found["positions"].wrong] == ["positions.csv:3, column quantit"]
    assert found["history"].mended
    assert found["history"].remains is None


def test_a_diagnosis_of_a_sound_book_is_sound(tmp_path: Path) -> None:
    """Files that can be read are sound, a missing one is absent, and nothing is proposed."""
    files = on_disk(
        tmp_path, bankroll=b'{"balance": 1}', positions=b"symbol,quantity\nSPY250822C00635000,1\n"
    )
    read(files)

    assert [(each.health, each.readable, each.mended) for each in diagnose(files)] == [
        ("sound", 1, None),
        ("sound", 1, None),
        ("absent", 0, None),
    ]


def test_a_diagnosis_never_takes_a_broken_file_for_empty(tmp_path: Path) -> None:
    """A folder in a file's place, and a file without content, are damage."""
    files = on_disk(tmp_path, bankroll=b"", history=b"\0\0")
    files.positions.mkdir()

    assert [(each.health, each.readable) for each in diagnose(files)] == [("damaged", 0)] * 3


def test_their_own_names_are_kept() -> None:
    """A mapped column is found by its meaning when a row is moved."""
    files = msgspec.structs.replace(FILES, positions_columns={"Kurs": "entry_price", "Zahl": "contracts"})
    head = b"symbol,strike,option_type,expiry,Zahl,Kurs,entry_time,note\n"
    data = head + b"2025-08-20T11:02:07,IWM,2025-08-22,221.0,PUT,3,1.12\n"

    (made,) = repair({"bankroll": None, "positions": data, "history": None}, files)

    assert made.after.splitlines()[1] == b"IWM,221.0,PUT,2025-08-22,3,1.12,2025-08-20T11:02:07,"


@st.composite
def spoilt(draw: st.DrawFn, data: bytes) -> bytes:
    """Some bytes lost, doubled or put in, as crashes, merges and editors do it."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        new = draw(
            st.sampled_from(
                [b"", b",", b'"', b"\n", b"\r", b"\0", b"\xff", b"9", b"nan", b",,", data[start:end] * 2]
            )
        )
        data = data[:start] + new + data[end:]
    return data


@laws
@given(data=st.data(), file=st.one_of(positions_files(), history_files(), bankroll_files()))
def test_whatever_is_broken_becomes_readable_or_is_refused(data: st.DataObject, file: Made | bytes) -> None:
    """No bytes at all are a bug: they read, or are one clear error; and what is proposed for them reads."""
    role: Role = "bankroll"
    if isinstance(file, Made):
        role = "history" if "timestamp" in file.head and "entry_price" not in file.head else "positions"
    before = data.draw(spoilt(file if isinstance(file, bytes) else file.data))

    with contextlib.suppress(BookError):
        Shelf(**{role: before}).read()  # type: ignore[arg-type]
    made = outcome(role, before)

    if isinstance(made, BookError):
        assert made.detail.startswith(f"{FILES.path(role).name}:")
        assert made.hint
    elif made:
        Shelf(**{role: made.after}).read()  # type: ignore[arg-type]
        assert made.fixes or made.after == before


def outcome(role: Role, before: bytes) -> Repaired | BookError | None:
    """What is proposed for a file, or why it is not."""
    try:
        return repaired(**{role: before}).get(role)
    except BookError as error:
        return error


def test_a_diagnosis_of_anything_is_no_bug(tmp_path: Path) -> None:
    """Every damaged file, cut anywhere, is described."""
    for path in sorted(DAMAGED.glob("*.*.*")):
        whole = path.read_bytes()
        for cut in range(0, len(whole), 1 + len(whole) // 23):
            files = on_disk(tmp_path, **{role_of(path.name): whole[:cut]})
            assert all(each.error or each.health != "damaged" or each.mended for each in diagnose(files))
