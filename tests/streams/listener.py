"""A worker with one handler that says what Faust delivers: for the tests of the transport."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from streams.agents import application, drive, follow_assignment, run_worker
from streams.handler import Effects, Handler, Record
from streams.host import Host
from streams.settings import Settings
from streams.topics import READINGS


def say(_state: None, clock: int, records: Sequence[Record]) -> tuple[Effects, int]:
    for record in records:
        if record.value == b"throw":
            raise ValueError("as asked")
        sys.stdout.write(f"HEARD {(record.value or b'').decode()}\n")
    sys.stdout.flush()
    return Effects(), clock


class Delivered(Host[None]):
    """A host that reads nothing by hand: only what Faust delivers is seen."""

    def _explained(self, step: int) -> bool:
        return True


if __name__ == "__main__":
    settings = Settings.model_validate_json(sys.argv[1])
    host = Delivered(
        Handler("listener", READINGS, lambda: None, lambda *_: None, say), settings, lambda *_: None
    )
    app, pool = application(settings), ThreadPoolExecutor()
    drive(app, host, pool, settings)
    follow_assignment(app, [host], pool, settings)
    run_worker(app, [host], settings)
