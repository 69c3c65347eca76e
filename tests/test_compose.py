"""docker-compose.yml fits the specification, our settings, and its example of an environment."""

import json
import os
import re
import subprocess
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from streams.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: s for name, s in SERVICES.items() if "build" in s}
EXAMPLE = dict(
    line.split("=", 1)
    for line in (ROOT / ".env.example").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)
SECRET = re.compile(r"PASSWORD|SECRET|KEY")


def one_shot(service: dict[str, Any]) -> bool:
    return bool(service["restart"] == "no")


def test_the_file_fits_the_specification() -> None:
    schema = json.loads((Path(__file__).parent / "compose_schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    errors = [
        f"{e.json_path}: {e.message}" for e in Draft202012Validator(schema).iter_errors(COMPOSE)
    ]
    assert errors == []


def test_the_whole_product_is_there() -> None:
    servers = {"kafka", "schema-registry", "clickhouse", "seaweedfs", "grafana"}
    assert servers | {"bootstrap", "webhook", "worker-1", "sink", "scheduler"} <= set(SERVICES)


def test_every_setting_passed_exists_in_the_configuration() -> None:
    known = {f"VIGIE_{name.upper()}" for name in Settings.model_fields}
    passed = {key for s in OURS.values() for key in s["environment"]}
    assert {"VIGIE_HOME", "VIGIE_KAFKA_URL"} <= passed
    assert {k for k in passed if k not in known and not k.startswith("VIGIE_SECRET_")} == set()


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_settings_of_a_service_are_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in OURS[name]["environment"].items():
        monkeypatch.setenv(key, re.sub(r"\$\{\w+(?::-([^}]*)|:\?[^}]*)\}", r"\1", str(value)))
    settings = Settings()
    assert settings.kafka == "kafka:9092"
    assert settings.partitions == 24


def test_every_variable_is_in_the_example_and_no_other() -> None:
    assert set(re.findall(r"\$\{(\w+)", TEXT)) == set(EXAMPLE)


def test_no_secret_is_written_down() -> None:
    assert {k: v for k, v in EXAMPLE.items() if SECRET.search(k) and v} == {}
    given = {(k, v) for s in SERVICES.values() for k, v in s.get("environment", {}).items()}
    written = {k for k, v in given if SECRET.search(k) and not str(v).startswith("${")}
    assert written == set()
    assert set(re.findall(r"\$\{(\w+):-", TEXT)).isdisjoint(k for k in EXAMPLE if SECRET.search(k))


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_an_image_is_pinned(name: str) -> None:
    image, _, tag = SERVICES[name]["image"].partition(":")
    assert image
    assert re.fullmatch(r"v?\d+(\.\d+)+(-[a-z0-9.]+)?", tag), f"{name}: {tag!r} may move"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_watched_and_restarted_or_ends_by_itself(name: str) -> None:
    service = SERVICES[name]
    assert one_shot(service) or ("healthcheck" in service and service["restart"] != "no")


def test_dependencies_wait_for_what_can_be_waited_for() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            ends = one_shot(SERVICES[other])
            expected = "service_completed_successfully" if ends else "service_healthy"
            assert how["condition"] == expected, f"{name} → {other}"


def test_only_the_loopback_is_published() -> None:
    ports = [port for s in SERVICES.values() for port in s.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_volumes_are_declared_and_mounted_files_exist() -> None:
    sources = {v.split(":", 1)[0] for s in SERVICES.values() for v in s.get("volumes", [])}
    assert {s for s in sources if not s.startswith(".")} == set(COMPOSE["volumes"])
    assert [s for s in sources if s.startswith(".") and not (ROOT / s).exists()] == []


def test_workers_have_names_of_their_own() -> None:
    workers = [s for s in OURS.values() if s["command"] == ["run", "worker"]]
    names = [w["environment"]["VIGIE_WORKER_NAME"] for w in workers]
    assert len(names) == len(set(names)) == 2


def test_the_image_has_our_version_and_runs_without_privileges() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert {s["image"] for s in OURS.values()} == {f"vigie:{version}"}
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    last = dockerfile.rpartition("\nFROM ")[2]
    assert re.search(r"^USER (?!root)\w+$", last, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) == {
        "python:3.11.15-slim-bookworm"
    }
    assert "--require-hashes" in dockerfile


def test_what_the_server_reads_from_the_environment_is_passed() -> None:
    path = ROOT / "clickhouse" / "server" / "storage.xml"
    tree = ET.parse(path)  # noqa: S314
    wanted = {e.attrib["from_env"] for e in tree.iter() if "from_env" in e.attrib}
    assert wanted
    assert wanted <= set(SERVICES["clickhouse"]["environment"])
    assert f"/{path.name}:ro" in str(SERVICES["clickhouse"]["volumes"])


def test_grafana_reads_as_the_user_that_the_roles_make() -> None:
    roles = (ROOT / "clickhouse" / "roles.sql").read_text("utf-8")
    source = ROOT / "grafana" / "provisioning" / "datasources" / "clickhouse.yaml"
    (settings,) = yaml.safe_load(source.read_text("utf-8"))["datasources"]
    made = re.search(r"CREATE USER IF NOT EXISTS (\w+)", roles)
    assert made is not None
    assert settings["jsonData"]["username"] == made[1]
    parameter = re.search(r"BY \{(\w+):String\}", roles)
    assert parameter is not None
    assert f"SET param_{parameter[1]} = " in SERVICES["roles"]["command"][0]


def test_the_roles_are_made_without_a_password_among_the_arguments(tmp_path: Path) -> None:
    """The service's own shell line, with a client that shows how it was called."""
    client = tmp_path / "clickhouse-client"
    client.write_text('#!/bin/sh\nprintf "%s|" "$@" "$CLICKHOUSE_PASSWORD"; cat')
    client.chmod(0o700)
    line = SERVICES["roles"]["command"][0].replace("$$", "$")
    given = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "CLICKHOUSE_PASSWORD": "writes",
        "READER_PASSWORD": "reads",
    }
    assert set(given) - {"PATH"} == set(SERVICES["roles"]["environment"])
    roles = ROOT / "clickhouse" / "roles.sql"
    shell = ("/bin/sh", "-c", line.replace("/roles.sql", str(roles)))
    seen = subprocess.run(shell, env=given, capture_output=True, text=True, check=True).stdout
    arguments, _, rest = seen.partition("|writes|")
    assert arguments == "--host|clickhouse|--user|vigie"
    assert rest == f"SET param_reader_password = 'reads';\n{roles.read_text('utf-8')}"


def test_the_storage_policy_is_the_one_that_the_migrations_name() -> None:
    tree = ET.parse(ROOT / "clickhouse/server/storage.xml")  # noqa: S314
    policy = tree.find("storage_configuration/policies/hotcold/volumes")
    assert policy is not None
    assert [volume.tag for volume in policy] == ["hot", "cold"]
