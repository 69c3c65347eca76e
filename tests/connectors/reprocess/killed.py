"""A run that is killed at a moment: ``python -m tests.connectors.reprocess.killed RUN WHERE``.

``WHERE`` is ``history`` (what the first task supersedes is recorded, its rows are not written) or
``rows`` (the first task is done; of the second the observations are written, its windows are not).
Settings from the environment.
"""

import os
import signal
import sys
import time
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.reprocess.running import work
from connectors.reprocess.work import Place
from connectors.store import restating, runs
from connectors.store.client import connect
from embedded.home import with_password
from streams import schema_registry
from streams.settings import Settings
from tests.connectors.reprocess.city import NETWORKS

AT = {"history": ("observation_history", 1), "rows": ("observations", 2)}
"""The table, and which insert into it is the last thing that the run does."""


def main(run: str, where: str) -> None:
    """Work on a run until it is killed."""
    insert, seen = restating._insert, list[str]()

    def inserted(client: Client, table: str, rows: Any) -> None:
        insert(client, table, rows)
        seen.append(table)
        if (table, seen.count(table)) == AT[where]:
            os.kill(os.getpid(), signal.SIGKILL)

    restating._insert = inserted
    settings = with_password(Settings())
    client = connect(settings)
    wire = schema_registry.connect(settings)
    place = Place(settings, client, wire, NETWORKS, lambda: time.time_ns() // 1000)
    work(place, runs.found(client, run)[0], 1, lambda *_: None, lambda: False)


if __name__ == "__main__":
    main(*sys.argv[1:])
