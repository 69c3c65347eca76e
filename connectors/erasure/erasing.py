"""The steps of an erasure. Each is safe to repeat: who was killed runs it again.

First it is declared, so that nothing comes back; then the workers and the sink pass what was
under way; then the topics that keep records as they came are written without what is erased, the
heads of those that only transport are removed, compacted topics are cleaned, and the store
deletes its rows. A last look counts what is left.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer

from connectors.erasure import compaction, stored
from connectors.erasure.concern import Erased
from connectors.erasure.passage import Workers, committed, passed
from connectors.erasure.places import places
from connectors.erasure.reading import Reader
from connectors.erasure.receipt import Findings
from connectors.erasure.rewriting import Fate, delete_until, rewrite
from connectors.store.rows import TOPICS as STORED
from streams import dead_letters, topics
from streams.chunks import chunk_within
from streams.errors import Retry
from streams.handler import Record
from streams.kafka import high_watermarks, producer_options
from streams.memory import forgotten, memory_within
from streams.resolutions import resolution
from streams.settings import Settings
from streams.topics import Topic

WITHIN = 600.0
"""Seconds that the workers, the sink and the cleaner of Kafka may take, each."""

SETTLE = 3.0
"""Seconds until every worker has read a declaration that is acknowledged."""

VERBATIM = (topics.READINGS, topics.UPLINKS, topics.EVENTS, topics.DEAD_LETTERS)
"""What keeps records for long. Readings come first: they show which requests held a value whose
own time is erased."""

TRANSPORT = (topics.OBSERVATIONS, topics.WINDOWS, topics.CONDITIONS)
COMPACTED = (topics.PENDING, topics.ALERTS)


@dataclass
class Erasing:
    """One erasure on its way; ``said(step)`` tells how far it is."""

    reader: Reader
    erased: Erased
    store: Client
    said: Callable[[str], None]
    found: Findings = field(default_factory=Findings)
    _shared: set[tuple[int, int]] = field(default_factory=set)
    _wider: set[tuple[int, int]] = field(default_factory=set)
    _others: set[str] = field(default_factory=set)
    _letters: set[tuple[str, int, int]] = field(default_factory=set)

    @property
    def settings(self) -> Settings:
        """Of this vigie."""
        return self.reader.settings

    def name(self, topic: Topic) -> str:
        """The full name of a topic."""
        return topic.name(self.settings.topic_prefix)

    def run(self) -> Findings:
        """All steps after the declaration.

        Raises:
            Retry: a server does not answer, or somebody has not passed in time; run it again.
            Stop: there is a place from which nothing can be erased now.
        """
        self.found.files = places(self.settings.home)
        time.sleep(SETTLE)
        with Workers(self.settings) as workers:
            self.said("waiting for the workers and the sink")
            ends = self._pass(workers)
            for topic in VERBATIM:
                self._rewrite(topic, ends[topic])
            for topic in TRANSPORT:
                self._trim(topic, ends.get(topic) or self._ends(topic))
            for topic in COMPACTED:
                with compaction.configured(self.settings, self.name(topic), compaction.DELETABLE):
                    self._rewrite(topic, self._ends(topic))
            self.said("waiting for Kafka to clean the state")
            self.found.superseded = compaction.clean(
                self.reader,
                self.name(topics.STATE),
                self._superseded,
                partial(self._nudge, workers),
                time.monotonic() + WITHIN,
            )
        self.said("erasing rows of the store")
        self._delete()
        self.said("looking for what is left")
        self._look()
        return self.found

    def _pass(self, workers: Workers) -> Mapping[Topic, dict[int, int]]:
        """The ends of the topics before which everything is decoded, judged and stored."""
        until = time.monotonic() + WITHIN
        self._nudge(workers)
        decoded, judged = (partial(workers.positions, name) for name in ("decode", "observe"))
        ends = {}
        ends[topics.UPLINKS] = passed(self.reader, topics.UPLINKS, decoded, "decode", until)
        ends[topics.READINGS] = passed(self.reader, topics.READINGS, judged, "observe", until)
        group = f"{self.settings.application}-sink"
        for topic in STORED:
            stored_until = committed(self.settings, group, topic)
            ends[topic] = passed(self.reader, topic, stored_until, "the sink", until)
        return ends

    def _nudge(self, workers: Workers) -> None:
        """A tick on every partition that does not move its time, so that workers look up."""
        producer = Producer(producer_options(self.settings))
        for partition, clock in workers.clocks("decode").items():
            tick = self.erased.wire.encode("Tick", {"at": clock})
            name = self.name(topics.UPLINKS)
            producer.produce(name, tick, partition=partition, timestamp=clock // 1000)
        if producer.flush(self.settings.produce_timeout):
            raise Retry("Kafka did not acknowledge in time: run it again")

    def _ends(self, topic: Topic) -> dict[int, int]:
        return high_watermarks(self.settings, self.name(topic))

    def _rewrite(self, topic: Topic, ends: Mapping[int, int]) -> None:
        name = self.name(topic)
        self.said(f"rewriting {name}")
        done = self.found.topics.setdefault(name, [])
        for partition, end in sorted(ends.items()):
            fate = self._fate
            if topic is topics.DEAD_LETTERS:
                every = self.reader.records(name, partition, end)
                resolved = {r.place for of in every if (r := resolution(of.headers))}
                fate = partial(self._letter, resolved)
            done.append(rewrite(self.reader, name, partition, end, fate))
        self.found.others = len(self._others)
        self.found.shared = len(self._shared)
        self.found.wider = len(self._wider)

    def _fate(self, record: Record) -> Fate:
        concern = self.erased(record)
        if concern and concern.others:
            self._shared.add((record.partition, record.offset))
            self._others.update(concern.others)
        if concern and concern.wider:
            self._wider.add((record.partition, record.offset))
        # Only a tick has no key, and an old one tells nobody anything.
        return Fate(gone=concern is not None, moved=record.key is not None)

    def _letter(self, resolved: set[str], record: Record) -> Fate:
        """A letter that is resolved has had its time; its mark names a place that goes."""
        if concern := self.erased(record):
            self._letters.add(_read_at(record))
        over = resolution(record.headers) or f"{record.partition}/{record.offset}" in resolved
        return Fate(gone=concern is not None, moved=not over)

    def _trim(self, topic: Topic, ends: Mapping[int, int]) -> None:
        """Remove the head of what everybody has stored, up to the last record that is erased."""
        name, last = self.name(topic), {}
        for partition, end in ends.items():
            for record in self.reader.records(name, partition, end):
                if self.erased(record):
                    last[partition] = record.offset + 1
        delete_until(self.settings, name, last)
        self.found.trimmed[name] = last

    def _superseded(self, record: Record) -> bool:
        key, value = record.key or b"", record.value
        return any(
            chunk_within(key, value, device, spans)
            or memory_within(key, value, device, spans)
            or forgotten(key, value, device, spans)
            for device, spans in self.erased.spans.items()
        )

    def _delete(self) -> None:
        for device, spans in self.erased.spans.items():
            for span in spans:
                for table, rows in stored.erase_rows(self.store, device, span).items():
                    self.found.store[table] = self.found.store.get(table, 0) + rows
        letters = stored.erase_letters(self.store, self._letters)
        self.found.store["dead_letters"] = self.found.store.get("dead_letters", 0) + letters

    def _look(self) -> None:
        for topic in (*VERBATIM, *TRANSPORT, *COMPACTED):
            name = self.name(topic)
            self.found.left[name] = sum(
                self.erased(record) is not None
                for partition, end in self._ends(topic).items()
                for record in self.reader.records(name, partition, end)
            )


def _read_at(letter: Record) -> tuple[str, int, int]:
    """Where the message of a letter was read: how the store knows it."""
    why = dead_letters.said(letter.headers)
    place = (why.get("partition", ""), why.get("offset", ""))
    partition, offset = (int(n) if n.isascii() and n.isdigit() else 0 for n in place)
    return why.get("topic", ""), partition, offset
