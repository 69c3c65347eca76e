"""A file into Kafka: each row once, whatever stops it in between."""

import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import networks
from connectors.files import importer, pieces
from connectors.files.appender import Sent
from connectors.files.importer import Importer, Kafka
from connectors.files.journal import Journal
from connectors.files.pieces import BYTES_MAX, ROWS_MAX
from connectors.files.report import Report
from streams.discover import discover
from streams.errors import Retry, Skip
from streams.inventory import Source
from streams.uplinks import Event, Network

NETWORKS = discover(networks, Network)
NOW = 1_790_000_000_000_000
TABLE = {"time": "time", "format": "s", "device_column": "device"}
CSV = Source.model_validate({"id": "loggers", "network": "csv", "table": TABLE})
SENML = Source(id="packs", network="senml")
HEAD = b"device,time,level\n"
BODY_MAX = 1 << 20


class Broker:
    """Takes records until ``fails`` are left, and acknowledges when it is asked."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.fails = -1
        self.most_owed = self._owed = 0

    def send(self, _key: bytes, value: bytes, _timestamp: int) -> Sent:
        self._owed += 1
        self.most_owed = max(self.most_owed, self._owed)
        sent = Sent()
        if self.fails:
            self.fails -= 1
            self.taken.append(json.loads(value))
        else:
            sent.error = "gone"
        return sent

    def wait(self, sent: Sent) -> None:
        self._owed -= 1
        if sent.error:
            raise Retry(sent.error)

    def events(self) -> list[Event]:
        """What decode will read of all that was taken."""
        found: list[Event] = []
        for record in self.taken:
            source = CSV if record["source"] == CSV.id else SENML
            read = NETWORKS[record["network"]].reader(source)
            said = read(record["body"].encode("latin-1"), record["query"])
            found += [event for event in said if isinstance(event, Event)]
        return found


def encoded(record: Mapping[str, Any]) -> bytes:
    return json.dumps({**record, "body": record["body"].decode("latin-1")}).encode()


def fit(event: Event, _source: Source, _arrival: int) -> None:
    if event.device == "stranger":
        raise Skip("unknown_device", "stranger is not declared")


Take = Callable[..., Report]


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def take(broker: Broker, tmp_path: Path) -> Take:
    def taking(content: bytes, name: str = "a.csv", source: Source = CSV, **other: Any) -> Report:
        return imported(broker, tmp_path, content, name, source, **other)

    return taking


def imported(
    broker: Broker,
    home: Path,
    content: bytes,
    name: str = "a.csv",
    source: Source = CSV,
    *,
    dry: bool = False,
    again: bool = False,
    finish: bool = True,
) -> Report:
    kafka = None if dry else Kafka(encoded, broker.send, broker.wait)
    with Journal(home, dry) as journal:
        by = Importer(NETWORKS, fit, journal, kafka, lambda: NOW, lambda: "id", BODY_MAX, again)
        report, digest = by.take(io.BytesIO(content), name, source)
        if finish:
            journal.finished(digest)
    return report


def rows(n: int, start: int = 0, device: str = "d") -> bytes:
    return b"".join(b"%s,%d,%d\n" % (device.encode(), 10**9 + i, i) for i in range(start, n))


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.rows, report.kept, report.duplicate, report.refused


def test_every_row_is_kept_verbatim_with_the_line_of_its_names(take: Take, broker: Broker) -> None:
    assert counts(take(HEAD + rows(3))) == (3, 3, 0, 0)
    (record,) = broker.taken
    assert record == {
        "request_id": "id",
        "source": "loggers",
        "network": "csv",
        "arrival": NOW,
        "headers": {},
        "query": {"file": "a.csv", "line": "2"},
        "body": (HEAD + rows(3)).decode(),
    }


def test_what_was_imported_is_not_sent_again(take: Take, broker: Broker) -> None:
    take(HEAD + rows(3))
    assert counts(take(HEAD + rows(3), "b.csv")) == (3, 0, 3, 0)
    assert counts(take(HEAD + rows(5) + rows(1))) == (6, 2, 4, 0)
    assert len(broker.events()) == 5


def test_again_sends_what_kafka_has(take: Take, broker: Broker) -> None:
    take(HEAD + rows(3))
    assert counts(take(HEAD + rows(3), again=True)) == (3, 3, 0, 0)
    assert len({e.dedup for e in broker.events()}) == 3


def test_a_dry_run_sends_nothing_and_remembers_nothing(take: Take, broker: Broker) -> None:
    content = HEAD + rows(3) + rows(1)
    assert counts(take(content, dry=True)) == counts(take(content, dry=True)) == (4, 3, 1, 0)
    assert broker.taken == []
    assert counts(take(content)) == (4, 3, 1, 0)


def test_what_is_left_out_of_a_piece_leaves_the_numbers_of_the_lines(
    take: Take, broker: Broker
) -> None:
    take(HEAD + rows(3, 1))
    report = take(HEAD + rows(1) + b"stranger,5,5\nd,x,1\n\n" + rows(5))
    assert counts(report) == (8, 3, 3, 2)
    assert [(r.reason, r.rows, r.lines) for r in report.reasons.values()] == [
        ("unknown_device", 1, [3]),
        ("no_time", 1, [4]),
    ]
    record = broker.taken[-1]
    assert record["query"]["line"] == "2"
    assert record["body"].encode() == HEAD + rows(1) + b"\n" * 6 + rows(5, 3)


def test_a_large_file_is_cut_and_few_pieces_are_under_way(
    take: Take, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "UNDER_WAY", 3)
    content = HEAD + rows(10_000) + b"d,9,%s\n" % (b"x" * 60_000) * 9
    assert counts(take(content)) == (10_009, 10_001, 8, 0)
    found = broker.events()
    assert len(found) == len({e.dedup for e in found}) == 10_001
    assert all(r["body"].startswith(HEAD.decode()) for r in broker.taken)
    assert max(len(r["body"]) for r in broker.taken) <= BYTES_MAX + 2 * (64 << 10)
    assert max(r["body"].count("\n") for r in broker.taken) <= ROWS_MAX + 1
    assert broker.most_owed == 4


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_pieces_of_any_encoding_can_be_read_on_their_own(
    encoding: str, broker: Broker, tmp_path: Path
) -> None:
    table = TABLE | {"encoding": encoding, "columns": {"température": "t"}}
    source = Source.model_validate({"id": "loggers", "network": "csv", "table": table})
    content = ("device,time,température\n" + rows(5000).decode()).encode(encoding)
    assert counts(imported(broker, tmp_path, content, source=source)) == (5000, 5000, 0, 0)
    bodies = [r["body"].encode("latin-1") for r in broker.taken]
    found = [e for body in bodies for e in NETWORKS["csv"].reader(source)(body, {})]
    assert [e.decoded for e in found if isinstance(e, Event)] == [{"t": i} for i in range(5000)]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 7), max_size=4), st.integers(0, 3))
def test_an_import_that_is_stopped_goes_on_and_tells_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, stops: list[int], strangers: int
) -> None:
    home, broker = tmp_path_factory.mktemp("home"), Broker()
    content = HEAD + rows(300) + b"stranger,5,5\n" * strangers + rows(600, 300)
    with pytest.MonkeyPatch.context() as small:
        small.setattr(pieces, "ROWS_MAX", 100)
        for stop in stops:
            broker.fails = stop
            with suppress(Retry):
                imported(broker, home, content, finish=False)
        broker.fails = -1
        report = imported(broker, home, content)
    assert counts(report) == (600 + strangers, 600, 0, strangers)
    lines = [line for refusal in report.reasons.values() for line in refusal.lines]
    assert lines == list(range(302, 302 + strangers))
    assert len({e.dedup for e in broker.events()}) == 600
    assert counts(imported(broker, home, content))[1] == 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (HEAD, "empty"),
        (HEAD + b"\n\n", "empty"),
        (b"device;time\n", "no_column"),
        (b"\xff\xfe\n", "encoding"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(take: Take, content: bytes, reason: str) -> None:
    report = take(content)
    assert (report.refusal, report.rows, report.clean) == (reason, 0, False)
    assert report.message


def pack(n: int, pad: int = 1) -> list[dict[str, Any]]:
    base = {"bn": "urn:dev:ow:1:", "bt": 1_770_909_349, "n": "level", "v": 0}
    return [base, *({"n": "level", "t": -i, "v": i, "u": "m" * pad} for i in range(1, n))]


def test_a_pack_of_senml_is_one_body(take: Take, broker: Broker) -> None:
    content = json.dumps(pack(5)).encode()
    assert counts(take(content, "a.json", SENML)) == (5, 5, 0, 0)
    assert broker.taken[0]["body"].encode() == content
    assert counts(take(content, "a.json", SENML)) == (5, 0, 5, 0)


def test_a_large_pack_is_cut_between_records(take: Take, broker: Broker) -> None:
    records = pack(12_000, 60)
    records[8000] |= {"bn": "urn:dev:ow:2:", "bt": 1_700_000_000}
    content = json.dumps(records, indent=1).encode()
    assert len(content) > BODY_MAX
    assert counts(take(content, "a.json", SENML)) == (12_000, 12_000, 0, 0)
    found = broker.events()
    assert len({e.dedup for e in found}) == 12_000
    assert [(e.device, e.observed_at) for e in found] == [
        ("urn:dev:ow:1", (1_770_909_349 - i) * 1_000_000)
        if i < 8000
        else ("urn:dev:ow:2", (1_700_000_000 - i) * 1_000_000)
        for i in range(12_000)
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" + b"1," * BODY_MAX + b"1]", "not_json"),
        (b"[" + b'{"n": "a", ' * BODY_MAX, "not_json"),
        (b"x" * 2 * BODY_MAX, "not_json"),
        (b"[" * 2 * BODY_MAX, "not_json"),
        (b"\xff" * 2 * BODY_MAX, "not_json"),
        (b'[{"n": ' + b"9" * 2 * BODY_MAX, "not_json"),
        (b'[{"n": ' + b"9" * 5000 + b"}" + b" " * BODY_MAX + b"]", "not_json"),
        (b"[" + b'{"a": ' * BODY_MAX, "not_json"),
    ],
)
def test_a_large_file_that_is_no_pack_says_so(take: Take, content: bytes, reason: str) -> None:
    assert take(content, "a.json", SENML).refusal == reason


def test_a_line_of_jsonl_is_a_body(take: Take, broker: Broker) -> None:
    content = b"\n".join(json.dumps(pack(n)).encode() for n in (1, 2, 2, 3)) + b"\nx\n"
    report = take(content, "a.jsonl", SENML)
    assert counts(report) == (9, 3, 5, 1)
    assert report.reasons["not_json"].lines == [5]
    assert [record["query"]["line"] for record in broker.taken] == ["1", "2", "4"]


def test_a_body_that_is_too_large_says_what_to_do(take: Take) -> None:
    source = Source.model_validate({"id": "packs", "network": "chirpstack"})
    report = take(b" " * (BODY_MAX + 1), "a.json", source)
    assert report.refusal == "too_large"
    assert ".jsonl" in report.message


def test_the_key_of_a_piece_is_its_device(tmp_path: Path) -> None:
    keys: list[bytes] = []
    broker = Broker()

    def send(key: bytes, value: bytes, timestamp: int) -> Sent:
        keys.append(key)
        return broker.send(key, value, timestamp)

    with Journal(tmp_path) as journal:
        kafka = Kafka(encoded, send, broker.wait)
        by = Importer(NETWORKS, fit, journal, kafka, lambda: NOW, lambda: "id", BODY_MAX)
        for content in (rows(2), rows(2) + rows(2, 0, "e"), rows(4) + rows(4, 0, "e")):
            by.take(io.BytesIO(HEAD + content), "a", CSV)
    assert keys == [b"d", b"e", b"loggers"]
