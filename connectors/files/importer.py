"""One file into Kafka: each row once, in order, and a report of what became of it."""

import hashlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from connectors.files.appender import Sent
from connectors.files.journal import Journal
from connectors.files.pieces import Piece, cutter
from connectors.files.report import Report
from streams.errors import Skip
from streams.inventory import Source
from streams.uplinks import Event, Network, frame_id

UNDER_WAY = 32
"""Pieces that Kafka may owe an answer for; with their size this bounds the memory."""
_NAME_MAX = 200


@dataclass(frozen=True)
class Kafka:
    """``encode(record)`` to bytes; ``send(key, value, milliseconds)``; ``wait(sent)`` raises Retry
    where there is no acknowledgement."""

    encode: Callable[[Mapping[str, Any]], bytes]
    send: Callable[[bytes, bytes, int], Sent]
    wait: Callable[[Sent], None]


@dataclass(frozen=True)
class Importer:
    """``fit(event, source, arrival)`` raises Skip where decode would; ``clock()`` in UTC
    microseconds; ``body_max`` in bytes. Without ``kafka`` nothing is sent; ``again``
    sends also what Kafka has."""

    networks: Mapping[str, Network]
    fit: Callable[[Event, Source, int], None]
    journal: Journal
    kafka: Kafka | None
    clock: Callable[[], int]
    new_id: Callable[[], str]
    body_max: int
    again: bool = False

    def take(self, file: BinaryIO, name: str, source: Source) -> tuple[Report, bytes]:
        """Import a file; the report and the digest under which the journal knows it.

        Where an import of the same file stopped, this one goes on, with its report, until
        ``journal.finished(digest)`` says that the report was handed on.

        Raises:
            Retry: Kafka does not acknowledge; what it has acknowledged is noted.
        """
        plain = name.encode("utf-8", "replace").decode()[:_NAME_MAX]
        run = _Run(self, plain, source, _digest(file, source))
        try:
            run.read(file)
        except Skip as why:
            run.settle(0)
            run.report.end(why)
        return run.report, run.digest


@dataclass
class _Judged:
    """A piece, its rows by what becomes of them, and what Kafka owes."""

    piece: Piece
    kept: Sequence[tuple[int, bytes]]
    duplicate: int
    refused: Sequence[tuple[int, Skip]]
    sent: Sent | None = None


@dataclass
class _Run:
    """The import of one file; ``owed`` are the pieces under way, ``frames`` those of them."""

    by: Importer
    name: str
    source: Source
    digest: bytes
    owed: deque[_Judged] = field(default_factory=deque)
    frames: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.start, self.report = self.by.journal.begun(self.digest, self.name, self.source.id)

    def read(self, file: BinaryIO) -> None:
        """Every piece from where the last import stopped."""
        network = self.by.networks.get(self.source.network)
        if network is None:
            raise Skip("unknown_network", f"no network server format {self.source.network!r}")
        file.seek(0)
        for piece in cutter(self.name, network, self.source, self.by.body_max)(file, self.start):
            judged = self._judged(piece)
            if judged.kept and self.by.kafka:
                judged.sent = self._send(judged, self.by.kafka)
            self.owed.append(judged)
            self.settle(UNDER_WAY)
        self.settle(0)
        if not self.report.rows:
            raise Skip("empty", "there is no row in the file")

    def settle(self, most: int) -> None:
        """Wait until at most so many pieces are under way, and note the others."""
        while len(self.owed) > most:
            judged = self.owed.popleft()
            if judged.sent and self.by.kafka:
                self.by.kafka.wait(judged.sent)
            self._count(judged)
            frames = [frame for _, frame in judged.kept]
            self.frames.difference_update(frames)
            self.by.journal.acknowledged(self.digest, judged.piece.then, self.report, frames)

    def _count(self, judged: _Judged) -> None:
        self.report.rows += len(judged.piece.rows)
        self.report.kept += len(judged.kept)
        self.report.duplicate += judged.duplicate
        for line, why in judged.refused:
            self.report.refuse(line, why)

    def _judged(self, piece: Piece) -> _Judged:
        """Of several rows that are the same the first is kept."""
        arrival = self.by.clock()
        told = [(row.line, self._fit(row.said, arrival)) for row in piece.rows]
        frames = [
            (line, frame_id(self.source.network, said.dedup))
            for line, said in told
            if isinstance(said, Event)
        ]
        refused = [(line, said) for line, said in told if isinstance(said, Skip)]
        known = set() if self.by.again else self.by.journal.known([frame for _, frame in frames])
        kept: list[tuple[int, bytes]] = []
        for line, frame in frames:
            if frame not in known and frame not in self.frames:
                kept.append((line, frame))
                self.frames.add(frame)
        return _Judged(piece, kept, len(frames) - len(kept), refused)

    def _fit(self, said: Event | Skip, arrival: int) -> Event | Skip:
        if isinstance(said, Event):
            try:
                self.by.fit(said, self.source, arrival)
            except Skip as why:
                return why
        return said

    def _send(self, judged: _Judged, kafka: Kafka) -> Sent:
        """To the partition of the device, where all rows are of one."""
        lines = {line for line, _ in judged.kept}
        devices = {
            row.said.device
            for row in judged.piece.rows
            if isinstance(row.said, Event) and row.line in lines
        }
        arrival = self.by.clock()
        record = {
            "request_id": self.by.new_id(),
            "source": self.source.id,
            "network": self.source.network,
            "arrival": arrival,
            "headers": {},
            "query": {"file": self.name, "line": str(min(lines))},
            "body": judged.piece.body(lines),
        }
        key = (devices.pop() if len(devices) == 1 else self.source.id).encode()
        return kafka.send(key, kafka.encode(record), arrival // 1000)


def _digest(file: BinaryIO, source: Source) -> bytes:
    """Of what is read and of how it is read."""
    file.seek(0)
    digest = hashlib.sha256(source.model_dump_json().encode())
    while some := file.read(1 << 20):
        digest.update(some)
    return digest.digest()
