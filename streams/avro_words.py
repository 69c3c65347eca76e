"""Bytes of many messages at once, from words of up to eight bytes.

A message is a row of parts. Each part is written for all rows in one step: eight bytes go to
where the part begins, and those that do not count are written over by the part after it. Behind
every row lie eight bytes that nobody reads, so that no row reaches into the next.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.intp]
Octets = NDArray[np.uint8]
U64 = NDArray[np.uint64]

WIDTH = 8
_SHORT = 64
"""Bytes up to which blobs are written as words; each longer one is copied by itself."""

_HALVES = np.array(
    [
        (0x000000000FFFFFFF, 0x00FFFFFFF0000000, 4),
        (0x00003FFF00003FFF, 0x0FFFC0000FFFC000, 2),
        (0x007F007F007F007F, 0x3F803F803F803F80, 1),
    ],
    np.uint64,
)
_LIMITS = np.array([1 << 7 * n for n in range(1, 10)], np.uint64)
_MORE = 0x8080808080808080
_GOES_ON = np.array([0] + [_MORE & ((1 << 8 * n) - 1) for n in range(9)] + [_MORE], np.uint64)
"""By the length of a varint the bits, in its first eight bytes, that say that more follow."""


@dataclass(frozen=True, slots=True)
class Words:
    """Bytes of each row, the lowest first; of ``words`` (shape rows) the first ``lengths``."""

    words: U64 | np.uint64
    lengths: Index | int


@dataclass(frozen=True, slots=True)
class Blobs:
    """Bytes of each row out of one ``buffer``: ``lengths`` of them from ``first`` (shape rows)."""

    buffer: bytes
    first: Index
    lengths: Index

    def words(self) -> Iterator[Words]:
        """The same, eight bytes at a time."""
        padded = self.buffer + bytes(WIDTH)
        view, end = _overlapping(np.frombuffer(padded, np.uint8)), len(self.buffer)
        for k in range(0, int(self.lengths.max()), WIDTH):
            left = np.minimum(np.maximum(self.lengths - k, 0), WIDTH)
            yield Words(view[np.minimum(self.first + k, end)], left)


Plain = bytes | Words
Part = Plain | Blobs
"""What a field says in each row; bytes are the same in all of them."""


def messages(size: int, parts: Iterable[Part]) -> list[bytes]:
    """The bytes of one or more rows, of each row its parts in order."""
    flat = list(_flat(parts))
    lengths = np.full(size, WIDTH, np.intp)
    for part in flat:
        lengths += part.lengths
    ends = np.cumsum(lengths)
    out = np.empty(int(ends[-1]), np.uint8)
    starts = ends - lengths
    at, view = starts.copy(), _overlapping(out)
    for part in flat:
        if isinstance(part, Blobs):
            _copy(out.data, at, part)
        else:
            view[at] = part.words
        at += part.lengths
    raw = out.tobytes()
    return [raw[a:b] for a, b in zip(starts.tolist(), at.tolist(), strict=True)]


def _flat(parts: Iterable[Part]) -> Iterator[Words | Blobs]:
    """Neighbours that are the same in all rows together, and blobs that are short in words."""
    fixed = b""
    for part in parts:
        if isinstance(part, bytes):
            fixed += part
            continue
        yield from _constant(fixed)
        fixed = b""
        if isinstance(part, Blobs) and part.lengths.max() <= _SHORT:
            yield from part.words()
        else:
            yield part
    yield from _constant(fixed)


def _constant(fixed: bytes) -> Iterator[Words]:
    for k in range(0, len(fixed), WIDTH):
        chunk = fixed[k : k + WIDTH]
        yield Words(np.uint64(int.from_bytes(chunk, "little")), len(chunk))


def _overlapping(octets: Octets) -> U64:
    """The eight bytes from each place on, as a number (shape n - 7)."""
    return np.ndarray((len(octets) - WIDTH + 1,), "<u8", octets.data, strides=(1,))


def _copy(out: memoryview, at: Index, part: Blobs) -> None:
    rows = zip(at.tolist(), part.first.tolist(), part.lengths.tolist(), strict=True)
    for to, first, length in rows:
        out[to : to + length] = part.buffer[first : first + length]


def where(present: NDArray[np.bool_], part: Plain) -> Iterator[Words]:
    """A part that has no bytes where it is not ``present`` (shape rows)."""
    for words in _constant(part) if isinstance(part, bytes) else (part,):
        yield Words(words.words, present * words.lengths)


def picked(blobs: Sequence[bytes], index: Index) -> Part:
    """Of each row the blob of its number (shape rows)."""
    return blobs[0] if len(blobs) == 1 and not index.any() else _picked(blobs, index)


def texts(blobs: Sequence[bytes], index: Index) -> list[Part]:
    """Of each row the blob of its number (shape rows), and its length before it."""
    found = _picked(blobs, index)
    return [*varints(found.lengths), found]


def _picked(blobs: Sequence[bytes], index: Index) -> Blobs:
    lengths = np.fromiter(map(len, blobs), np.intp, len(blobs))
    first = np.cumsum(lengths) - lengths
    return Blobs(b"".join(blobs), first[index], lengths[index])


def varints(numbers: NDArray[np.int64]) -> list[Plain]:
    """Zigzag of variable length (Apache Avro 1.12, "Binary encoding"), of each row its number."""
    zigzag = ((numbers << 1) ^ (numbers >> 63)).view(np.uint64)
    low, high = int(zigzag.min()), int(zigzag.max())
    if low == high:
        return [_varint(low)]
    least, most = _length(low), _length(high)
    if most == 1:
        return [Words(zigzag, 1)]
    lengths: Index | int = most
    if least < most:
        lengths = np.full(len(zigzag), least, np.intp)
        for limit in _LIMITS[least - 1 : most - 1]:
            lengths += zigzag >= limit
    words = _spread(zigzag) | _GOES_ON[lengths]
    if most <= WIDTH:
        return [Words(words, lengths)]
    return [Words(words, np.minimum(lengths, WIDTH)), _ninth(zigzag, lengths)]


def _spread(words: U64) -> U64:
    """Seven bits to each byte, of the lowest 56: halves, quarters, eighths move apart."""
    for lower, upper, shift in _HALVES:
        words = words & lower | (words & upper) << shift
    return words


def _ninth(zigzag: U64, lengths: Index | int) -> Words:
    """The one or two bytes behind the first eight: seven bits, then one."""
    high = zigzag >> np.uint64(56)
    words = high | (high & np.uint64(0x80)) << np.uint64(1)
    return Words(words, np.maximum(lengths - WIDTH, 0))


def _length(zigzag: int) -> int:
    return max(-(-zigzag.bit_length() // 7), 1)


def _varint(zigzag: int) -> bytes:
    last = _length(zigzag) - 1
    return bytes((zigzag >> 7 * n) & 0x7F | (0x80 if n < last else 0) for n in range(last + 1))
