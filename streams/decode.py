"""The handler of uplinks: a request to decoded frames, by the network's format, the device's
codec and its mapping.

What cannot be decoded is a dead letter with the request byte for byte; what it contained beside
that goes on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from streams.codecs.call import Call, Outcome
from streams.erasures import erased, left, spans
from streams.errors import Retry, Skip
from streams.handler import Effects, Handler, Output, Record
from streams.inventory import EVER
from streams.mapping import Mapped, Mapper, Times, from_network, mapper
from streams.message import Message, device_event, envelope, message, timely
from streams.registry import Declarations, Registry
from streams.topics import EVENTS, READINGS, UPLINKS, Topic
from streams.uplinks import Event, Network, Radio, frame_id
from streams.wire import Wire

LIVE = 0
"""Decode version of what is decoded as it comes; a codec run has the registry's sequence."""

JUMP = 3_600_000_000
"""A clock that leaps further, microseconds, must be confirmed by a tick."""


UNDECLARED = frozenset({"unknown_source", "unknown_device", "unknown_codec", "unknown_property"})
"""What a declaration that is under way may mend."""


_RADIO = [f.name for f in fields(Radio)]

Runner = Callable[[Sequence[Call]], Sequence[Outcome]]
"""Runs codecs out of our process: one outcome a call, in order."""


def decode(
    wire: Wire,
    declarations: Declarations,
    networks: Mapping[str, Network],
    run: Runner,
) -> Handler[None]:
    """The handler. It has no state but the position."""

    def handle(_state: None, clock: int, records: Sequence[Record]) -> tuple[Effects, int]:
        known = declarations.current()
        batch = _Batch(wire, known, networks)
        after = batch.judge(records, clock, run)
        if batch.undeclared and (fresh := declarations.fresh()) is not known:
            batch = _Batch(wire, fresh, networks)
            after = batch.judge(records, clock, run)
        batch.ticks()
        return batch.effects, after

    return Handler("decode", UPLINKS, lambda: None, lambda *_: None, handle, absorb=lambda *_: True)


def frames_again(
    wire: Wire,
    registry: Registry,
    networks: Mapping[str, Network],
    run: Runner,
    records: Sequence[Record],
    version: int,
    wanted: Callable[[str], bool],
) -> tuple[list[Mapping[str, Any]], int]:
    """What a codec run makes of uplinks: the frames of the devices that are ``wanted``, and how
    many of the records could not be decoded.

    A frame that came to nothing takes back what it said before: it is there, without measures.
    They are not written as messages, which takes as long as to read an uplink.

    Raises:
        Retry: the sandbox cannot be started.
    """
    found: list[Mapping[str, Any]] = []
    batch = _Batch(wire, registry, networks, version=version, wanted=wanted, found=found)
    batch.read(records)
    batch.frames(run)
    return found, batch.effects.letters


def _everybody(_device: str) -> bool:
    return True


@dataclass
class _Batch:
    wire: Wire
    registry: Registry
    networks: Mapping[str, Network]
    effects: Effects = field(default_factory=Effects)
    messages: list[Message] = field(default_factory=list)
    instants: list[tuple[Record, int, bool]] = field(default_factory=list)
    mappers: dict[str, Mapper] = field(default_factory=dict)
    undeclared: bool = False
    version: int = LIVE
    wanted: Callable[[str], bool] = _everybody
    found: list[Mapping[str, Any]] | None = None
    """Where there is such, frames go there and nothing goes out."""

    def judge(self, records: Sequence[Record], clock: int, run: Runner) -> int:
        """All of a batch but its ticks; the clock after it."""
        self.read(records)
        after = self.clock_after(clock)
        self.frames(run)
        return after

    def read(self, records: Sequence[Record]) -> None:
        """Sort records into messages, ticks and dead letters."""
        for record in records:
            try:
                name, content = self.wire.decode(record.value)
                if name == "Tick":
                    self.instants.append((record, content["at"], True))
                elif name == "Uplink":
                    self.instants.append((record, content["arrival"], False))
                    self._uplink(record, content)
                else:
                    raise Skip("unexpected_record", f"a {name} does not belong on uplinks")
            except Skip as why:
                self._skip(record, why)

    def _skip(self, record: Record, why: Skip) -> None:
        self.undeclared |= why.reason in UNDECLARED
        self.effects.dead_letter(record, "decode", why)

    def _uplink(self, record: Record, uplink: Mapping[str, Any]) -> None:
        network = self.networks.get(uplink["network"])
        if network is None:
            raise Skip("unknown_network", f"no network server format {uplink['network']!r}")
        for event in self._events(network, uplink):
            try:
                if isinstance(event, Skip):
                    raise event
                if not self.wanted(event.device):
                    continue
                if erased(self.registry, event.device, event.observed_at):
                    self.effects.erased += 1
                elif event.kind == "uplink":
                    self.messages.append(message(record, uplink, event, self.registry))
                else:
                    self._event(uplink, event)
            except Skip as why:
                self._skip(record, why)

    def _events(self, network: Network, uplink: Mapping[str, Any]) -> Sequence[Event | Skip]:
        source = self.registry.get("source", uplink["source"])
        if network.mapped and source is None:
            raise Skip("unknown_source", f"source {uplink['source']!r} is not declared")
        found = network.reader(source)(uplink["body"], uplink["query"])
        return [e if isinstance(e, Skip) else e.met(uplink["arrival"]) for e in found]

    def _event(self, uplink: Mapping[str, Any], event: Event) -> None:
        """What is no uplink is kept as it is; what was measured of a declared device is judged as
        any reading."""
        timely(uplink, event)
        if self.found is None:
            self._send(EVENTS, "DeviceEvent", device_event(uplink, event))
        if event.measures and self.registry.get("device", event.device) is None:
            self.undeclared = True
        elif measures := from_network(event.measures, self.registry):
            self._read(self._frame(uplink, event, "", 0, Mapped(measures)))

    def clock_after(self, clock: int) -> int:
        """The partition's clock after this batch.

        Raises:
            Retry: it leaps, and no tick has confirmed that so far.
        """
        latest = max((at for _, at, is_tick in self.instants if is_tick), default=EVER)
        for record, at, is_tick in self.instants:
            if clock and at > clock + JUMP and not is_tick and latest < at - JUMP:
                raise Retry(
                    f"{record.topic}[{record.partition}]@{record.offset}: the clock leaps by "
                    f"{(at - clock) / 1e6:.0f} s and no tick confirms it; is the scheduler up, and "
                    "is the clock of the machine of the webhook right?"
                )
            clock = max(clock, at)
        return clock

    def frames(self, run: Runner) -> None:
        """Run the codecs of all messages at once and send what they give."""
        calls = [m.call for m in self.messages]
        outcomes = iter(run([call for call in calls if call]))
        for asked, call in zip(self.messages, calls, strict=True):
            outcome = next(outcomes) if call else None
            try:
                mapped = self._mapped(asked, outcome if call else asked.decoded)
            except Skip as why:
                self._skip(asked.record, why)
                if self.version != LIVE:
                    nothing = asked.codec.id, 0, Mapped([])
                    self._read(self._frame(asked.uplink, asked.event, *nothing))
                continue
            of = asked.codec.id, self.mappers[asked.codec.id].hash, mapped
            self._read(self._frame(asked.uplink, asked.event, *of))
            if mapped.refused:
                self._skip(asked.record, mapped.refused)

    def _mapped(self, asked: Message, outcome: Outcome | None) -> Mapped:
        """The measures of a message, those of its network server behind those of the codec.

        Raises:
            Skip: the codec failed or reports errors, or as :class:`streams.mapping.Mapper`.
        """
        codec = asked.codec
        if codec.id not in self.mappers:
            self.mappers[codec.id] = mapper(codec, self.registry)
        mapped = Mapped([])
        if outcome:
            if outcome.data is None:
                said = "; ".join(outcome.errors)
                raise Skip(outcome.reason or "codec_errors", f"codec {codec.id}: {said}")
            times = Times(asked.event.observed_at, asked.uplink["arrival"])
            mapped = self.mappers[codec.id](outcome.data, times)
        if asked.event.measures:
            mapped.measures.extend(from_network(asked.event.measures, self.registry))
        return mapped

    def _read(self, frame: Mapping[str, Any]) -> None:
        """Send a frame, without those of its measures that are erased by their own time."""
        gone = spans(self.registry, frame["device"])
        rest = left(frame, gone) if gone else frame
        if rest is None:
            return
        if self.found is None:
            self._send(READINGS, "Frame", rest)
        else:
            self.found.append(rest)

    def _send(self, topic: Topic, name: str, content: Mapping[str, Any]) -> None:
        value = self.wire.encode(name, content)
        key = content["device"].encode()
        self.effects.outputs.append(Output(topic, key, value, content["arrival"] // 1000))

    def _frame(
        self,
        uplink: Mapping[str, Any],
        event: Event,
        codec: str,
        codec_hash: int,
        mapped: Mapped,
    ) -> dict[str, Any]:
        return envelope(uplink, event) | {
            "frame_id": frame_id(uplink["network"], event.dedup),
            "decode_version": self.version,
            "codec": codec,
            "codec_hash": codec_hash,
            "port": event.port,
            "payload_size": None if event.payload is None else len(event.payload),
            "radio": _plain(event.radio) if event.radio else None,
            "measures": mapped.measures,
            "device_time": mapped.device_time,
        }

    def ticks(self) -> None:
        """Time goes on behind all that was sent before it; the last tick says what all say."""
        ticks = [(at, record) for record, at, is_tick in self.instants if is_tick]
        if ticks:
            at, record = max(ticks, key=lambda tick: tick[0])
            self.effects.outputs.append(
                Output(READINGS, None, record.value, at // 1000, record.partition)
            )


def _plain(radio: Radio) -> dict[str, Any]:
    """Its fields as they are: :func:`dataclasses.asdict` copies each, ten times slower."""
    return {name: getattr(radio, name) for name in _RADIO}
