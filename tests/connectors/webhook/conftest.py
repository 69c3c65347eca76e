"""One open door for the tests of a file."""

from collections.abc import Iterator

import pytest

from streams.schema_registry import connect
from streams.settings import Settings
from streams.wire import Wire
from tests.connectors.webhook.served import Served, served


@pytest.fixture(scope="module")
def wire(servers: Settings) -> Wire:
    return connect(servers)


@pytest.fixture(scope="module")
def door(servers: Settings, wire: Wire) -> Iterator[Served]:
    small = {"webhook_body_max": 4096, "webhook_body_timeout": 0.5}
    with served(servers.model_copy(update=small), wire) as running:
        yield running
