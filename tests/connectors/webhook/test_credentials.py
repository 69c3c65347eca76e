"""Credentials stay at the door."""

import pytest

from connectors.webhook.credentials import without


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
    ],
)
def test_stripped(name: str) -> None:
    assert without({name: "x"}) == {}


def test_what_describes_the_uplink_is_kept() -> None:
    kept = {"content-type": "application/json", "event": "up", "keyboard": "1", "x-tts-domain": "d"}
    assert without({**kept, "x-downlink-push": "u"}, frozenset({"x-downlink-push"})) == kept
