"""``vigie status`` of a running vigie, as a command; the ceiling is an empty Python.

Boots everything in a home of its own.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cli.load import load
from cli.world import world
from embedded.ports import free_ports

RUNS = 15


def run() -> dict[str, float]:
    """``rate`` and ``ceiling`` in commands a second; ``p50_s`` and ``max_s`` of one status."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with world(load(home=home, **free_ports())):
            status = _taken("-m", "cli", "status", "--home", str(home), "--output", "json")
            empty = _taken("-c", "pass")
    return {
        "rate": round(RUNS / sum(status), 3),
        "ceiling": round(RUNS / sum(empty), 3),
        "ratio": round(sum(empty) / sum(status), 3),
        "p50_s": round(sorted(status)[RUNS // 2], 3),
        "max_s": round(max(status), 3),
    }


def _taken(*arguments: str) -> list[float]:
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run((sys.executable, *arguments), stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - start)
    return seconds
