"""A worker or a sink as the product runs it, but for the hook between its phases.

``python -m tests.chaos.worker worker|sink JOURNAL SEED PAUSE``; settings from the environment.
"""

import sys
from pathlib import Path
from random import Random

from connectors import networks
from connectors.store import sink
from streams import agents
from streams.discover import discover
from streams.settings import Settings
from streams.uplinks import Network
from tests.chaos import journal


def main(role: str, path: str, seed: str, pause: str) -> None:
    """Run until a signal says stop."""
    on_phase = journal.writer(Path(path), Random(f"{seed}{role}"), float(pause))
    if role == "sink":
        sink.main(Settings(), on_phase=on_phase)
    else:
        agents.main(Settings(), discover(networks, Network), on_phase=on_phase)


if __name__ == "__main__":
    main(*sys.argv[1:])
