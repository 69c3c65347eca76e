"""The phases of every batch of a process, one JSON line each: the proof that a kill struck one."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

Phase = Callable[[str, Mapping[str, object]], None]

CLOSING = "committed"


def writer(path: Path, rng: Random, pause: float) -> Phase:
    """A hook that notes a phase, then dawdles up to ``pause`` seconds, so that faults find it."""
    file = path.open("ab", buffering=0)
    lock = threading.Lock()

    def on_phase(phase: str, info: Mapping[str, object]) -> None:
        line = {"pid": os.getpid(), "at": time.time(), "phase": phase, "info": dict(info)}
        with lock:
            file.write(json.dumps(line, default=str).encode() + b"\n")
        time.sleep(rng.uniform(0, pause))

    return on_phase


def read(path: Path, pid: int) -> Iterator[dict[str, Any]]:
    """The whole lines of one process; a line that a kill cut short was never a phase."""
    if not path.exists():
        return
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            phase = json.loads(line)
            if phase["pid"] == pid:
                yield phase


def flight(phase: Mapping[str, Any]) -> tuple[object, ...]:
    """Which stream of batches a phase belongs to: a handler's partition, or the sink's one."""
    info = phase["info"]
    return ("handler" in info and (info["handler"], info["partition"])) or ()


def in_flight(phases: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last phases of the batches that were begun and not committed."""
    open_: dict[tuple[object, ...], dict[str, Any]] = {}
    for phase in phases:
        if phase["phase"] == CLOSING:
            open_.pop(flight(phase), None)
        else:
            open_[flight(phase)] = phase
    return list(open_.values())
