"""Who knows the secret comes in, nobody else."""

import base64

import pytest

from connectors.shared_secret import authentic
from streams.uplinks import Request

SECRET = "s3crét"
SENT = SECRET.encode().decode("latin-1")
"""What an ASGI server makes of the bytes on the wire."""


def basic(user: str, password: str) -> str:
    """The credentials of RFC 7617."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"x-vigie-secret": SENT},
        {"authorization": f"Bearer {SENT}"},
        {"authorization": f"bearer  {SENT} "},
        {"authorization": f"Basic {basic('anybody', SECRET)}"},
    ],
)
def test_admitted(headers: dict[str, str]) -> None:
    assert authentic(Request(headers), SECRET)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-vigie-secret": ""},
        {"x-vigie-secret": SENT[:-1]},
        {"x-vigie-secret": SENT + "x"},
        {"authorization": SECRET},
        {"authorization": f"Basic {SENT}"},
        {"authorization": f"Basic {basic(SECRET, '')}"},
        {"x-vigie-secret": "\udc80"},
        {"x-vigie-secret": "wrong", "authorization": f"Bearer {SENT}"},
    ],
)
def test_refused(headers: dict[str, str]) -> None:
    assert not authentic(Request(headers), SECRET)


def test_an_empty_secret_admits_nobody() -> None:
    assert not authentic(Request({"x-vigie-secret": ""}), "")
    assert not authentic(Request(), "")


def test_a_secret_with_a_colon_is_a_user_and_a_password() -> None:
    shown = Request({"authorization": f"Basic {basic('city', 'word')}"})
    assert authentic(shown, "city:word")
    assert not authentic(shown, "town:word")
    assert not authentic(shown, "other")
