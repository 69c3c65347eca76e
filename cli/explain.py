"""``vigie explain``: the whole life of one value."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.command import Command
from cli.load import Home, Output, Shape, load

if TYPE_CHECKING:
    from connectors.explain.stored import Life, Place
    from streams.registry import Registry
    from streams.settings import Settings
    from streams.wire import Wire

DIFFERENT = 3


def explain(
    device: Annotated[str, typer.Argument(help="A device's id.")],
    name: Annotated[str, typer.Argument(metavar="PROPERTY", help="An observed property.")],
    time: Annotated[str, typer.Argument(help="RFC 3339; the nearest sample within a day counts.")],
    channel: Annotated[str | None, typer.Option(help="Where the device has several.")] = None,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """The life of one value: uplink, codec, calibrations, tests with their numbers, revisions.

    The judgement is done once more, with what is declared now and what is stored around the
    value, and every step of it is told. Ends with 3 where it says something else than the stored
    row, with the fields and what may explain them: the day is pending, say. vigie must be running.
    """
    from connectors import rfc3339
    from connectors.explain.stored import life, nearest
    from connectors.store.client import connect as connect_store
    from embedded.home import with_password
    from streams.declare import registered
    from streams.errors import Skip, Stop
    from streams.schema_registry import connect

    try:
        at = rfc3339.micros(time)
    except ValueError as e:
        raise typer.BadParameter(str(e)) from e
    settings = with_password(load(home=home))
    wire = connect(settings)
    registry, store = registered(settings, wire), connect_store(settings)
    try:
        place = nearest(store, device, name, channel, at)
        found = life(store, registry, place)
    except Skip as why:
        raise Stop(f"{device} {name} cannot be judged: {why}") from why
    finally:
        store.close()
    told = _document(place, found, _uplink(settings, wire, registry, place, found))
    if output is Shape.json:
        print(json.dumps(told, indent=1, default=_plain))  # noqa: T201
    else:
        from cli.explain_text import lines

        print("\n".join(lines(told)))  # noqa: T201
    if told["mismatches"]:
        print("vigie: the stored row says something else", file=sys.stderr)  # noqa: T201
        raise SystemExit(DIFFERENT)


def _uplink(
    settings: "Settings", wire: "Wire", registry: "Registry", place: "Place", found: "Life"
) -> dict[str, Any]:
    """The uplink, and what the codec of now makes of it; ``uplink`` None where it is not found."""
    from connectors import networks
    from connectors.explain.uplink import decoded, find
    from streams.codecs.sandbox import sandbox
    from streams.discover import discover
    from streams.errors import Skip
    from streams.uplinks import Network

    frame = place.device, found.row["frame_id"], found.row["arrival"]
    sent = find(settings, wire, discover(networks, Network), registry, frame)
    if sent is None:
        return {"uplink": None, "codec": None}
    try:
        with sandbox(settings) as run:
            made = decoded(sent, registry, run, place.key)
    except Skip as why:
        made = {"codec": None, "errors": [str(why)]}
    return {"uplink": sent.told(), "codec": made}


def _document(place: "Place", found: "Life", sent: dict[str, Any]) -> dict[str, Any]:
    from streams.explain import mismatches, why

    different = mismatches(found.explanation.row, found.row)
    series = {"device": place.device, "property": place.key[0], "channel": place.key[1]}
    reasons = why(different, found.row, found.pending, place.status == "final")
    return {
        **series,
        "observed_at": place.at,
        "status": place.status,
        "pending": found.pending or None,
        **sent,
        "stored": dict(found.row),
        "stages": found.explanation.stages,
        "tests": found.explanation.tests,
        "others": found.explanation.others,
        "windows": list(found.windows),
        "revisions": list(found.revisions),
        "mismatches": different,
        "reasons": reasons,
    }


def _plain(value: Any) -> Any:
    """What JSON cannot say by itself."""
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


COMMAND = Command("explain", explain)
