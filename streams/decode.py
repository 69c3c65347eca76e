"""The handler of uplinks: a request to decoded frames, by the network's format, the device's
codec and its mapping.

What cannot be decoded is a dead letter with the request byte for byte; what it contained beside
that goes on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from streams.codecs.call import Call, Outcome
from streams.errors import Retry, Skip
from streams.handler import Effects, Handler, Output, Record
from streams.inventory import EVER, Codec, Device
from streams.mapping import codec_hash, measures
from streams.registry import Declarations, Registry
from streams.topics import READINGS, UPLINKS
from streams.uplinks import Event, Network, frame_id
from streams.wire import Wire

LIVE = 0
"""Decode version of what is decoded as it comes; a codec run has the registry's sequence."""

JUMP = 3_600_000_000
"""A clock that leaps further, microseconds, must be confirmed by a tick."""


UNDECLARED = frozenset({"unknown_source", "unknown_device", "unknown_codec", "unknown_property"})
"""What a declaration that is under way may mend."""


Runner = Callable[[Sequence[Call]], Sequence[Outcome]]
"""Runs codecs out of our process: one outcome a call, in order."""


@dataclass(frozen=True)
class _Message:
    """One event of one uplink, with what is declared about its device."""

    record: Record
    uplink: Mapping[str, Any]
    event: Event
    codec: Codec

    @property
    def call(self) -> Call | None:
        if self.event.payload is None:
            return None
        return Call(self.codec.script, self.event.port, self.event.payload, self.event.observed_at)


def decode(
    wire: Wire,
    declarations: Declarations,
    networks: Mapping[str, Network],
    run: Runner,
) -> Handler[None]:
    """The handler. It has no state but the position."""

    def handle(_state: None, clock: int, records: Sequence[Record]) -> tuple[Effects, int]:
        batch = _Batch(wire, declarations.current(), networks)
        after = batch.judge(records, clock, run)
        if batch.undeclared:
            batch = _Batch(wire, declarations.fresh(), networks)
            after = batch.judge(records, clock, run)
        batch.ticks()
        return batch.effects, after

    return Handler("decode", UPLINKS, lambda: None, lambda *_: None, handle)


@dataclass
class _Batch:
    wire: Wire
    registry: Registry
    networks: Mapping[str, Network]
    effects: Effects = field(default_factory=Effects)
    messages: list[_Message] = field(default_factory=list)
    instants: list[tuple[Record, int, bool]] = field(default_factory=list)
    undeclared: bool = False

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
            if isinstance(event, Skip):
                self._skip(record, event)
            elif event.kind == "uplink":
                try:
                    self.messages.append(self._message(record, uplink, event))
                except Skip as why:
                    self._skip(record, why)

    def _events(self, network: Network, uplink: Mapping[str, Any]) -> Sequence[Event | Skip]:
        source = self.registry.get("source", uplink["source"])
        if network.mapped and source is None:
            raise Skip("unknown_source", f"source {uplink['source']!r} is not declared")
        found = network.reader(source)(uplink["body"], uplink["query"])
        return [e if isinstance(e, Skip) else e.met(uplink["arrival"]) for e in found]

    def _message(self, record: Record, uplink: Mapping[str, Any], event: Event) -> _Message:
        device: Device | None = self.registry.get("device", event.device)
        if device is None:
            raise Skip("unknown_device", f"{event.device} is not declared in the inventory")
        codec: Codec | None = self.registry.get("codec", device.codec)
        if codec is None:
            raise Skip("unknown_codec", f"codec {device.codec!r} of {device.id} is not declared")
        if event.observed_at > uplink["arrival"] + JUMP:
            raise Skip(
                "future",
                f"{device.id} was observed at {event.observed_at}, long after it arrived at "
                f"{uplink['arrival']}: set the clock of the device or of its network server",
            )
        if event.encrypted:
            raise Skip(
                "encrypted",
                f"the network server has no key for {device.id}: let it decrypt the payload",
            )
        return _Message(record, uplink, event, codec)

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
        for message, call in zip(self.messages, calls, strict=True):
            try:
                frame = self._frame(message, next(outcomes) if call else None)
            except Skip as why:
                self._skip(message.record, why)
                continue
            key = message.event.device.encode()
            self.effects.outputs.append(
                Output(READINGS, key, self.wire.encode("Frame", frame), frame["arrival"] // 1000)
            )

    def _frame(self, message: _Message, outcome: Outcome | None) -> dict[str, Any]:
        uplink, event, codec = message.uplink, message.event, message.codec
        return {
            "frame_id": frame_id(uplink["network"], event.dedup),
            "device": event.device,
            "source": uplink["source"],
            "network": uplink["network"],
            "request_id": uplink["request_id"],
            "observed_at": event.observed_at,
            "arrival": uplink["arrival"],
            "decode_version": LIVE,
            "codec": codec.id,
            "codec_hash": codec_hash(codec),
            "counter": event.counter,
            "session": event.session,
            "port": event.port,
            "radio": asdict(event.radio) if event.radio else None,
            "measures": measures(codec, outcome, self.registry) if outcome else [],
        }

    def ticks(self) -> None:
        """Time goes on behind all that was sent before it; the last tick says what all say."""
        ticks = [(at, record) for record, at, is_tick in self.instants if is_tick]
        if ticks:
            at, record = max(ticks, key=lambda tick: tick[0])
            self.effects.outputs.append(
                Output(READINGS, None, record.value, at // 1000, record.partition)
            )
