"""One erasure from its declaration to its receipt."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.erasure.concern import Erased
from connectors.erasure.erasing import Erasing
from connectors.erasure.reading import Reader
from connectors.erasure.receipt import receipt, text
from connectors.store.client import connect
from streams.declare import declare, registered
from streams.erasures import spans
from streams.inventory import Erasure
from streams.settings import Settings
from streams.uplinks import Network
from streams.wire import Wire


def erase(
    settings: Settings,
    wire: Wire,
    networks: Mapping[str, Network],
    erasures: Sequence[Erasure],
    author: str,
    clock: Callable[[], int],
    said: Callable[[str], None],
) -> dict[str, Any]:
    """Declare these erasures, carry them out, and give the receipt; ``clock()`` in UTC
    microseconds. What was declared to be erased of the same devices before goes as well.

    Raises:
        Retry: not all steps could be done; the erasure holds, and running it again finishes it.
        Stop: there is a place from which nothing can be erased now.
    """
    begun, store = clock(), connect(settings)
    try:
        said("declaring")
        declare(settings, wire, [("erasure", e) for e in erasures], begun, author)
        registry = registered(settings, wire)
        devices = sorted({e.device for e in erasures})
        erased = Erased({d: spans(registry, d) for d in devices}, wire, registry, networks)
        with Reader(settings) as reader:
            found = Erasing(reader, erased, store, said).run()
    finally:
        store.close()
    return receipt(erasures, found, author, begun, clock())


def save(home: Path, content: Mapping[str, Any]) -> Path:
    """Keep a receipt as JSON and as text, for its owner alone; the path of the JSON."""
    folder = home / "receipts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem = f"erasure-{content['ended'].replace(':', '')}-{content['sha256'][:8]}"
    path = folder / f"{stem}.json"
    for place, body in (
        (path, json.dumps(content, indent=1, ensure_ascii=False) + "\n"),
        (path.with_suffix(".txt"), text(content)),
    ):
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
    return path
