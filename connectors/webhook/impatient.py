"""HTTP/1.1 with an end to waiting for a client: uvicorn itself waits for ever for headers to come
and for answers to be taken."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS_WITHIN = 10.0
"""Seconds from a connection's, or a later request's, first byte to the end of its headers."""

TAKEN_WITHIN = 10.0
"""Seconds in which a client must take what it was sent."""


class Impatient(H11Protocol):
    """Closes a connection whose headers do not come, or whose answers are not taken."""

    _due: asyncio.TimerHandle | None = None
    _untaken: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new connection must send its headers soon."""
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Bytes of headers do not buy more time, a complete request does."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._cancel()
        elif self._due is None:
            self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected of it any more."""
        self._cancel()
        self.resume_writing()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """The time between two requests is uvicorn's own affair."""
        self._cancel()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client takes less than it is sent."""
        super().pause_writing()
        self._untaken = self.loop.call_later(TAKEN_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken most of it."""
        if self._untaken is not None:
            self._untaken.cancel()
            self._untaken = None
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Between two requests for too long."""
        super().timeout_keep_alive_handler()
        self._hang_up()

    def _expect(self) -> None:
        self._due = self.loop.call_later(HEADERS_WITHIN, self._hang_up)

    def _hang_up(self) -> None:
        # Closing waits for the client to take the rest; aborting does not.
        self.transport.close()
        self.loop.call_later(TAKEN_WITHIN, self.transport.abort)

    def _cancel(self, *_: Any) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
