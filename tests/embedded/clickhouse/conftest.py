"""A gateway of these tests' own: a process over a fresh folder, on a free port."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from subprocess import Popen

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client

from cli.processes import gateway
from embedded.home import lay_out, with_password
from embedded.ports import free_ports
from embedded.process import running
from streams.settings import Settings

READER = ("reader", "only reads")
Serve = Callable[[Settings], AbstractContextManager["Popen[bytes]"]]


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Settings]:
    """Settings of a home that has never been started."""

    def settings() -> Settings:
        home = tmp_path_factory.mktemp("gateway")
        lay_out(home)
        (home / "secrets" / "clickhouse_reader_password").write_text(READER[1])
        return with_password(Settings.model_validate({"home": home} | free_ports()), make=True)

    return settings


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Runs the gateway of some settings for the length of a block."""

    @contextmanager
    def serving(settings: Settings) -> "Iterator[Popen[bytes]]":
        with running(gateway(settings), settings.home / "logs") as process:
            yield process

    return serving


@pytest.fixture(scope="package")
def served(
    fresh: Callable[[], Settings], serve: Serve
) -> "Iterator[tuple[Settings, Popen[bytes]]]":
    """One gateway for all tests that do not harm it."""
    settings = fresh()
    with serve(settings) as process:
        yield settings, process


@pytest.fixture
def connect(served: "tuple[Settings, Popen[bytes]]") -> Callable[..., Client]:
    """The real client, with more or other arguments."""

    def client(**other: object) -> Client:
        return client_of(served[0], **other)

    return client


@pytest.fixture
def url(served: "tuple[Settings, Popen[bytes]]") -> str:
    return served[0].clickhouse


@pytest.fixture
def login(served: "tuple[Settings, Popen[bytes]]") -> tuple[str, str]:
    return served[0].clickhouse_user, served[0].clickhouse_password.get_secret_value()


def client_of(settings: Settings, **other: object) -> Client:
    arguments: dict[str, object] = {
        "host": settings.host,
        "port": settings.clickhouse_port,
        "username": settings.clickhouse_user,
        "password": settings.clickhouse_password.get_secret_value(),
        "database": settings.clickhouse_database,
        "autogenerate_session_id": False,
    }
    return clickhouse_connect.get_client(**(arguments | other))
