"""Who knows the secret comes in, nobody else."""

import pytest

from connectors.shared_secret import authentic

SECRET = "s3crét"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-vigie-secret": SECRET},
        {"authorization": f"Bearer {SECRET}"},
        {"authorization": f"bearer  {SECRET} "},
    ],
)
def test_admitted(headers: dict[str, str]) -> None:
    assert authentic(headers, SECRET)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-vigie-secret": ""},
        {"x-vigie-secret": SECRET[:-1]},
        {"x-vigie-secret": SECRET + "x"},
        {"authorization": SECRET},
        {"authorization": f"Basic {SECRET}"},
        {"x-vigie-secret": "\udc80"},
        {"x-vigie-secret": "wrong", "authorization": f"Bearer {SECRET}"},
    ],
)
def test_refused(headers: dict[str, str]) -> None:
    assert not authentic(headers, SECRET)


def test_an_empty_secret_admits_nobody() -> None:
    assert not authentic({"x-vigie-secret": ""}, "")
    assert not authentic({}, "")
