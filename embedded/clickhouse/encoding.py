"""Content-Encoding both ways, in pieces of bounded size: a small body may hold a huge one.

Sources: RFC 9110, 8.4; RFC 1952 (gzip), RFC 8878 (zstd), the LZ4 frame format.
"""

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

import lz4.frame

from embedded.clickhouse.refusal import Code, Refusal

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PIECE = 1 << 20
"""Bytes that leave a decompressor at once."""
WINDOW_LOG = 23
"""Largest zstd window: 8 MiB, what level 19 uses."""


class _Decompressor(Protocol):
    """As bz2.BZ2Decompressor of the standard library."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """zlib's decompressor, told apart from its siblings by how it holds input back."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        out = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self.needs_input = not self._zlib.unconsumed_tail and len(out) < max_length
        return out


def _zstd() -> _Decompressor:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: WINDOW_LOG})


_DECOMPRESSORS: Mapping[str, Callable[[], _Decompressor]] = {
    "lz4": lz4.frame.LZ4FrameDecompressor,
    "zstd": _zstd,
    "gzip": _Gzip,
}
ENCODINGS = tuple(_DECOMPRESSORS)


class Inflater:
    """Decompresses a body that arrives in chunks; it may be several frames in a row."""

    def __init__(self, encoding: str) -> None:
        if encoding not in (*_DECOMPRESSORS, "", "identity"):
            raise Refusal(
                Code.BAD_ARGUMENTS,
                f"Unknown Content-Encoding {encoding[:20]!r}: use {', '.join(ENCODINGS)} or none.",
            )
        self._fresh = _DECOMPRESSORS.get(encoding)
        self._frame: _Decompressor | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What the chunk holds, at most ``PIECE`` bytes at a time.

        Raises:
            Refusal: it is not in that encoding.
        """
        if self._fresh is None:
            yield data
            return
        holding = False
        while data or holding:
            frame = self._frame or self._fresh()
            try:
                piece = frame.decompress(data, PIECE)
            except (zlib.error, zstd.ZstdError, RuntimeError, EOFError) as e:
                raise Refusal(Code.CANNOT_DECOMPRESS, f"Cannot decompress the body: {e}.") from e
            if piece:
                yield piece
            data = frame.unused_data if frame.eof else b""
            self._frame = None if frame.eof else frame
            holding = not frame.eof and not frame.needs_input

    def end(self) -> None:
        """Raise a Refusal when the body stopped within a frame."""
        if self._frame is not None:
            raise Refusal(
                Code.CANNOT_DECOMPRESS, "Cannot decompress the body: it ends within a frame."
            )


def accepted(header: str) -> str:
    """The first encoding of an Accept-Encoding header that we write; empty for none."""
    for item in header.lower().split(","):
        name, _, weight = item.strip().partition(";")
        if name.strip() in ENCODINGS and weight.replace(" ", "") not in ("q=0", "q=0.0"):
            return name.strip()
    return ""


def deflated(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The chunks as one frame of that encoding; empty leaves them as they are."""
    head, compress, flush = _compressor(encoding)
    if head:
        yield head
    for chunk in chunks:
        if out := compress(chunk):
            yield out
    if out := flush():
        yield out


def _compressor(
    encoding: str,
) -> tuple[bytes, Callable[[bytes], bytes], Callable[[], bytes]]:
    if encoding == "lz4":
        frame = lz4.frame.LZ4FrameCompressor()
        return frame.begin(), frame.compress, frame.flush
    if encoding == "zstd":
        zstandard = zstd.ZstdCompressor(level=1)
        return b"", zstandard.compress, zstandard.flush
    if encoding == "gzip":
        gzip = zlib.compressobj(level=1, wbits=31)
        return b"", gzip.compress, gzip.flush
    return b"", lambda chunk: chunk, lambda: b""
