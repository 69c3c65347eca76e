"""Frames: all that were written whole are read, whatever befell the others."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.webhook.frames import MARKER, Damaged, Spooled, framed, read

MARK = b"\x00marker\xff"
RECORDS = st.lists(
    st.builds(
        Spooled,
        st.binary(max_size=20),
        st.one_of(st.binary(max_size=60), st.just(MARK), st.just(b"a" + MARK + b"\0" * 9)),
        st.integers(-(1 << 62), 1 << 62),
    ),
    min_size=1,
    max_size=6,
)


def written(records: list[Spooled]) -> list[bytes]:
    return [framed(MARK, record) for record in records]


@given(RECORDS)
def test_what_was_written_is_read(records: list[Spooled]) -> None:
    assert len(MARK) == MARKER
    assert list(read(b"".join(written(records)), MARK)) == records


@given(RECORDS, st.data())
def test_a_tail_that_is_torn_costs_the_last_record_only(
    records: list[Spooled], data: st.DataObject
) -> None:
    frames = written(records)
    left = data.draw(st.integers(0, len(frames[-1]) - 1))
    segment = b"".join(frames[:-1]) + frames[-1][:left]
    *whole, tail = [*read(segment, MARK), *([] if left else [Damaged(b"")])]
    assert whole == records[:-1]
    assert tail == Damaged(frames[-1][:left])


@given(RECORDS, st.data())
def test_a_flipped_bit_costs_its_record_only(records: list[Spooled], data: st.DataObject) -> None:
    frames = written(records)
    struck = data.draw(st.integers(0, len(frames) - 1))
    frame = bytearray(frames[struck])
    frame[data.draw(st.integers(0, len(frame) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    segment = b"".join([*frames[:struck], bytes(frame), *frames[struck + 1 :]])
    found = list(read(segment, MARK))
    assert [f for f in found if isinstance(f, Spooled)] == records[:struck] + records[struck + 1 :]
    assert b"".join(f.content for f in found if isinstance(f, Damaged)) == bytes(frame)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_to_their_end(segment: bytes) -> None:
    found = list(read(segment, MARK))
    assert b"".join(f.content for f in found if isinstance(f, Damaged)) == segment


@given(RECORDS)
def test_a_body_cannot_pose_as_a_frame(records: list[Spooled]) -> None:
    other = b"another!"
    inner = Spooled(b"forged", b"forged", 0)
    smuggled = framed(MARK, Spooled(b"k", framed(other, inner), 0))
    segment = bytearray(b"".join([smuggled, *written(records)]))
    segment[MARKER] ^= 1
    assert [f for f in read(bytes(segment), MARK) if isinstance(f, Spooled)] == records
