"""The sink as a process of its own, which journals its phases: to be killed in the middle.

``python -m tests.connectors.store.sink_process JOURNAL``; settings from the environment.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.store import sink
from streams.settings import Settings


def main(journal: str) -> None:
    """Run until a signal says stop; one phase a line, unbuffered."""

    def on_phase(phase: str, info: Mapping[str, Any]) -> None:
        with Path(journal).open("a", encoding="utf-8") as lines:
            lines.write(f"{phase}\n")

    sink.main(Settings(), on_phase)


if __name__ == "__main__":
    main(sys.argv[1])
