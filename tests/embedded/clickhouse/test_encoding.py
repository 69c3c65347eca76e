"""Compressed bodies: any cut, several frames, never more memory than a piece."""

import asyncio
import gzip
import io
from itertools import pairwise

import lz4.frame
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

import embedded.clickhouse.request
from embedded.clickhouse.encoding import ENCODINGS, PIECE, Inflater, accepted, deflated
from embedded.clickhouse.refusal import Code, Refusal
from embedded.clickhouse.request import receive

COMPRESS = {"gzip": gzip.compress, "lz4": lz4.frame.compress, "zstd": zstd.compress}


def inflated(encoding: str, *chunks: bytes) -> bytes:
    inflater = Inflater(encoding)
    out = b"".join(piece for chunk in chunks for piece in inflater.feed(chunk))
    inflater.end()
    return out


@given(
    st.sampled_from(("", *ENCODINGS)),
    st.lists(st.binary(max_size=300), max_size=4),
    st.lists(st.integers(0, 400), max_size=5),
)
def test_frames_in_a_row_cut_anywhere(encoding: str, frames: list[bytes], cuts: list[int]) -> None:
    body = b"".join(COMPRESS[encoding](frame) if encoding else frame for frame in frames)
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    chunks = [body[start:end] for start, end in pairwise(edges)]
    assert inflated(encoding, *chunks) == b"".join(frames)


@given(st.sampled_from(("", *ENCODINGS)), st.lists(st.binary(max_size=300)))
def test_what_goes_out_comes_back(encoding: str, chunks: list[bytes]) -> None:
    assert inflated(encoding, *deflated(chunks, encoding)) == b"".join(chunks)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("size", [PIECE - 1, PIECE, 3 * PIECE, 20 * PIECE + 7])
def test_a_bomb_leaves_in_small_pieces(encoding: str, size: int) -> None:
    pieces = [len(p) for p in Inflater(encoding).feed(COMPRESS[encoding](bytes(size)))]
    assert sum(pieces) == size
    assert max(pieces) <= PIECE


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_cap_holds_after_decompression(encoding: str) -> None:
    bomb = COMPRESS[encoding](bytes(64 * PIECE))
    body = io.BytesIO()
    refused = _received(bomb, encoding, body, most=2 * PIECE)
    assert (refused.code, refused.status) == (Code.TOO_MANY_BYTES, 413)
    assert body.tell() <= 2 * PIECE


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_is_not_whole_is_refused(encoding: str) -> None:
    whole = COMPRESS[encoding](b"some data, not all of which arrives")
    for broken in (whole[: len(whole) // 2], b"not compressed at all, in no way"):
        assert _received(broken, encoding, io.BytesIO(), most=PIECE).code == Code.CANNOT_DECOMPRESS


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(Refusal, match="lz4, zstd, gzip"):
        Inflater("br")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("lz4,zstd,br,gzip,deflate", "lz4"),
        ("br, ZSTD;q=0.5", "zstd"),
        ("gzip;q=0, lz4", "lz4"),
        ("identity", ""),
        ("", ""),
    ],
)
def test_the_first_encoding_that_both_know(header: str, expected: str) -> None:
    assert accepted(header) == expected


def test_a_body_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded.clickhouse.request, "BODY_TIME", 0.05)

    async def trickle() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"-", "more_body": True}

    request = Request({"type": "http", "method": "POST", "headers": []}, trickle)
    with pytest.raises(Refusal) as refused:
        asyncio.run(receive(request, io.BytesIO(), most=PIECE))
    assert refused.value.status == 408


def _received(content: bytes, encoding: str, body: io.BytesIO, most: int) -> Refusal:
    async def message() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    headers = [(b"content-encoding", encoding.encode())]
    request = Request({"type": "http", "method": "POST", "headers": headers}, message)
    with pytest.raises(Refusal) as refused:
        asyncio.run(receive(request, body, most))
    return refused.value
