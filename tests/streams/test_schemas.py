"""The contracts on the wire against a real registry: fixed ids, known fingerprints, and only
compatible successors."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import uuid4

import httpx
import pytest

from streams.errors import Stop
from streams.resources import AVRO
from streams.schema_registry import connect, register
from streams.settings import Settings
from streams.wire import RECORDS, Schema, file_of, schema_from, schemas

KNOWN = json.loads((AVRO / "fingerprints.json").read_text())
RELEASED = AVRO / "released"


def released(name: str) -> Schema:
    return schema_from(file_of(name, RELEASED).read_text())


def accepted(settings: Settings, schema: Schema, before: str, after: str) -> bool:
    """Whether the registry takes ``after`` as the successor of ``before``."""
    subject = f"{uuid4().hex}.{schema.subject}"
    with httpx.Client(base_url=settings.schema_registry, timeout=20) as client:
        level = {"compatibility": schema.compatibility}
        client.put(f"/config/{subject}", json=level).raise_for_status()
        client.post(f"/subjects/{subject}/versions", json={"schema": before}).raise_for_status()
        answer = client.post(f"/subjects/{subject}/versions", json={"schema": after})
    assert answer.status_code in {200, 409}, answer.text
    return answer.is_success


def test_a_registry_that_refuses_a_level_is_told_without_credentials() -> None:
    class Refuses(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            """Not among the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Refuses) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://u:pw@127.0.0.1:{server.server_port}"
        with pytest.raises(Stop, match=r"refuses the compatibility of .*403") as raised:
            register(Settings(schema_registry_url=url))
        server.shutdown()
    assert "pw" not in str(raised.value)


def test_a_fresh_registry_gives_the_repositorys_ids_and_texts(servers: Settings) -> None:
    wire = connect(servers)
    assert {n: (wire.ids[n], schemas()[n].fingerprint) for n in RECORDS} == {
        n: (entry["id"], entry["fingerprint"]) for n, entry in KNOWN.items()
    }
    for name, schema_id in wire.ids.items():
        assert schema_from(wire.text_of(schema_id)).fingerprint == KNOWN[name]["fingerprint"]


def test_registering_again_changes_nothing(servers: Settings) -> None:
    assert register(servers).ids == connect(servers).ids


@pytest.mark.parametrize("name", RECORDS)
def test_evolves_compatibly_from_the_last_release(servers: Settings, name: str) -> None:
    schema = schemas()[name]
    assert accepted(servers, schema, released(name).text, schema.text)


@pytest.mark.parametrize("name", RECORDS)
def test_an_incompatible_successor_is_refused(servers: Settings, name: str) -> None:
    """Proves that the check above can fail."""
    broken = json.loads(schemas()[name].text)
    broken["fields"].append({"name": "added", "type": "string", "doc": "No default."})
    assert not accepted(servers, schemas()[name], released(name).text, json.dumps(broken))


def test_what_third_parties_read_cannot_lose_a_field(servers: Settings) -> None:
    """FULL_TRANSITIVE: their readers are older than our writers."""
    public = schemas()["Observation"]
    poorer = json.loads(public.text)
    poorer["fields"] = [f for f in poorer["fields"] if f["name"] != "device"]
    assert not accepted(servers, public, public.text, json.dumps(poorer))


def test_a_registry_without_our_schemas_stops_with_the_remedy(servers: Settings) -> None:
    text = json.loads(schemas()["Tick"].text) | {"name": "Tock"}
    stranger = schema_from(json.dumps(text))
    with httpx.Client(base_url=servers.schema_registry) as client:
        from streams.schema_registry import _id

        with pytest.raises(Stop, match="vigie run bootstrap"):
            _id(client, stranger)


def test_every_field_says_what_it_is() -> None:
    def undocumented(node: object, path: str) -> list[str]:
        if isinstance(node, list):
            return [p for item in node for p in undocumented(item, path)]
        if not isinstance(node, dict):
            return []
        here = [f"{path}.{f['name']}" for f in node.get("fields", []) if not f.get("doc")]
        inner = [
            p
            for f in node.get("fields", [])
            for p in undocumented(f["type"], f"{path}.{f['name']}")
        ]
        return here + inner + undocumented(node.get("items"), path)

    for name, schema in schemas().items():
        assert undocumented(json.loads(schema.text), name) == []
