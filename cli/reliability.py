"""The record of ``vigie calibration evaluate --record``."""

import getpass
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from cli.comparison import Asked, instant

if TYPE_CHECKING:
    from connectors.reference import Compared


def told(
    of: "Compared",
    found: Mapping[str, Any],
    asked: Asked,
    lasts: float | None,
    near: str | None,
    protocol: str | None,
) -> dict[str, Any]:
    """The reliability as the inventory has it; ``lasts`` are the seconds of intervals of counts.

    Raises:
        Skip: nothing says what is near enough.
    """
    from streams.fit import reliability

    described = of.described | ({"protocol": protocol} if protocol else {})
    described = _described(asked, lasts) | described
    for name, option in _NEEDED.items():
        if not described.get(name):
            raise typer.BadParameter(f"--record wants {option}")
    complete = of.pairs.complete(("sensor", "reference"))
    columns = complete.numbers["sensor"], complete.numbers["reference"]
    bounds = reliability.tolerance(near) if near else None
    share = reliability.share(*columns, bounds, lasts / 3600.0 if lasts else None)
    name = "-".join(filter(None, (described["device"], described["property"], asked.channel)))
    head = {"id": f"{name}-{str(described['to'])[:10]}"}
    tail = {"tolerance": near or reliability.GEH, "author": _author()}
    return reliability.record(found, head | described | tail, share, tuple(asked.session or ()))


_NEEDED = {
    "device": "--device",
    "property": "--property",
    "from": "--from",
    "to": "--to",
    "protocol": "--protocol",
}


def _described(asked: Asked, lasts: float | None) -> dict[str, Any]:
    """What the options say of pairs from standard input."""
    said = {"device": asked.device, "property": asked.observed, "channel": asked.channel}
    for name, text in (("from", asked.since), ("to", asked.until)):
        if text is not None:
            instant(f"--{name}", text)
            said[name] = text
    return {n: v for n, v in said.items() if v} | {
        "method": "reference" if lasts is None else "manual_count"
    }


def _author() -> str:
    """Who is at work; in a container the user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
