"""Whether decode will take a row: asked before it is sent, so that the report says its line."""

from collections.abc import Callable, Mapping
from typing import Any

from streams.erasures import erased
from streams.errors import Skip
from streams.handler import Record
from streams.inventory import Source
from streams.mapping import Mapper, Times, mapper
from streams.message import Message, message, timely
from streams.registry import Registry
from streams.uplinks import UNTIMED, Event

_NOWHERE = Record("", -1, -1, None, None)
"""It is on no topic yet."""


def fitness(current: Callable[[], Registry]) -> Callable[[Event, Source, int], None]:
    """``fit(event, source, arrival)`` under what is declared; ``arrival`` in UTC microseconds.

    It raises Skip where decode would, but for what only the run of a codec can show; ``no_time``
    where an event has no time of its own, for the hour of an import is none; and ``erased``, so
    that an old file does not bring back what decode would pass over.
    """
    mappers: dict[str, tuple[Registry, Mapper]] = {}

    def fit(event: Event, source: Source, arrival: int) -> None:
        registry = current()
        if event.observed_at == UNTIMED:
            raise Skip("no_time", f"a message of {event.device} in a file must have its time")
        if erased(registry, event.device, event.observed_at):
            raise Skip("erased", f"what {event.device} observed then was erased, and stays so")
        uplink = {"network": source.network, "source": source.id, "arrival": arrival}
        if event.kind != "uplink":
            timely(uplink, event)
            return
        told = message(_NOWHERE, uplink, event, registry)
        if told.call is None:
            _mapped(told, registry, mappers)

    return fit


def _mapped(told: Message, registry: Registry, mappers: dict[str, tuple[Registry, Mapper]]) -> None:
    outcome = told.decoded
    if outcome is None or outcome.data is None:
        return
    known = mappers.get(told.codec.id)
    if known is None or known[0] is not registry:
        known = mappers[told.codec.id] = registry, mapper(told.codec, registry)
    uplink: Mapping[str, Any] = told.uplink
    known[1](outcome.data, Times(told.event.observed_at, uplink["arrival"]))
