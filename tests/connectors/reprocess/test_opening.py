"""What is erased while a run is at work does not come back by it."""

import pickle
import signal
import subprocess
import sys
from typing import Any

import psutil

from connectors.reprocess.opening import Opening, withdraw
from streams.inventory import Erasure
from streams.registry import Registry
from streams.settings import Settings

DAY = 86_400_000_000


def erased(registry: Registry, device: str, day: int) -> Registry:
    body = {"id": f"{device}-{day}", "device": device, "reason": "asked"}
    span = {"from": f"2026-01-{day:02}T00:00:00Z", "to": f"2026-01-{day + 1:02}T00:00:00Z"}
    return registry.having("erasure", body["id"], Erasure.model_validate(body | span))


def test_an_opening_goes_from_one_process_to_another() -> None:
    opening = Opening(Settings(), "r", erased(Registry(), "a", 1), None, {"a": [(0, DAY)]}, 3)
    assert pickle.loads(pickle.dumps(opening)) == opening  # noqa: S301


def test_only_what_was_erased_since_the_run_began_is_erased_after_a_write() -> None:
    before = erased(Registry(), "a", 1)
    now = erased(erased(erased(before, "a", 3), "b", 5), "c", 7)
    gone: list[tuple[str, int]] = []

    def erase(_client: Any, device: str, span: tuple[int, int]) -> None:
        assert span[1] - span[0] == DAY
        gone.append((device, span[0] // DAY - 20_453))

    client: Any = None
    withdraw(client, before, before, ["a", "b"], erase)
    assert gone == []
    withdraw(client, before, now, ["a", "b"], erase)
    assert gone == [("a", 3), ("b", 5)]


def test_no_process_outlives_a_run_that_is_killed() -> None:
    dead = subprocess.run(
        (sys.executable, "-m", "tests.connectors.reprocess.orphan"),
        stdout=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert dead.returncode == -signal.SIGKILL
    try:
        psutil.Process(int(dead.stdout)).wait(30)
    except psutil.NoSuchProcess:
        return
