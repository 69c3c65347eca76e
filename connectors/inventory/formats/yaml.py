"""YAML: kinds, each with a list of objects.

Read event by event: what is too deep is refused before anything nests, what a word means is
:mod:`~connectors.inventory.scalar`'s to say, and every value knows its line.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from connectors.inventory.formats import DEPTH_MAX, Entry, InventoryFormat, Unreadable, Where
from connectors.inventory.scalar import scalar
from streams.inventory.declared import Place

Event = Any
"""Of PyYAML, which types them loosely."""

Lines = dict[Place, int]


def read(text: str, _: str) -> Iterator[Entry | Unreadable]:
    """The objects of a file, with the line of each field."""
    try:
        yield from _Reader(yaml.parse(text, Loader=yaml.CSafeLoader)).entries()
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        where = f":{mark.line + 1}" if mark else ""
        raise Unreadable(where, f"this is no YAML: {e.problem or e.context}") from e
    except yaml.YAMLError as e:
        raise Unreadable("", f"this is no YAML: {e}") from e


class _Reader:
    def __init__(self, events: Iterator[Event]) -> None:
        self._events = (e for e in events if not isinstance(e, yaml.StreamStartEvent))

    def entries(self) -> Iterator[Entry | Unreadable]:
        """Of the one document, kind by kind."""
        if not isinstance(next(self._events), yaml.DocumentStartEvent):
            return
        root = next(self._events)
        if isinstance(root, yaml.ScalarEvent) and not root.value:
            return
        if not isinstance(root, yaml.MappingStartEvent):
            raise Unreadable(_line(root), "a file is a mapping of kinds to lists of objects")
        for kind, event in self._pairs():
            yield from self._of_kind(kind, event)
        if not isinstance(next(self._events), yaml.DocumentEndEvent) or not isinstance(
            event := next(self._events), yaml.StreamEndEvent
        ):
            raise Unreadable(_line(event), "one document a file")

    def _of_kind(self, kind: str, event: Event) -> Iterator[Entry | Unreadable]:
        if not isinstance(event, yaml.SequenceStartEvent):
            yield Unreadable(_line(event), f"{kind}: a list of objects belongs here")
            self._value(event, (), {})
            return
        for item in self._items():
            lines: Lines = {}
            body = self._value(item, (), lines)
            if isinstance(body, dict):
                yield Entry(kind, body, _where(lines))
            else:
                yield Unreadable(_line(item), f"{kind}: an object with an id belongs here")

    def _pairs(self) -> Iterator[tuple[str, Event]]:
        met: set[str] = set()
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise Unreadable(_line(key), "a name belongs here")
            if key.value in met:
                raise Unreadable(_line(key), f"{key.value} is here twice")
            met.add(key.value)
            yield key.value, next(self._events)

    def _items(self) -> Iterator[Event]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield event

    def _value(self, event: Event, at: Place, lines: Lines) -> Any:
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise Unreadable(_line(event), "no anchors (& and *): write the values out")
        if event.tag not in (None, "!"):
            raise Unreadable(_line(event), f"no tags, such as {event.tag}: write the value only")
        if len(at) > DEPTH_MAX:
            raise Unreadable(_line(event), "this is too deep")
        lines[at] = event.start_mark.line + 1
        if isinstance(event, yaml.MappingStartEvent):
            return {name: self._value(e, (*at, name), lines) for name, e in self._pairs()}
        if isinstance(event, yaml.SequenceStartEvent):
            return [self._value(e, (*at, i), lines) for i, e in enumerate(self._items())]
        return event.value if event.style else scalar(event.value)


def _where(lines: Lines) -> Where:
    def where(at: Place) -> str:
        """Of the field, or of what is around it."""
        while at and at not in lines:
            at = at[:-1]
        return f":{lines[at]}"

    return where


def _line(event: Event) -> str:
    return f":{event.start_mark.line + 1}"


YAML = InventoryFormat("yaml", (".yaml", ".yml"), read)
