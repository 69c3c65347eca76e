"""What concerns an erasure and what does not, record by record."""

import io
import json
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.erasure.concern import Concern, Erased, trace
from streams.duration import DAY
from streams.handler import Record
from streams.registry import Registry
from tests.connectors.store.records import observation, window
from tests.pipeline import NETWORKS, tts
from tests.streams.test_decode import WIRE

GONE, STAYS = "70B3D57ED0000001", "70B3D57ED0000002"
SINCE, UNTIL = 20_600 * DAY, 20_601 * DAY
SPANS = {GONE: [(SINCE, UNTIL)]}


def erased() -> Erased:
    return Erased(SPANS, WIRE, Registry(), NETWORKS)


def record(name: str, content: dict[str, Any]) -> Record:
    return Record("t", 0, 0, b"k", WIRE.encode(name, content), (), SINCE // 1000)


def uplink(body: bytes, network: str = "tts", request: str = "r", arrival: int = SINCE) -> Record:
    content = {"request_id": request, "source": "s", "network": network, "arrival": arrival}
    return record("Uplink", content | {"headers": {}, "query": {}, "body": body})


def frame(device: str, at: int, *own: int) -> Record:
    measure = {"property": "p", "channel": "", "value": 1.0, "unit": "%"}
    content = {
        **dict.fromkeys(("counter", "session", "port", "radio")),
        "frame_id": bytes(16),
        "device": device,
        "source": "s",
        "network": "tts",
        "request_id": "r",
        "observed_at": at,
        "arrival": at,
        "decode_version": 0,
        "codec": "c",
        "codec_hash": 1,
        "measures": [measure | {"observed_at": t} for t in own],
    }
    return record("Frame", content)


def raised(subject: str, opened_at: int, kind: str = "device") -> Record:
    times = {"opened_at": opened_at, "updated_at": opened_at, "closed_at": None}
    said = {"rule": "silent", "level": 2, "reason": "no frame", "devices": [GONE]}
    about = {"alert_id": "a", "subject": subject, "subject_kind": kind}
    return record("Alert", times | said | about)


def test_an_alert_is_of_its_subject_and_its_opening() -> None:
    assert erased()(raised(GONE, SINCE)) == Concern()
    others = raised(GONE, UNTIL), raised(STAYS, SINCE), raised(GONE, SINCE, "gateway")
    assert [erased()(one) for one in others] == [None] * 3


def pending(device: str, day: int) -> Record:
    return record("Pending", {"device": device, "day": day, "reason": "late", "at": 0})


@pytest.mark.parametrize(
    ("met", "concerned"),
    [
        (record("Observation", observation(GONE, SINCE)), True),
        (record("Observation", observation(GONE, UNTIL - 1)), True),
        (record("Observation", observation(GONE, UNTIL)), False),
        (record("Observation", observation(GONE, SINCE - 1)), False),
        (record("Observation", observation(STAYS, SINCE)), False),
        (record("Window", window(GONE, SINCE)), True),
        (record("Window", window(STAYS, SINCE)), False),
        (record("Tick", {"at": SINCE}), False),
        (pending(GONE, 20_600), True),
        (pending(GONE, 20_601), False),
        (pending(STAYS, 20_600), False),
        (frame(GONE, SINCE), True),
        (frame(GONE, UNTIL), False),
        (frame(GONE, UNTIL, UNTIL, UNTIL - 1), True),
        (frame(GONE, UNTIL, UNTIL, UNTIL + 1), False),
        (frame(STAYS, SINCE), False),
    ],
)
def test_a_record_is_judged_by_its_device_and_its_time(met: Record, concerned: bool) -> None:
    assert (erased()(met) is not None) == concerned


def test_a_request_goes_by_the_time_that_its_network_server_says() -> None:
    inside, after = "2026-05-27T12:00:00Z", "2026-05-28T00:00:00Z"
    for name, at, concerned in ((GONE, inside, True), (GONE, after, False), (STAYS, inside, False)):
        body = json.dumps(tts(name, 1, at, "AA==")).encode()
        assert (erased()(uplink(body)) is not None) == concerned


def test_a_request_of_several_devices_names_the_others() -> None:
    pack = [{"bn": f"{n}:", "bt": SINCE // 1_000_000, "n": "a", "v": 1} for n in (GONE, STAYS)]
    found = erased()(uplink(json.dumps(pack).encode(), "senml"))
    assert found == Concern(frozenset({STAYS}))


def test_a_request_of_several_times_says_that_it_holds_more_than_is_erased() -> None:
    pack = [{"bn": f"{GONE}:", "n": "a", "v": 1, "t": at // 1_000_000} for at in (UNTIL - 1, UNTIL)]
    assert erased()(uplink(json.dumps(pack[:1]).encode(), "senml")) == Concern()
    assert erased()(uplink(json.dumps(pack).encode(), "senml")) == Concern(wider=True)
    assert erased()(uplink(json.dumps(pack[1:]).encode(), "senml")) is None


def test_a_request_of_which_a_reading_has_its_own_erased_time_goes() -> None:
    judge = erased()
    body = json.dumps(tts(GONE, 1, "2026-05-28T00:00:00Z", "AA==")).encode()
    assert judge(uplink(body)) is None
    assert judge(frame(GONE, UNTIL, UNTIL - 1)) is not None
    assert judge(uplink(body)) is not None
    assert judge(uplink(body, request="another")) is None


@pytest.mark.parametrize(
    "text",
    [
        GONE.encode(),
        GONE.lower().encode(),
        b"70-b3-d5-7e-d0-00-00-01",
        b"70:B3:D5:7E:D0:00:00:01",
        bytes.fromhex(GONE),
        bytes.fromhex(GONE)[::-1],
    ],
)
@pytest.mark.parametrize("where", ["value", "key", "header", "body"])
def test_what_cannot_be_read_is_searched_in_any_notation(text: bytes, where: str) -> None:
    found = b"junk " + text + b" junk"
    met = {
        "value": Record("t", 0, 0, b"k", found, (), SINCE // 1000),
        "key": Record("t", 0, 0, found, b"v", (), SINCE // 1000),
        "header": Record("t", 0, 0, None, None, (("h", found),), SINCE // 1000),
        "body": uplink(found),
    }[where]
    late = Record("t", 0, 0, met.key, met.value, met.headers, UNTIL // 1000)
    assert erased()(met) is not None
    assert where == "body" or erased()(late) is None, "its time is that of its arrival"
    assert erased()(uplink(b"junk " + STAYS.encode())) is None


def test_a_network_that_is_unknown_here_is_searched_too() -> None:
    assert erased()(uplink(GONE.encode(), "nobody")) is not None
    assert erased()(uplink(STAYS.encode(), "nobody")) is None


@given(st.binary(max_size=200), st.binary(max_size=50) | st.none())
def test_no_bytes_make_it_fail(value: bytes, key: bytes | None) -> None:
    met = Record("t", 0, 0, key, value, (), SINCE // 1000)
    assert erased()(met) in (None, Concern())
    assert erased()(uplink(value)) in (None, Concern())


def test_an_id_that_is_no_dev_eui_is_searched_as_text() -> None:
    assert trace("meter.7").search(b"x METER.7 y")
    assert not trace("meter.7").search(b"meterX7")


@pytest.mark.parametrize("other", [b'"meter-71"', b"xmeter-7", b"METER-7a", b"0meter-7\\n"])
def test_an_id_that_is_part_of_another_s_id_is_not_taken_for_it(other: bytes) -> None:
    assert not trace("meter-7").search(other)


@pytest.mark.parametrize(
    "around", ['"%s"', "urn:%s:t", "\\n%s;1", "\\u0022%s\\u0022", "%%2F%s&", "%s"]
)
def test_an_id_is_found_whatever_writes_around_it(around: str) -> None:
    assert trace("meter-7").search((around % "Meter-7").encode())


@pytest.mark.parametrize("length", [2, 24, 40, 63, 64, 100, 128])
def test_an_id_is_found_in_avro_whatever_stands_beside_it(length: int) -> None:
    """The length before it may look like a letter, and so may what follows."""
    name = "m" * length
    value = io.BytesIO()
    fastavro.schemaless_writer(value, "string", name)
    assert trace(name).search(b"a" + value.getvalue() + b"a")
