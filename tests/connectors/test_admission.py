"""Who is let in: by one secret of two, by a signature, by both."""

from base64 import b64encode

import pytest

from connectors.admission import SecretNotSet, SecretOf, admit_head, admit_whole
from connectors.networks.tts import TTS
from streams.errors import Skip
from streams.inventory import Source
from streams.uplinks import Network, Request
from tests.connectors.signed import AGE_MAX, SIGNED, token

NOW = 1_791_000_000_000_000
SECRETS = {"OLD": "before", "NEW": "after", "HEADER": "beside", "OTHER": "another source's"}


def admitted(
    source: Source, network: Network, request: Request, secret_of: SecretOf = SECRETS.get
) -> bool:
    try:
        admit_head(source, network, Request(request.headers, request.query), secret_of)
        admit_whole(source, network, request, secret_of)
    except Skip as why:
        return why.reason != "unauthenticated" or any(s in str(why) for s in SECRETS.values())
    return True


def own(secret: str) -> Request:
    return Request({"x-vigie-secret": secret})


def signed(secret: str, at: int = NOW, body: bytes = b"d", **headers: str) -> Request:
    query = {"at": str(at), "Token": token(secret, at, body)}
    return Request({n.replace("_", "-"): v for n, v in headers.items()}, query, body, NOW)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [("before", True), ("after", True), ("another source's", False), ("", False), ("befor", False)],
)
def test_while_a_secret_changes_both_count_and_no_other(shown: str, expected: bool) -> None:
    source = Source(id="s", network="tts", secret=("OLD", "NEW"))
    assert admitted(source, TTS, own(shown)) is expected


def test_a_secret_that_is_retired_counts_no_more_and_one_that_is_not_there_yet_harms_nobody() -> (
    None
):
    assert not admitted(Source(id="s", network="tts", secret=("NEW",)), TTS, own("before"))
    coming = Source(id="s", network="tts", secret=("OLD", "COMING"))
    assert admitted(coming, TTS, own("before"))
    assert not admitted(coming, TTS, own(""))


def test_every_secret_is_compared_whichever_matches() -> None:
    asked: list[str] = []

    def authentic(_: Request, secret: str) -> bool:
        asked.append(secret)
        return secret == "before"

    source = Source(id="s", network="tts", secret=("OLD", "NEW"))
    assert admitted(source, Network("n", authentic, TTS.events), Request())
    assert asked == ["before", "after"]


def test_a_source_without_a_secret_admits_nobody() -> None:
    for source in (
        Source(id="files", network="tts"),
        Source(id="files", network="tts", header_secret=("HEADER",)),
    ):
        with pytest.raises(SecretNotSet, match="source files declares no secret"):
            admit_head(source, TTS, own("beside"), SECRETS.get)


@pytest.mark.parametrize("network", [TTS, SIGNED])
def test_a_secret_that_is_not_set_is_named(network: Network) -> None:
    source = Source(id="s", network=network.name, secret=("COMING", "LATER"))
    with pytest.raises(SecretNotSet, match=r"VIGIE_SECRET_COMING or VIGIE_SECRET_LATER, or write"):
        admit_head(source, network, signed("", x_vigie_secret=""), SECRETS.get)


def test_a_header_secret_is_wanted_beside_the_first_one_and_not_instead() -> None:
    source = Source(id="s", network="tts", secret=("OLD",), header_secret=("HEADER", "NEW"))
    for header, password, expected in (
        ("beside", "before", True),
        ("after", "before", True),
        ("before", "before", False),
        ("beside", "beside", False),
        ("beside", "", False),
        ("", "before", False),
    ):
        basic = "Basic " + b64encode(f"anybody:{password}".encode()).decode()
        request = Request({"x-vigie-secret": header, "authorization": basic})
        assert admitted(source, TTS, request) is expected


def test_a_signature_is_of_this_body_this_secret_and_this_hour() -> None:
    source = Source(id="s", network="signed", secret=("OLD", "NEW"))
    assert admitted(source, SIGNED, signed("before"))
    assert admitted(source, SIGNED, signed("after", NOW - AGE_MAX))
    for refused in (
        signed("another source's"),
        signed("before", NOW - AGE_MAX - 1),
        signed("before", NOW + AGE_MAX + 1),
        Request({}, signed("before").query, b"another body", NOW),
        Request({}, {"at": str(NOW), "Token": ""}, b"d", NOW),
    ):
        assert not admitted(source, SIGNED, refused)


def test_a_request_that_is_not_signed_is_refused_before_its_body_is_there() -> None:
    source = Source(id="s", network="signed", secret=("OLD",))
    with pytest.raises(Skip, match="there is no token"):
        admit_head(source, SIGNED, Request({}, {"at": "1"}), SECRETS.get)
    admit_head(source, SIGNED, Request({}, {"at": "1", "Token": "x"}), SECRETS.get)


def test_a_signature_does_not_replace_the_header_secret() -> None:
    source = Source(id="s", network="signed", secret=("OLD",), header_secret=("HEADER",))
    assert admitted(source, SIGNED, signed("before", x_vigie_secret="beside"))
    assert not admitted(source, SIGNED, signed("before"))
    assert not admitted(source, SIGNED, signed("before", x_vigie_secret="before"))
    assert not admitted(source, SIGNED, signed("beside", x_vigie_secret="beside"))
