"""Credentials stay at the door."""

import pytest

from connectors import networks
from connectors.webhook.credentials import without
from streams.discover import discover
from streams.uplinks import Network


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "Proxy-Authorization",
        "cookie",
        "x-vigie-secret",
        "X-Api-Key",
        "apikey",
        "Token",
        "access_token",
        "key",
        "client_key",
        "password",
        "signature",
        "sig",
        "X-Jwt-Assertion",
        "Referer",
        "X-Original-URI",
        "x-forwarded-uri",
        "X-Rewrite-URL",
    ],
)
def test_stripped(name: str) -> None:
    assert without({name: "x"}) == {}


def test_what_describes_the_uplink_is_kept() -> None:
    kept = {"content-type": "application/json", "event": "up", "keyboard": "1", "x-tts-domain": "d"}
    kept |= {"x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https", "design": "a"}
    assert without({**kept, "x-downlink-push": "u"}, frozenset({"x-downlink-push"})) == kept


@pytest.mark.parametrize("network", discover(networks, Network).values(), ids=lambda n: n.name)
def test_what_a_network_calls_a_credential_is_stripped(network: Network) -> None:
    assert all(name == name.lower() for name in network.credentials)
    for name in network.credentials:
        assert without({name.title(): "x", name: "y"}, network.credentials) == {}
