"""A run that is killed at a moment: ``python -m tests.connectors.reprocess.killed RUN WHERE``.

``WHERE`` is ``history`` (what is superseded is recorded, its rows are not written), ``rows`` (both
are, the task is not recorded as done) or ``task`` (it is). Settings from the environment.
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

AT = {"history": "observation_history", "rows": "observations"}


def main(run: str, where: str) -> None:
    """Work on a run until it is killed."""
    insert = restating._insert

    def inserted(client: Client, table: str, rows: Any) -> None:
        insert(client, table, rows)
        if table == AT.get(where):
            os.kill(os.getpid(), signal.SIGKILL)

    def done(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    restating._insert = inserted
    settings = with_password(Settings())
    client = connect(settings)
    wire = schema_registry.connect(settings)
    place = Place(settings, client, wire, NETWORKS, lambda: time.time_ns() // 1000)
    work(place, runs.found(client, run)[0], 1, done, lambda: False)


if __name__ == "__main__":
    main(*sys.argv[1:])
