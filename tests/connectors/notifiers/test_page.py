"""What the operator's page shows works as it stands there."""

import re
from pathlib import Path
from typing import Any

import yaml

from connectors import notifiers
from connectors.notifiers import Notifier
from connectors.notifiers.webhook import signature
from streams.discover import discover
from streams.inventory import Notifier as Declared

PAGE = (Path(__file__).parents[3] / "docs" / "notify.md").read_text("utf-8")


def block(language: str) -> str:
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(text)


def test_the_notifiers_of_the_page_can_be_declared() -> None:
    found = [Declared.model_validate(n) for n in yaml.safe_load(block("yaml"))["notifier"]]
    assert {n.kind for n in found} == set(discover(notifiers, Notifier))


def test_a_receiver_as_the_page_has_it_knows_what_is_signed() -> None:
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102
    body = '{"reason": "à 0 °C"}'.encode()
    signed = signature("key", "1772409660", body)
    assert names["authentic"](b"key", "1772409660", body, signed)
    assert not names["authentic"](b"key", "1772409661", body, signed)
    assert not names["authentic"](b"other", "1772409660", body, signed)
