"""A request's head, bounded: uvicorn's own bound holds only for a head that comes in pieces."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


def bounded(application: ASGIApp, most: int) -> ASGIApp:
    """The application, behind an answer 431 (RFC 6585) to a target and headers beyond ``most``
    bytes."""
    refusal = PlainTextResponse(f"more than {most} bytes of headers", 431, {"connection": "close"})

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        refused = scope["type"] == "http" and _size(scope) > most
        await (refusal if refused else application)(scope, receive, send)

    return checked


def _size(scope: Scope) -> int:
    """As on the wire: each header with its colon, blank and line end."""
    fields = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    return fields + len(scope["raw_path"]) + len(scope["query_string"])
