"""What the check of docker compose declares is a valid inventory, and decodes its own uplink."""

import re
from base64 import b64decode
from pathlib import Path

from streams.inventory import KINDS
from tools.compose_inventory import DEVICE, objects

SCRIPT = Path(__file__).resolve().parent.parent.parent / "tools" / "check_compose.sh"


def test_every_reference_names_a_declared_object() -> None:
    declared = {kind: item.model_dump(by_alias=True) for kind, item in objects()}
    assert set(declared) <= set(KINDS)
    assert declared["device"]["codec"] == declared["codec"]["id"]
    assert declared["device"]["use_case"] == declared["use_case"]["id"]
    assert declared["deployment"]["device"] == declared["device"]["id"] == DEVICE
    assert declared["profile"]["property"] == declared["property"]["id"]


def test_the_uplink_of_the_script_is_of_this_device_and_says_fifty_percent() -> None:
    text = SCRIPT.read_text("utf-8")
    assert f'"dev_eui": "{DEVICE}"' in text
    assert f"WHERE device = '{DEVICE}'" in text
    payload = re.search(r'"frm_payload": "([^"]+)"', text)
    assert payload is not None
    assert int.from_bytes(b64decode(payload[1])) == 500
