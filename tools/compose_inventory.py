"""Declares one fill-level sensor behind The Things Stack, for the check of docker compose.

Read by the Python of our image from its standard input, so it imports nothing of this folder.
"""

import time

from streams.declare import declare
from streams.inventory import KINDS, Declared
from streams.schema_registry import connect
from streams.settings import Settings

DEVICE = "0200000000C0FFEE"
SCRIPT = """
function decodeUplink(input) {
  return { data: { fill_level: ((input.bytes[0] << 8) | input.bytes[1]) / 10 } };
}
"""
OBJECTS = {
    "use_case": {"id": "pav", "title_fr": "Points d'apport volontaire", "title_en": "Containers"},
    "property": {
        "id": "fill_level",
        "title_fr": "Taux de remplissage",
        "title_en": "Fill level",
        "unit": "%",
        "resolution": 0.1,
    },
    "source": {"id": "tts", "network": "tts", "secret": "TTS"},
    "codec": {
        "id": "check",
        "script": SCRIPT,
        "mapping": [{"path": "fill_level", "property": "fill_level"}],
    },
    "device": {
        "id": DEVICE,
        "name": "check",
        "codec": "check",
        "use_case": "pav",
        "nominal_period": 900,
    },
    "deployment": {
        "id": "check",
        "device": DEVICE,
        "site": "Marseille, Vieux-Port",
        "commune": "13201",
        "latitude": 43.2955,
        "longitude": 5.3745,
    },
    "profile": {
        "id": "fill_level",
        "property": "fill_level",
        "tests": {"gross_range": {"fail": [0, 100], "suspect": [0, 98]}},
    },
}


def objects() -> list[tuple[str, Declared]]:
    """The objects, validated."""
    return [(kind, KINDS[kind].model_validate(body)) for kind, body in OBJECTS.items()]


if __name__ == "__main__":
    settings = Settings()
    declare(settings, connect(settings), objects(), time.time_ns() // 1000, "check-compose")
