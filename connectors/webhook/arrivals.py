"""When a request arrived: the door's clock, or what a simulated source says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prometheus_client import Counter
from starlette.exceptions import HTTPException

from connectors import rfc3339
from connectors.webhook.broker_clock import OFF_MAX
from streams.duration import HOUR
from streams.inventory import Source

HEADER = "x-vigie-arrival"
AHEAD_MAX = HOUR - OFF_MAX
"""Microseconds that an arrival may be ahead of the door's clock: Kafka refuses an hour on its own
(``message.timestamp.after.max.ms``), and one refused record fails the batch of its neighbours."""


@dataclass(frozen=True)
class Arrivals:
    """``clock()`` in UTC microseconds; ``simulated`` where nothing may arrive at its time."""

    clock: Callable[[], int]
    simulated: bool
    ignored: Counter

    def of(self, source: Source, headers: Mapping[str, str]) -> int:
        """The arrival of a request that is complete now, UTC microseconds.

        Raises:
            HTTPException: 400, an arrival that is malformed, missing or out of bounds.
        """
        said = headers.get(HEADER)
        if self.simulated and (said is None or not source.simulated):
            # One arrival of the wall's would make everything simulated late, for good.
            raise HTTPException(
                400,
                "on a simulated clock send X-Vigie-Arrival, from a source that is declared "
                "simulated: true",
            )
        if said is not None and source.simulated:
            return self._bounded(said)
        if said is not None:
            self.ignored.labels(source.id).inc()
        return self.clock()

    def _bounded(self, said: str) -> int:
        try:
            arrival = rfc3339.micros(said)
        except ValueError as e:
            raise HTTPException(400, f"X-Vigie-Arrival: {e}") from e
        if arrival < 0:
            raise HTTPException(400, "X-Vigie-Arrival lies before 1970")
        if arrival > self.clock() + AHEAD_MAX:
            raise HTTPException(400, "X-Vigie-Arrival lies in the future")
        return arrival
