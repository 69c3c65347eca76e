"""Whether a request shows the secrets of its source; pure over the secrets.

All secrets that count are compared, also after one has matched, so that the time of an answer
tells nothing of which. Nothing here logs or says what was shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from connectors import shared_secret
from streams.errors import Skip, Stop
from streams.inventory import Source
from streams.uplinks import Network, Request

SecretOf = Callable[[str], str | None]
"""The secret of a name, None where there is none; Stop where it cannot be read."""


class SecretNotSet(Skip):
    """Nobody can show a secret that is not there; the message names what to set."""


def admit_head(source: Source, network: Network, request: Request, secret_of: SecretOf) -> None:
    """What can be told of the head of a request alone; ``request`` has no body yet.

    A network that signs query and body is asked later, by :func:`admit_whole`; a request that
    carries none of its credentials is refused here.

    Raises:
        SecretNotSet: no secret is set by which anybody could be admitted.
        Skip: ``unauthenticated``.
        Stop: a secret cannot be read.
    """
    secrets = _active(source, source.secret, secret_of)
    if source.header_secret:
        shown = [
            shared_secret.in_own_header(request, secret)
            for secret in _active(source, source.header_secret, secret_of)
        ]
        _refuse_unless(any(shown), "X-Vigie-Secret is missing or wrong")
    if not network.signed:
        _authenticate(source, network, request, secrets)
    else:
        present = {name.lower() for name in (*request.query, *request.headers)}
        wanted = sorted(network.credentials)
        _refuse_unless(not present.isdisjoint(wanted), f"there is no {' or '.join(wanted)}")


def admit_whole(source: Source, network: Network, request: Request, secret_of: SecretOf) -> None:
    """What a network that signs query and body says of the whole request.

    Raises:
        SecretNotSet: no secret is set by which anybody could be admitted.
        Skip: ``unauthenticated``.
        Stop: a secret cannot be read.
    """
    if network.signed:
        _authenticate(source, network, request, _active(source, source.secret, secret_of))


def admit_copy(source: Source, network: Network, request: Request, secret_of: SecretOf) -> None:
    """A request that was written down, asked for what is left of it.

    A signature is checked wherever the network has one, headers where some are given.

    Raises:
        SecretNotSet: no secret is set by which anybody could be admitted.
        Skip: ``unauthenticated``.
    """
    if not request.headers:
        source = source.model_copy(update={"header_secret": ()})
    if request.headers or network.signed:
        try:
            admit_head(source, network, replace(request, body=b""), secret_of)
            admit_whole(source, network, request, secret_of)
        except Stop as e:
            raise SecretNotSet("unauthenticated", str(e)) from e


def _authenticate(
    source: Source, network: Network, request: Request, secrets: Sequence[str]
) -> None:
    if source.header_secret:
        # That header is the second secret's; the first one is shown elsewhere.
        headers = {n: v for n, v in request.headers.items() if n != shared_secret.HEADER}
        request = Request(headers, request.query, request.body, request.at)
    shown = [network.authentic(request, secret) for secret in secrets]
    _refuse_unless(any(shown), "the secret of this source is missing or wrong")


def _active(source: Source, names: Sequence[str], secret_of: SecretOf) -> list[str]:
    if not names:
        raise SecretNotSet(
            "unauthenticated",
            f"source {source.id} declares no secret, so nobody may post to it: give it the name "
            "of one",
        )
    found = [value for name in names if (value := secret_of(name))]
    if not found:
        raise SecretNotSet(
            "unauthenticated",
            "set "
            + " or ".join(f"VIGIE_SECRET_{name}" for name in names)
            + ", or write "
            + " or ".join(f"secrets/{name}" for name in names)
            + " of the home",
        )
    return found


def _refuse_unless(admitted: bool, why: str) -> None:
    if not admitted:
        raise Skip("unauthenticated", why)
