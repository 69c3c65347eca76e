"""Lines are bytes, whatever the encoding; a long one costs itself."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.table.lines import LINE_MAX, lines, opening

CODECS = ["utf-8", "latin-1", "utf-16-le", "utf-16-be"]
TEXTS = st.text(
    st.sampled_from("a;,é\n\r\u0a0a\u0a00\u000a\u010a\u0a01") | st.characters(codec="utf-8"),
    max_size=40,
)


@pytest.mark.parametrize("codec", CODECS)
@given(text=TEXTS)
def test_lines_are_those_of_the_text(codec: str, text: str) -> None:
    raw = text.encode(codec, "replace")
    found = list(lines(io.BytesIO(raw), codec))
    assert b"".join(found) == raw
    wanted = raw.decode(codec).split("\n")
    assert [line.decode(codec).removesuffix("\n") for line in found] == [
        *wanted[:-1],
        *([wanted[-1]] if wanted[-1] else []),
    ]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("more", [-2, -1, 0, 1, 2, LINE_MAX, 3 * LINE_MAX])
def test_a_long_line_does_not_cost_its_neighbours(codec: str, more: int) -> None:
    size = len("x".encode(codec))
    long = "x" * ((LINE_MAX + more) // size)
    first, middle, last = lines(io.BytesIO(f"a\n{long}\nb\n".encode(codec)), codec)
    assert first.decode(codec) == "a\n"
    assert middle == f"{long}\n".encode(codec)[:LINE_MAX]
    assert last.decode(codec) == "b\n"


@pytest.mark.parametrize(
    ("encoding", "start", "mark", "codec"),
    [
        ("utf-8", b"\xef\xbb\xbfa", b"\xef\xbb\xbf", "utf-8"),
        ("utf-8", b"a", b"", "utf-8"),
        ("latin-1", b"\xef\xbb\xbfa", b"", "latin-1"),
        ("utf-16", b"\xff\xfea\0", b"\xff\xfe", "utf-16-le"),
        ("utf-16", b"\xfe\xff\0a", b"\xfe\xff", "utf-16-be"),
        ("utf-16", b"a\0", b"", "utf-16-le"),
        ("utf-8", b"", b"", "utf-8"),
    ],
)
def test_a_byte_order_mark_says_how_to_read(
    encoding: str, start: bytes, mark: bytes, codec: str
) -> None:
    file = io.BytesIO(start)
    assert opening(file, encoding) == (mark, codec)
    assert file.tell() == len(mark)
