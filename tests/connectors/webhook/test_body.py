"""Content codings, bounded."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from connectors.webhook.body import decoded

MOST = 1000


@given(st.binary(max_size=MOST))
def test_gzip_is_undone(body: bytes) -> None:
    assert decoded(gzip.compress(body), "gzip", MOST) == body
    assert decoded(body, "", MOST) == body


@given(st.binary(max_size=60))
def test_any_bytes_are_a_body_or_refused(body: bytes) -> None:
    try:
        found = decoded(body, "gzip", MOST)
    except HTTPException as e:
        status = e.status_code
    else:
        status = 400 if gzip.decompress(body) != found else 204
    assert status in (204, 400)


@pytest.mark.parametrize(
    ("body", "coding", "status"),
    [
        (gzip.compress(bytes(MOST + 1)), "gzip", 413),
        (gzip.compress(bytes(50 << 20)), "gzip", 413),
        (gzip.compress(b"x")[:-1], "gzip", 400),
        (gzip.compress(b"x") + b"x", "gzip", 400),
        (zlib.compress(b"x"), "deflate", 415),
        (b"", "gzip, gzip", 415),
        (b"", "br", 415),
        (b"", "zstd", 415),
        (gzip.compress(gzip.compress(bytes(50 << 20))), "gzip", 413),
        (b"\x1f\x8b", "gzip", 400),
    ],
)
def test_refused(body: bytes, coding: str, status: int) -> None:
    with pytest.raises(HTTPException) as refused:
        decoded(body, coding, MOST)
    assert refused.value.status_code == status
