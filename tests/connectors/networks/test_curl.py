"""What each page tells an operator to do, done: its source is declared, its block pasted into a
shell, and its measures are rows of the store."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

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

FOUND = sorted(discover(networks, Network))
LORAWAN = "0004A30B001C0530"
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


def wanted(network: str) -> dict[str, list[float]]:
    """The values of a page, by property."""
    return MEASURED.get(network) or {"total": TOTALS.get(network, [103.0])}


def inventory(network: str) -> dict[str, Any]:
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
                "id": OWN.get(network, LORAWAN),
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
    (tmp_path / "total.js").write_text(TOTAL)
    (tmp_path / "city.yaml").write_text(yaml.safe_dump(inventory(network)))
    secret = running.home / "secrets" / f"CITY_{network.upper()}"
    secret.write_text(SECRET)
    applied = running.run("registry", "apply", str(tmp_path), "--yes")
    assert applied.returncode == 0, applied.stderr
    before = rows(running, network)
    assert pasted(network, running).startswith("HTTP/1.1 204")
    many = sum(map(len, wanted(network).values()))
    deadline = time.monotonic() + STOP
    while len(new := rows(running, network) - before) < many:
        assert time.monotonic() < deadline, running.run("dead-letters", "list").stdout
        time.sleep(0.5)
    for name, values in wanted(network).items():
        assert sorted(value for n, _, value in new if n == name) == values


def rows(running: Machine, network: str) -> set[tuple[Any, ...]]:
    """Property, time and value of the rows of a page's device."""
    settings = Settings.model_validate({"home": running.home} | running.ports)
    with closing(connect(with_password(settings, make=False))) as client:
        found = client.query(ROWS, parameters={"device": OWN.get(network, LORAWAN)})
        return set(map(tuple, found.result_rows))


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
