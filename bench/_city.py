"""Readings of a city for the live benchmarks, and what is declared about it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from confluent_kafka import Consumer, Producer, TopicPartition

from bench.peers import job
from streams.declare import declare
from streams.inventory import Calibration, Declared, Device, Profile, Property, UseCase
from streams.inventory.codecs import Codec, Path
from streams.kafka import consumer_options, producer_options
from streams.settings import Settings
from streams.ticks import send_ticks
from streams.topics import OBSERVATIONS, READINGS
from streams.wire import Wire

PROPERTY = "air_temperature"
_TESTS = {
    "gross_range": {"fail": job.FAIL, "suspect": job.SUSPECT},
    "rate_of_change": {
        "suspect": job.RATE_SUSPECT,
        "fail": job.RATE_FAIL,
        "max_gap": job.MAX_GAP,
    },
    "flat_line": {
        "suspect": job.FLAT_SUSPECT,
        "fail": job.FLAT_FAIL,
        "tolerance": job.TOLERANCE,
    },
}
NUDGE = 8.0
"""Seconds of silence after which a tick is sent, as the scheduler would each minute: what Faust
dropped at its start is looked for at the next record."""

Judged = dict[tuple[str, int], tuple[float, int]]


@dataclass(frozen=True)
class City:
    """``series`` devices of one property each, ``rounds`` readings of each, a minute apart."""

    series: int
    rounds: int

    @property
    def size(self) -> int:
        """Readings in all."""
        return self.series * self.rounds

    def devices(self) -> list[str]:
        """As DevEUIs."""
        return [f"{i:016X}" for i in range(self.series)]

    def inventory(self) -> Iterator[tuple[str, Declared]]:
        """The objects that judge them."""
        yield "use_case", UseCase(id="u", title_fr="u", title_en="u")
        yield (
            "property",
            Property(id=PROPERTY, title_fr="t", title_en="t", unit="Cel", resolution=0.1),
        )
        yield "codec", Codec(id="c", script="x", mapping=(Path(path="t", property=PROPERTY),))
        yield "profile", Profile(id="f", property=PROPERTY, tests=_TESTS)
        for name in self.devices():
            yield (
                "device",
                Device(id=name, name=name, codec="c", use_case="u", nominal_period=job.PERIOD),
            )
            a, b = job.calibration(name)
            line = {
                "device": name,
                "property": PROPERTY,
                "kind": "linear",
                "params": {"a": a, "b": b},
            }
            yield "calibration", Calibration.model_validate({"id": f"c-{name}"} | line)

    def frames(self) -> Iterator[dict[str, Any]]:
        """In the order of their arrival; half a percent are spikes."""
        rng = np.random.default_rng(1)
        for n in range(self.rounds):
            values = 20 + rng.normal(0, 1, self.series).round(1)
            values[rng.random(self.series) < 0.005] += 60
            for i, (name, value) in enumerate(zip(self.devices(), values.tolist(), strict=True)):
                at = job.START + n * job.PERIOD * job.SECOND + i * 100
                yield _frame(name, n, at, value)


def _frame(device: str, number: int, at: int, value: float) -> dict[str, Any]:
    return {
        "frame_id": int(device, 16).to_bytes(8, "big") + (number + 1).to_bytes(8, "big"),
        "device": device,
        "source": "s",
        "network": "tts",
        "request_id": f"{number:036}",
        "observed_at": at,
        "arrival": at + 2 * job.SECOND,
        "decode_version": 0,
        "codec": "c",
        "codec_hash": 1,
        "counter": number,
        "session": None,
        "port": 1,
        "radio": {
            "gateways": ["gateway-1", "gateway-2"],
            "rssi": -100.0,
            "snr": 5.5,
            "spreading_factor": 7,
            "frequency": 868_100_000,
        },
        "measures": [
            {
                "property": PROPERTY,
                "channel": "",
                "observed_at": None,
                "value": value,
                "unit": "Cel",
            }
        ],
        "payload_size": 11,
        "device_time": None,
    }


def declared(settings: Settings, wire: Wire, city: City) -> None:
    """Put what is declared about the city on the registry topic."""
    declare(settings, wire, city.inventory(), job.START, "bench")


def produced(settings: Settings, wire: Wire, city: City) -> None:
    """Put all readings on their topic, acknowledged."""
    producer = Producer(producer_options(settings, queue_buffering_max_messages=1_000_000))
    topic = READINGS.name(settings.topic_prefix)
    for frame in city.frames():
        key, message = frame["device"].encode(), wire.encode("Frame", frame)
        while True:
            try:
                producer.produce(topic, message, key, timestamp=frame["arrival"] // 1000)
                break
            except BufferError:
                producer.poll(0.1)
    if producer.flush(60):
        raise RuntimeError("the readings were not acknowledged")


def expected(city: City) -> Judged:
    """Value and flag of every reading, by the plain Python of the peers."""
    states: dict[str, job.State] = {}
    found: Judged = {}
    for frame in city.frames():
        device, at = frame["device"], frame["observed_at"]
        state = states.setdefault(device, {})
        found[device, at] = job.judge(state, device, at, frame["measures"][0]["value"])
    return found


@dataclass(frozen=True)
class Seen:
    """What a reader of committed observations has met, and how fast.

    ``rate`` in readings a second: of those behind as many as there are series, so that most of
    these have been met; ``first`` is that of the ones before, from the first batch that was seen.
    """

    judged: Judged
    rate: float
    first: float


def watched(
    settings: Settings, wire: Wire, city: City, seconds: float, going: Callable[[], bool]
) -> Seen:
    """Read observations until all readings are judged, or until some seconds after the first.

    Raises:
        RuntimeError: none was, within three minutes or before ``going`` says that it is over.
    """
    consumer = Consumer(consumer_options(settings, f"{settings.application}-bench"))
    topic = OBSERVATIONS.name(settings.topic_prefix)
    consumer.assign([TopicPartition(topic, p, 0) for p in range(settings.partitions)])
    messages: list[bytes] = []
    marks: list[tuple[float, int]] = []
    patience, quiet = time.perf_counter() + 180.0, time.perf_counter()
    producer = Producer(producer_options(settings))
    while len(messages) < city.size and time.perf_counter() < patience and going():
        if time.perf_counter() - quiet > NUDGE:
            send_ticks(producer, settings, wire, job.START)
            quiet = time.perf_counter()
        fresh = [m.value() for m in consumer.consume(10_000, 0.05) if not m.error() and m.key()]
        if fresh:
            if not marks:
                patience = time.perf_counter() + seconds
            quiet = time.perf_counter()
            messages += fresh
            marks.append((time.perf_counter(), len(messages)))
    consumer.close()
    if not marks:
        raise RuntimeError("nothing was observed")
    judged: Judged = {}
    for message in messages:
        _, row = wire.decode(message)
        judged[row["device"], row["observed_at"]] = row["value"], row["flag"]
    met = next((mark for mark in marks[:-1] if mark[1] >= city.series), marks[0])
    return Seen(judged, _rate(met, marks[-1]), _rate(marks[0], met))


def _rate(start: tuple[float, int], end: tuple[float, int]) -> float:
    return (end[1] - start[1]) / max(end[0] - start[0], 1e-9)
