"""Who knows the secret comes in, nobody else."""

import pytest

from connectors.shared_secret import authentic

SECRET = "s3crét"
SENT = SECRET.encode().decode("latin-1")
"""What an ASGI server makes of the bytes on the wire."""


@pytest.mark.parametrize(
    "headers",
    [
        {"x-vigie-secret": SENT},
        {"authorization": f"Bearer {SENT}"},
        {"authorization": f"bearer  {SENT} "},
    ],
)
def test_admitted(headers: dict[str, str]) -> None:
    assert authentic(headers, SECRET)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-vigie-secret": ""},
        {"x-vigie-secret": SENT[:-1]},
        {"x-vigie-secret": SENT + "x"},
        {"authorization": SECRET},
        {"authorization": f"Basic {SENT}"},
        {"x-vigie-secret": "\udc80"},
        {"x-vigie-secret": "wrong", "authorization": f"Bearer {SENT}"},
    ],
)
def test_refused(headers: dict[str, str]) -> None:
    assert not authentic(headers, SECRET)


def test_an_empty_secret_admits_nobody() -> None:
    assert not authentic({"x-vigie-secret": ""}, "")
    assert not authentic({}, "")
