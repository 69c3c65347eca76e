"""``vigie erase``: what a device observed, from everywhere and for good."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.command import Command
from cli.load import Home, Output, Shape, load

if TYPE_CHECKING:
    from streams.inventory import Erasure
    from streams.registry import Registry
    from streams.settings import Settings
    from streams.wire import Wire


def erase(
    device: Annotated[
        str | None, typer.Argument(help="A device's id, declared or not.", show_default=False)
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="RFC 3339; else from the beginning.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="RFC 3339; else now. What comes later is kept.")
    ] = None,
    use_case: Annotated[
        str | None, typer.Option(help="All devices of this use case, instead of one.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Kept with the declaration.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would go, and count the rows.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """Erase what a device observed from Kafka and the store, with a receipt.

    It is declared first, so that no late copy and no replay brings anything back. vigie must be
    running; the others' data is judged on meanwhile. Interrupted, it holds, and running it again
    finishes it. A request that holds messages of other devices or times as well goes as a whole:
    what these measured stays in the store. What is declared about the device stays too. The receipt
    lies in the folder receipts of the home. Ends with 1 where something could not be erased.
    """
    import time

    from cli.logs import configure
    from streams.declare import registered
    from streams.schema_registry import connect

    if (device is None) == (use_case is None):
        raise typer.BadParameter("either a DEVICE or --use-case")
    settings = load(home=home)
    configure("error", plain=True)
    wire = connect(settings)
    now = time.time_ns() // 1000
    known = registered(settings, wire)
    devices = [device] if device else _devices(known, str(use_case))
    erasures = [_erasure(name, since, until, now, reason) for name in devices]
    _warn(known, [one.device for one in erasures])
    if dry_run:
        _preview(settings, erasures, output)
    elif yes or _confirmed(erasures):
        _carried_out(settings, wire, erasures, output)


def _carried_out(
    settings: "Settings", wire: "Wire", erasures: "Sequence[Erasure]", output: Shape
) -> None:
    """Erase, print the receipt and keep it; the end with 1 is where something is left."""
    import getpass
    import time

    from connectors import networks
    from connectors.erasure.erase import erase, save
    from connectors.erasure.receipt import text
    from streams.discover import discover
    from streams.uplinks import Network

    def clock() -> int:
        return time.time_ns() // 1000

    found = discover(networks, Network)
    content = erase(settings, wire, found, erasures, getpass.getuser(), clock, _said)
    path = save(settings.home, content)
    print(json.dumps(content, indent=1) if output is Shape.json else text(content))  # noqa: T201
    print(f"receipt: {path}", file=sys.stderr)  # noqa: T201
    if any(content["left"].values()):
        raise typer.Exit(1)


def _devices(registry: "Registry", use_case: str) -> list[str]:
    """The devices of a use case.

    Raises:
        Stop: there is none.
    """
    from streams.errors import Stop

    of = (d.id for d in registry.all("device").values() if d.use_case == use_case)
    if not (found := sorted(of)):
        raise Stop(f"no device of use case {use_case!r} is declared")
    return found


def _warn(registry: "Registry", devices: "Sequence[str]") -> None:
    """A device that was removed is erased like another, but so is one that never was."""
    from difflib import get_close_matches

    declared = registry.all("device")
    for device in devices:
        if device not in declared:
            near = get_close_matches(device, declared, n=1)
            _said(f"{device} is not declared" + (f": did you mean {near[0]}?" if near else ""))


def _erasure(device: str, since: str | None, until: str | None, now: int, reason: str) -> "Erasure":
    from pydantic import ValidationError

    from connectors import rfc3339
    from streams.inventory import Erasure

    end = until or rfc3339.text(now)
    body = {"device": device, "to": end, "reason": reason} | ({"from": since} if since else {})
    name = "/".join([device, since or "", end])
    try:
        return Erasure.model_validate(body | {"id": _id(name)})
    except ValidationError as e:
        said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in e.errors())
        raise typer.BadParameter(said) from e


def _id(name: str) -> str:
    """The same erasure has the same id, so that running it again declares nothing new."""
    from hashlib import sha256

    return sha256(name.encode()).hexdigest()[:32]


def _confirmed(erasures: "Sequence[Erasure]") -> bool:
    """Whether an operator says yes.

    Raises:
        Stop: nobody can be asked.
    """
    from streams.errors import Stop

    if not sys.stdin.isatty():
        raise Stop("this cannot be undone: say --yes, or look first with --dry-run")
    for one in erasures:
        print(_told(one), file=sys.stderr)  # noqa: T201
    return typer.confirm("This cannot be undone. Go on?", err=True)


def _told(one: "Erasure") -> str:
    return f"{one.device}: {one.start or 'ever'} to {one.end}"


def _preview(settings: "Settings", erasures: "Sequence[Erasure]", output: Shape) -> None:
    """What would go, and how many rows of the store; what is on the topics is not counted."""
    from cli.tables import table
    from connectors.erasure.stored import count_rows
    from connectors.store.client import connect

    store = connect(settings)
    try:
        counted = [count_rows(store, e.device, (e.since, e.until)) for e in erasures]
    finally:
        store.close()
    told = [e.model_dump(mode="json", by_alias=True, exclude_none=True) for e in erasures]
    rows = [one | {"rows": count} for one, count in zip(told, counted, strict=True)]
    if output is Shape.json:
        print(json.dumps(rows, indent=1))  # noqa: T201
        return
    table(
        [
            {"device": e.device, "from": str(e.start or "ever"), "to": str(e.end)}
            | {name: str(n) for name, n in count.items()}
            for e, count in zip(erasures, counted, strict=True)
        ]
    )


def _said(step: str) -> None:
    print(f"vigie: {step}", file=sys.stderr)  # noqa: T201


COMMAND = Command("erase", erase)
