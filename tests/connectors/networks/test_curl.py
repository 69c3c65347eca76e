"""What each page tells an operator to do, done: its source is declared, its block pasted into a
shell, and its measures are rows of the store; what a network server says beside uplinks too."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sized
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import yaml

from connectors import networks
from connectors.store.client import connect
from embedded.home import with_password
from streams.discover import discover
from streams.settings import Settings
from streams.uplinks import Network
from tests.cli.machine import STOP, Machine, machine
from tests.connectors.networks.pages import SECRET, block

Found = TypeVar("Found", bound=Sized)
FOUND = sorted(discover(networks, Network))
LORAWAN, OF_NO_PAGE = "0004A30B001C0530", "0004A30B001C0531"
OWN = {"senml": "urn:dev:ow:10e2073a01080063", "generic": "356938035643809", "csv": "LOGGER-12"}
MEASURED = {
    "senml": {"level": [41.2, 41.5]},
    "csv": {"level": [1.49, 1.52], "temperature": [7.4, 7.5]},
}
"""What the pages post that say it in numbers; the others have payloads."""
TOTALS = {"chirpstack": [92.0], "generic": [103.0, 104.0]}
"""The sums of the bytes of these payloads; the others send 01 02 00 64."""
TOTAL = """
function decodeUplink(input) {
  return { data: { total: input.bytes.reduce((sum, one) => sum + one, 0) } };
}
"""
ROWS = "SELECT property, observed_at, value FROM observation WHERE device = {device:String}"
MEASURED_THERE = """
SELECT property, channel, value FROM observation
WHERE device = {device:String} AND channel = 'network'
"""
EVENTS = """
SELECT kind, network, session, details, measures FROM device_event WHERE device = {device:String}
"""


def wanted(network: str) -> dict[str, list[float]]:
    """The values of a page, by property."""
    return MEASURED.get(network) or {"total": TOTALS.get(network, [103.0])}


def inventory(network: str, device: str) -> dict[str, Any]:
    """The source of a page, and a device whose codec reads what it posts."""
    says = {"decoded": True} if network in MEASURED else {"file": "total.js"}
    codec = network if network in MEASURED else "total"
    properties = list(wanted(network))
    return {
        **yaml.safe_load(block(network, "yaml")),
        "use_case": [{"id": "pages", "title_fr": "Pages", "title_en": "Pages"}],
        "property": [
            {"id": name, "title_fr": name, "title_en": name, "unit": "1", "resolution": 0.01}
            for name in properties
        ],
        "codec": [
            {"id": codec, "mapping": [{"path": n, "property": n} for n in properties], **says}
        ],
        "device": [
            {
                "id": device,
                "name": f"of {codec}",
                "codec": codec,
                "use_case": "pages",
                "nominal_period": 900,
            }
        ],
    }


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(tmp_path_factory.mktemp("pages")) as made:
        up = made.up()
        yield made
        made.run("down")
        up.wait(STOP)


@pytest.mark.parametrize("network", FOUND)
def test_what_the_page_posts_becomes_rows(network: str, running: Machine, tmp_path: Path) -> None:
    device = OWN.get(network, LORAWAN)
    declare(network, device, running, tmp_path)
    before = set(rows(running, ROWS, device))
    assert pasted(network, running).startswith("HTTP/1.1 204")
    many = sum(map(len, wanted(network).values()))
    new = until(lambda: set(rows(running, ROWS, device)) - before, many, running)
    for name, values in wanted(network).items():
        assert sorted(value for n, _, value in new if n == name) == values


def test_a_join_and_a_status_become_events_and_a_battery(running: Machine, tmp_path: Path) -> None:
    declare("chirpstack", OF_NO_PAGE, running, tmp_path)
    about = {"deviceInfo": {"devEui": OF_NO_PAGE.lower()}, "time": datetime.now(UTC).isoformat()}
    post(running, "join", {"deduplicationId": "of a join", "devAddr": "00189440", **about})
    post(
        running,
        "status",
        {"deduplicationId": "of a status", "margin": 0, **about}
        | {"batteryLevel": 75.5, "externalPowerSource": False},
    )
    found = until(lambda: rows(running, EVENTS, OF_NO_PAGE), 2, running)
    told = {kind: (*of, json.loads(details), said) for kind, *of, details, said in found}
    assert told == {
        "join": ("chirpstack", "00189440", {"event": "join", "dev_addr": "00189440"}, {}),
        "status": (
            *("chirpstack", None, {"event": "status", "external_power": False}),
            {"battery_level": 75.5, "link_margin": 0.0},
        ),
    }
    measured = until(lambda: rows(running, MEASURED_THERE, OF_NO_PAGE), 2, running)
    assert sorted(measured) == [
        ("battery_level", "network", 75.5),
        ("link_margin", "network", 0.0),
    ]


def declare(network: str, device: str, running: Machine, folder: Path) -> None:
    """Apply the inventory of a page with this device, its secret in the home."""
    (folder / "total.js").write_text(TOTAL)
    (folder / "city.yaml").write_text(yaml.safe_dump(inventory(network, device)))
    (running.home / "secrets" / f"CITY_{network.upper()}").write_text(SECRET)
    applied = running.run("registry", "apply", str(folder), "--yes")
    assert applied.returncode == 0, applied.stderr


def until(look: Callable[[], Found], many: int, running: Machine) -> Found:
    """What is seen once there are so many of it."""
    deadline = time.monotonic() + STOP
    while len(found := look()) < many:
        assert time.monotonic() < deadline, running.run("dead-letters", "list").stdout
        time.sleep(0.5)
    return found


def rows(running: Machine, query: str, device: str) -> list[tuple[Any, ...]]:
    """What the store answers about a device."""
    settings = Settings.model_validate({"home": running.home} | running.ports)
    with closing(connect(with_password(settings, make=False))) as client:
        found = client.query(query, parameters={"device": device})
        return list(map(tuple, found.result_rows))


def post(running: Machine, event: str, message: dict[str, Any]) -> None:
    """A request of ChirpStack, as it makes it."""
    answer = httpx.post(
        f"http://127.0.0.1:{running.ports['webhook_port']}/v1/city-chirpstack",
        params={"event": event},
        json=message,
        headers={"X-Vigie-Secret": SECRET},
    )
    assert answer.status_code == 204, answer.text


def pasted(network: str, running: Machine) -> str:
    """What curl prints when bash runs the page's block, at this machine's port."""
    own = f"http://127.0.0.1:{running.ports['webhook_port']}"
    script = block(network, "sh").replace("http://127.0.0.1:19080", own)
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        env={"SECRET": SECRET, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout
