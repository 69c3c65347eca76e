"""Admission, as HTTP says it.

A stranger hears nothing of what is wrong, and writes no log above debug: the log is on the disk
that keeps the data. That no secret is set is the operator's affair and is logged, once a source.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from starlette.exceptions import HTTPException

from connectors.admission import SecretNotSet, SecretOf, admit_head, admit_whole
from streams.errors import Skip, Stop
from streams.inventory import Source
from streams.uplinks import Network, Request

log = structlog.get_logger()
RETRY_AFTER = "5"
"""Seconds after which a network server may send again what was not kept."""

_Admit = Callable[[Source, Network, Request, SecretOf], None]


class Stranger(HTTPException):
    """The refusal of a request that has not shown the secrets of a source."""


@dataclass(frozen=True)
class Gate:
    """Lets in who shows the secrets of a source, asked anew for every request."""

    secret_of: SecretOf
    without_secret: set[str] = field(default_factory=set)
    """The sources whose secret is known to be wanting."""

    def head(self, source: Source, network: Network, request: Request) -> None:
        """Raise Stranger, 401 or 503, on a head that cannot belong to an admitted request."""
        self._pass(admit_head, source, network, request)
        self.without_secret.discard(source.id)

    def whole(self, source: Source, network: Network, request: Request) -> None:
        """Raise Stranger, 401 or 503, on a request whose signature is not that of its source."""
        self._pass(admit_whole, source, network, request)

    def _pass(self, admit: _Admit, source: Source, network: Network, request: Request) -> None:
        try:
            admit(source, network, request, self.secret_of)
        except Stop as e:
            self._wanting(source, str(e))
            raise Stranger(503, "not kept: send it again", {"retry-after": RETRY_AFTER}) from e
        except Skip as e:
            if isinstance(e, SecretNotSet):
                self._wanting(source, str(e))
            else:
                self.without_secret.discard(source.id)
            detail = "the secret of this source is missing or wrong"
            raise Stranger(401, detail, {"www-authenticate": "Bearer"}) from e

    def _wanting(self, source: Source, remedy: str) -> None:
        if source.id not in self.without_secret:
            self.without_secret.add(source.id)
            log.error("no_secret", source=source.id, remedy=remedy)
