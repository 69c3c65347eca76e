"""What is posted in a chaos run, drawn from a seed: bodies as the network servers send them.

Of all frames 15 % come late by up to three hours, 5 % come twice, 1 % meet another frame of
the same device and instant, 2 % are lost on the radio and some bodies are no JSON at all.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from random import Random
from uuid import UUID

from tests.chaos.city import ORIGIN, PERIOD, City, city, micros
from tests.oracle.declared import SECOND, Frame, Measure
from tests.oracle.murmur2 import partition

LATE_MAX = 3 * 3600
_MISSING = 0xFFFF


@dataclass(frozen=True)
class Post:
    """One request at the door; ``arrival`` in microseconds UTC."""

    key: str
    network: str
    arrival: int
    body: bytes


@dataclass(frozen=True)
class Plan:
    """``posts`` in the order of posting: by minute of arrival, shuffled within the minute.

    ``frames`` is what they say, for the oracle; ``poison`` counts the bodies that say nothing.
    """

    city: City
    posts: tuple[Post, ...]
    frames: tuple[Frame, ...]
    poison: int

    @property
    def minutes(self) -> range:
        """The ends of the minutes of the run, microseconds."""
        step = 60 * SECOND
        last = max(post.arrival for post in self.posts)
        return range(micros(ORIGIN) + step, last + 2 * step, step)

    def ends(self, partitions: int) -> list[int]:
        """How many messages each partition of uplinks will hold, ticks included."""
        counts = [len(self.minutes)] * partitions
        for post in self.posts:
            counts[partition(post.key.encode(), partitions)] += 1
        return counts


def plan(seed: int, devices: int = 200, slots: int = 24) -> Plan:
    """A run in which every device sends ``slots`` frames."""
    rng = Random(seed)
    town = city(rng, devices, slots * PERIOD / 3600)
    sent = [pair for name in town.devices for pair in _device(rng, name, slots)]
    junk = [_junk(rng, slots) for _ in range(3)]
    posts = [post for post, _ in sent] + junk
    order = {id(post): rng.random() for post in posts}
    posts.sort(key=lambda p: (p.arrival // (60 * SECOND), order[id(p)]))
    return Plan(town, tuple(posts), tuple(frame for _, frame in sent), len(junk))


def _junk(rng: Random, slots: int) -> Post:
    arrival = micros(ORIGIN) + int(rng.uniform(0, slots * PERIOD) * SECOND)
    return Post("tts", "tts", arrival, b"not json " + rng.randbytes(8))


@dataclass(frozen=True)
class _Radio:
    """One frame as it leaves the device; raw figures as the payload has them."""

    device: str
    network: str
    name: str
    counter: int
    at: int
    fill: int
    sound: int

    @property
    def dedup(self) -> str:
        """The network server's own key of the frame."""
        return f"{self.device}/{self.name}/{self.counter}" if self.network == "tts" else self.name

    def frame(self, arrival: int) -> Frame:
        """As it is to be decoded."""
        fill = None if self.fill == _MISSING else (self.fill - 100) / 10
        measures = (Measure("fill_level", fill), Measure("sound_level", self.sound / 100))
        identity = blake2b(f"{self.network}\n{self.dedup}".encode(), digest_size=16).digest()
        return Frame(identity, self.device, arrival, self.at, measures)

    def post(self, arrival: int) -> Post:
        """As its network server posts it."""
        payload = b64encode(self.fill.to_bytes(2, "big") + self.sound.to_bytes(2, "big")).decode()
        body = _tts(self, payload) if self.network == "tts" else _chirpstack(self, payload)
        return Post(self.device, self.network, arrival, json.dumps(body).encode())


def _device(rng: Random, device: str, slots: int) -> Iterator[tuple[Post, Frame]]:
    network = rng.choice(("tts", "chirpstack"))
    session = b64encode(rng.randbytes(16)).decode()
    phase = rng.randrange(int(PERIOD) * SECOND)
    fill, sound = rng.randrange(100, 1000), rng.randrange(4000, 7000)
    stuck = rng.randrange(slots * 4)
    for slot in range(slots):
        if not stuck <= slot < stuck + slots // 2:
            fill = min(1200, max(0, fill + rng.randrange(-30, 40)))
            sound = min(13500, max(1500, sound + rng.randrange(-400, 400)))
        if rng.random() < 0.02:
            continue
        at = micros(ORIGIN) + slot * int(PERIOD) * SECOND + phase
        for number in range(2 if rng.random() < 0.01 else 1):
            name = session if network == "tts" else str(UUID(bytes=rng.randbytes(16)))
            counter = slot + 1000 * number
            figures = _disturbed(rng, fill + number, sound)
            radio = _Radio(device, network, name, counter, at, *figures)
            for arrival in _arrivals(rng, at):
                yield radio.post(arrival), radio.frame(arrival)


def _disturbed(rng: Random, fill: int, sound: int) -> tuple[int, int]:
    """Now and then a peak, or no echo at all."""
    draw = rng.random()
    if draw < 0.02:
        return _MISSING, sound
    if draw < 0.05:
        return min(1300, fill + rng.randrange(100, 600)), sound
    if draw < 0.08:
        return fill, min(14000, sound + rng.randrange(700, 4000))
    return fill, sound


def _arrivals(rng: Random, at: int) -> Iterator[int]:
    late = rng.random() < 0.15
    first = at + int(rng.uniform(60, LATE_MAX) * SECOND if late else rng.uniform(0.2, 5) * SECOND)
    yield first
    if rng.random() < 0.05:
        yield first + int(rng.uniform(0, 3600) * SECOND)


def _tts(radio: _Radio, payload: str) -> dict[str, object]:
    """The Things Stack v3, "Webhooks", uplink message; an f_cnt of 0 is left out as it does."""
    received = _instant(radio.at)[:-1] + "000Z"
    message: dict[str, object] = {
        "session_key_id": radio.name,
        "f_port": 2,
        "frm_payload": payload,
        "rx_metadata": [{"gateway_ids": {"gateway_id": "gw-1"}, "rssi": -97, "snr": 7.5}],
        "settings": {
            "data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 7}},
            "frequency": "868300000",
        },
        "received_at": received,
    }
    if radio.counter:
        message["f_cnt"] = radio.counter
    ids = {
        "device_id": f"eui-{radio.device.lower()}",
        "application_ids": {"application_id": "city"},
        "dev_eui": radio.device,
    }
    return {"end_device_ids": ids, "received_at": received, "uplink_message": message}


def _chirpstack(radio: _Radio, payload: str) -> dict[str, object]:
    """ChirpStack v4, "Event types", up."""
    return {
        "deduplicationId": radio.name,
        "time": _instant(radio.at),
        "deviceInfo": {"applicationId": "city", "devEui": radio.device.lower()},
        "devAddr": "00189440",
        "dr": 5,
        "fCnt": radio.counter,
        "fPort": 2,
        "confirmed": False,
        "data": payload,
        "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -97, "snr": 7.5}],
        "txInfo": {"frequency": 868300000},
    }


def _instant(at: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
