"""What a process of a run reads and writes: the store, the spooled frames, what is erased."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.erasure.stored import erase_rows
from connectors.reprocess import spool
from connectors.store import restating
from connectors.store.batch import ask
from connectors.store.client import connect
from streams import schema_registry
from streams.applicable import Key
from streams.erasures import spans
from streams.errors import Stop
from streams.follower import Follower
from streams.plan import DevicePlan, version
from streams.registry import Registry
from streams.reprocess.contract import Decoded, Difference, Span, Store, Task
from streams.settings import Settings
from streams.siblings import usable

Frame = Mapping[str, Any]


@dataclass(frozen=True)
class Opening:
    """Opens a run's store in the process that calls it; goes from one process to another.

    ``complete`` are by device the spans of which the spool holds every frame; ``decoded`` is the
    version of those that were decoded for this run.
    """

    settings: Settings
    run: str
    registry: Registry
    spool: Path | None = None
    complete: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    decoded: int = 0

    def __call__(self) -> Store:
        _go_with_parent()
        wire, client = schema_registry.connect(self.settings), connect(self.settings)
        follower = Follower(self.settings, wire).start()

        def write(task: Task, difference: Difference) -> None:
            unchanged(self.run, self.registry, follower.current, difference)
            restating.write(client, self.run, task.devices, task.write, difference)
            withdraw(client, self.registry, follower.fresh(), task.devices)

        def close() -> None:
            follower.close()
            client.close()

        return Store(
            partial(restating.stored, client, "observations"),
            partial(restating.stored, client, "windows"),
            write,
            frames=partial(self.frames, self.spool, client) if self.spool else None,
            close=close,
        )

    def frames(self, path: Path, client: Client, devices: Sequence[str], span: Span) -> Decoded:
        """The spooled frames of devices."""
        known = _versions(client, devices, span) if self.decoded else {}
        frames = as_known(spool.between(path, devices, span), known, self.decoded)
        return Decoded(frames, {d: self.complete[d] for d in devices if d in self.complete})


def as_known(
    frames: Iterable[Frame], known: Mapping[tuple[str, bytes], tuple[int, int]], decoded: int
) -> Iterator[Frame]:
    """What a codec gives that has not changed since keeps the version that it has: decoding again
    changes nothing then. ``decoded`` is the version of what was decoded again."""
    for frame in frames:
        version, codec = known.get((frame["device"], frame["frame_id"]), (0, None))
        same = frame["decode_version"] == decoded and frame["codec_hash"] == codec
        yield {**frame, "decode_version": version} if same else frame


def _go_with_parent() -> None:
    """A process of a pool whose parent was killed would wait for work for ever."""
    if (parent := multiprocessing.parent_process()) is not None:

        def leave() -> None:
            parent.join()
            os._exit(os.EX_TEMPFAIL)

        threading.Thread(target=leave, name="parent", daemon=True).start()


def unchanged(run: str, before: Registry, now: Registry, difference: Difference) -> None:
    """Write nothing of what was declared once over what a later run wrote of what is declared now.

    Raises:
        Stop: what makes the values of one of the series is declared otherwise since the run began.
    """
    keys: dict[str, set[Key]] = {}
    for one in difference.summary:
        keys.setdefault(one.device, set()).add(one.key)
    for device, of in keys.items():
        if _version(before, device, of) != _version(now, device, of):
            raise Stop(
                f"what is declared of {device} has changed since run {run} began: resume it, and "
                "it judges by what is declared now"
            )


def _version(registry: Registry, device: str, keys: Iterable[Key]) -> int | None:
    declared = registry.get("device", device)
    return version(usable(DevicePlan(registry, declared), sorted(keys))) if declared else None


def withdraw(
    client: Client,
    before: Registry,
    now: Registry,
    devices: Sequence[str],
    erase: Callable[[Client, str, Span], object] = erase_rows,
) -> None:
    """Erase what was just written of devices whose erasure was declared since the run began.

    An erasure that is declared later finds what was written and erases it itself.
    """
    for device in devices:
        for span in set(spans(now, device)) - set(spans(before, device)):
            erase(client, device, span)


def _versions(
    client: Client, devices: Sequence[str], span: Span
) -> Mapping[tuple[str, bytes], tuple[int, int]]:
    """By device and frame the decode version and the codec that are stored."""
    rows = ask(client, "stored_frames", devices=list(devices), first=span[0], end=span[1])
    return {
        (row["device"], bytes(row["frame_id"])): (row["decode_version"], row["codec_hash"])
        for row in rows
    }
