"""One event of one uplink, with what is declared about its device."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.codecs.call import Call, Outcome
from streams.device_time import AHEAD_MAX, SANE_SINCE
from streams.errors import Skip
from streams.handler import Record
from streams.inventory import Codec
from streams.registry import Registry
from streams.uplinks import Event, frame_id


@dataclass(frozen=True)
class Message:
    """An event that carries measures and is to be decoded by ``codec``."""

    record: Record
    uplink: Mapping[str, Any]
    event: Event
    codec: Codec

    @property
    def call(self) -> Call | None:
        """The call of the codec; None where no codec of ours is asked."""
        event, codec = self.event, self.codec
        if event.payload is None or codec.decoded or not codec.carries(event.port):
            return None
        return Call(codec.script, event.port, event.payload, event.observed_at, codec.python)

    @property
    def decoded(self) -> Outcome | None:
        """Where no codec of ours is asked: what the network server has decoded, None if nothing.

        Raises:
            Skip: it decoded nothing, or what it decoded does not count and there is no payload.
        """
        event, codec = self.event, self.codec
        if not codec.carries(event.port) or (event.payload is None and not event.decoded):
            return None
        if not codec.decoded:
            raise Skip(
                "no_payload",
                f"{event.device} sent an object and no payload: declare codec {codec.id} with "
                "decoded: true",
            )
        if event.decoded is None:
            raise Skip(
                "not_decoded",
                f"the network server has not decoded what {event.device} sent: set its formatter "
                f"there, or give codec {codec.id} a script",
            )
        return Outcome(dict(event.decoded))


def message(record: Record, uplink: Mapping[str, Any], event: Event, registry: Registry) -> Message:
    """An uplink and the codec that its device has at that time.

    Raises:
        Skip: ``unknown_device``, ``unknown_codec``, ``encrypted``, or as :func:`timely`.
    """
    device = registry.configured(event.device, event.observed_at)
    if device is None:
        raise Skip("unknown_device", f"{event.device} is not declared in the inventory")
    codec: Codec | None = registry.get("codec", device.codec)
    if codec is None:
        raise Skip("unknown_codec", f"codec {device.codec!r} of {device.id} is not declared")
    timely(uplink, event)
    if event.encrypted:
        raise Skip(
            "encrypted",
            f"the network server has no key for {device.id}: let it decrypt the payload",
        )
    return Message(record, uplink, event, codec)


def timely(uplink: Mapping[str, Any], event: Event) -> None:
    """Whether the time of an event can be that of something that arrived then.

    Raises:
        Skip: ``future``, ``past``.
    """
    at, arrival = event.observed_at, uplink["arrival"]
    said = f"{event.device} was observed at {at}"
    if at > arrival + AHEAD_MAX:
        raise Skip(
            "future",
            f"{said}, long after it arrived at {arrival}: set the clock of the device or of its "
            "network server",
        )
    if at < SANE_SINCE:
        raise Skip("past", f"{said}, before 2000-01-02: set the clock of the network server")


def device_event(uplink: Mapping[str, Any], event: Event) -> dict[str, Any]:
    """The ``DeviceEvent`` of an event that is no uplink."""
    return envelope(uplink, event) | {
        "event_id": frame_id(uplink["network"], event.dedup),
        "kind": event.kind,
        "details": _text(event.details),
        "measures": {name: float(value) for name, value in event.measures.items()},
    }


def envelope(uplink: Mapping[str, Any], event: Event) -> dict[str, Any]:
    """Whose event it is, when it was and how it came: what all records have in common."""
    return {
        "device": event.device,
        "source": uplink["source"],
        "network": uplink["network"],
        "request_id": uplink["request_id"],
        "observed_at": event.observed_at,
        "arrival": uplink["arrival"],
        "counter": event.counter,
        "session": event.session,
    }


def _text(details: Mapping[str, Any]) -> str:
    """JSON; what was too large for a double was read as infinity, which JSON cannot say: null."""
    text = json.dumps(details, ensure_ascii=False, sort_keys=True)
    if "Infinity" not in text and "NaN" not in text:
        return text
    plain = json.loads(text, parse_constant=lambda _: None)
    return json.dumps(plain, ensure_ascii=False, sort_keys=True)
