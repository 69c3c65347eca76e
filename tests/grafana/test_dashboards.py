"""The committed dashboards are the generated ones, hold together, and their SQL runs."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from clickhouse_connect.driver.client import Client

from connectors.store import migrations
from connectors.store.client import connect
from streams.settings import Settings
from tests.grafana.macros import expand
from tools.dashboards.render import FOLDER, rendered

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS: dict[str, Any] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))
}
PANELS = [
    pytest.param(name, panel, id=f"{name}-{panel['id']}")
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard["panels"]
]
NOW = "alerts-1"
"""What is open, since whenever."""

DAY = datetime(2026, 6, 3, tzinfo=UTC)
VARIABLES = {"commune": ["13201", "13001"], "rule": ["battery", "silent"]}


def test_the_committed_files_are_the_generated_ones() -> None:
    committed = {p.name: p.read_text("utf-8") for p in FOLDER.glob("*.json")}
    assert committed == rendered(), "run `just docs` and commit"


def test_there_is_a_dashboard_for_each_use_case() -> None:
    assert {"pav", "noise"} <= set(DASHBOARDS)
    uids = [d["uid"] for d in DASHBOARDS.values()]
    assert len(uids) == len(set(uids))
    assert all(len(uid) <= 40 for uid in uids)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_have_numbers_of_their_own_and_do_not_overlap(name: str) -> None:
    panels = DASHBOARDS[name]["panels"]
    assert len({p["id"] for p in panels}) == len(panels)
    cells = [
        (x, y)
        for g in (p["gridPos"] for p in panels)
        for x in range(g["x"], g["x"] + g["w"])
        for y in range(g["y"], g["y"] + g["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@pytest.mark.parametrize("name", DASHBOARDS)
def test_titles_are_french_and_english(name: str) -> None:
    dashboard = DASHBOARDS[name]
    titles = [dashboard["title"], *(p["title"] for p in dashboard["panels"])]
    assert [t for t in titles if not re.fullmatch(r".+ / .+", t)] == []


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_data_source_is_the_provisioned_one(name: str) -> None:
    file = ROOT / "grafana" / "provisioning" / "datasources" / "clickhouse.yaml"
    (source,) = yaml.safe_load(file.read_text("utf-8"))["datasources"]
    text = json.dumps(DASHBOARDS[name])
    assert set(re.findall(r'"uid": "(?!vigie-(?:pav|noise|alerts)")([^"]+)"', text)) == {
        source["uid"]
    }
    assert {source["type"]} == set(re.findall(r'"type": "(grafana-[^"]+)"', text))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_variable_is_declared_and_quoted(name: str) -> None:
    dashboard = DASHBOARDS[name]
    declared = {v["name"] for v in dashboard["templating"]["list"]}
    sql = " ".join(t["rawSql"] for p in dashboard["panels"] for t in p["targets"])
    used = set(re.findall(r"\$\{(\w+)", sql))
    assert used == declared
    assert used == set(re.findall(r"\$\{(\w+):singlequote\}", sql))


def test_provisioning_reads_where_compose_mounts() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    mounts = dict(
        v.split(":")[:2] for v in compose["services"]["grafana"]["volumes"] if v[0] == "."
    )
    file = ROOT / "grafana" / "provisioning" / "dashboards" / "vigie.yaml"
    (provider,) = yaml.safe_load(file.read_text("utf-8"))["providers"]
    assert mounts["./grafana/dashboards"] == provider["options"]["path"]


@pytest.mark.parametrize("query", ["$__timeGroup(start, 5m)", "x = ${site}", "$__unknown(x)"])
def test_a_macro_that_is_not_known_is_not_passed_on(query: str) -> None:
    with pytest.raises(ValueError, match="not expanded"):
        expand(query, DAY, DAY, VARIABLES)


def declaration(kind: str, key: str, **body: Any) -> list[Any]:
    return [kind, key, 1, 0, 1, DAY, "test", json.dumps({"id": key, **body})]


def samples(device: str, prop: str, values: list[float], tests: dict[str, int]) -> list[list[Any]]:
    flag = max(tests.values())
    times = [DAY + timedelta(minutes=15 * i) for i in range(len(values))]
    pairs = zip(times, values, strict=True)
    return [[device, prop, "", t, 1, 0, v, v, flag, tests, False] for t, v in pairs]


def windows(device: str, prop: str, values: list[float], flag: str) -> list[list[Any]]:
    rows = []
    for i, value in enumerate(values):
        counted = {name: int(name == flag) for name in ("good", "suspect")}
        start = DAY + timedelta(minutes=15 * i)
        energy = 10 ** (value / 10) * 900 if flag == "good" else 0.0
        exposure = 900.0 if flag == "good" else 0.0
        rows.append([device, prop, "", start, 900, 1, 0, *counted.values(), energy, exposure])
    return rows


@pytest.fixture(scope="module")
def store(servers: Settings) -> Iterator[Client]:
    """Two days of two devices, in a database of its own."""
    settings = servers.model_copy(update={"clickhouse_database": "dashboards"})
    connect(servers).command("CREATE DATABASE IF NOT EXISTS dashboards")
    migrations.apply(settings)
    client = connect(settings)
    places = [("P", "pav", "13201"), ("N", "noise", "13001")]
    rows = [declaration("device", d, name=d, use_case=u, nominal_period=900) for d, u, _ in places]
    rows += [declaration("deployment", d, device=d, site=f"S{d}", commune=c) for d, _, c in places]
    client.insert("declarations", rows)
    fill, level = [10.0 + i / 4 for i in range(192)], [60.0] * 192
    observed = "device property channel observed_at revision is_deleted raw value flag tests"
    columns = [*observed.split(), "provisional"]
    good, suspect = {"gross_range": 1}, {"gross_range": 3}
    for device, prop, values in (("P", "fill_level", fill), ("N", "sound_level", level)):
        client.insert("observations", samples(device, prop, values, good), column_names=columns)
        doubtful = samples(device, prop, values[:4], suspect)
        client.insert("observations", [[*r[:4], 2, *r[5:]] for r in doubtful], column_names=columns)
        counted = "device property channel start duration revision is_deleted good suspect"
        names = [*counted.split(), "energy", "exposure"]
        client.insert("windows", windows(device, prop, values, "good"), column_names=names)
        again = windows(device, prop, values[:4], "suspect")
        client.insert("windows", [[*r[:5], 2, *r[6:]] for r in again], column_names=names)
    columns = ["alert_id", "rule", "subject", "opened_at", "closed_at", "level"]
    alerts = [["1", "silent", "P", DAY, None, 2], ["2", "battery", "N", DAY, DAY, 1]]
    client.insert("alerts", alerts, column_names=columns)
    yield client
    client.close()


@pytest.mark.parametrize(("name", "panel"), PANELS)
def test_a_query_gives_what_its_panel_draws(store: Client, name: str, panel: Any) -> None:
    target = panel["targets"][0]
    sql = expand(target["rawSql"], DAY, DAY + timedelta(days=2), VARIABLES)
    result = store.query(sql)
    assert result.row_count > 0
    if panel["type"] == "timeseries":
        assert target["format"] == 0
        assert result.column_names[0] == "time"
        assert all(isinstance(t, datetime) for t in result.result_columns[0])
        assert list(result.result_columns[0]) == sorted(result.result_columns[0])
        numbers = [v for row in result.result_rows for v in row if isinstance(v, int | float)]
        assert numbers
    else:
        assert target["format"] == 1
    overridden = {o["matcher"]["options"] for o in panel["fieldConfig"]["overrides"]}
    assert overridden <= set(result.column_names)


@pytest.mark.parametrize(("name", "panel"), [p for p in PANELS if p.id != NOW])
def test_a_query_over_a_time_without_data_gives_no_row(
    store: Client, name: str, panel: Any
) -> None:
    later = DAY + timedelta(days=400)
    sql = expand(panel["targets"][0]["rawSql"], later, later + timedelta(1), VARIABLES)
    assert store.query(sql).row_count == 0


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_variable_lists_the_communes_of_its_use_case_or_the_rules(
    store: Client, name: str
) -> None:
    (variable,) = DASHBOARDS[name]["templating"]["list"]
    expected = {"pav": [("13201",)], "noise": [("13001",)], "alerts": [("battery",), ("silent",)]}[
        name
    ]
    assert store.query(variable["query"]).result_rows == expected


def test_the_last_value_of_a_container_is_its_latest(store: Client) -> None:
    sql = DASHBOARDS["pav"]["panels"][0]["targets"][0]["rawSql"]
    query: Callable[[str], Any] = store.query
    rows = query(expand(sql, DAY, DAY + timedelta(days=2), VARIABLES)).result_rows
    assert [(site, fill) for site, _, fill, _ in rows] == [("SP", 10.0 + 191 / 4)]
