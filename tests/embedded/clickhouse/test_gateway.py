"""The gateway, as its clients see it: clickhouse-connect unchanged, and plain HTTP."""

import datetime as dt
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import Popen

import httpx
import psutil
import pyarrow as pa
import pytest
from backports import zstd
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.settings import Settings
from tests.embedded.clickhouse.conftest import READER

Served = tuple[Settings, "Popen[bytes]"]
Connect = Callable[..., Client]


@pytest.fixture
def table(connect: Connect) -> str:
    """The name of an empty table (a UInt64, b String) on the policy with a cold volume."""
    connect().command(
        "CREATE OR REPLACE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a "
        "SETTINGS storage_policy = 'hotcold'"
    )
    return "t"


@pytest.fixture
def plain(served: Served) -> Iterator[httpx.Client]:
    """Plain HTTP, as curl does it."""
    settings = served[0]
    with httpx.Client(
        base_url=settings.clickhouse,
        auth=(settings.clickhouse_user, settings.clickhouse_password.get_secret_value()),
        headers={"X-ClickHouse-Database": settings.clickhouse_database},
    ) as client:
        yield client


@pytest.fixture
def both(connect: Connect) -> Mapping[bool, Client]:
    """A client that sends parameters in the address, and one that sends them as a form."""
    return {form: connect(form_encode_query_params=form) for form in (False, True)}


def test_it_says_that_it_lives(url: str) -> None:
    assert httpx.get(f"{url}/ping").text == "Ok.\n"
    assert httpx.post(f"{url}/ping").status_code == 405


def test_the_clock_is_utc_wherever_the_machine_is(connect: Connect) -> None:
    assert connect().command("SELECT timezone() = 'UTC' AND serverTimezone() = 'UTC'") == 1


def test_rows_of_every_kind_come_back(connect: Connect) -> None:
    client = connect()
    client.command(
        "CREATE OR REPLACE TABLE kinds (t DateTime64(6, 'UTC'), s LowCardinality(String), "
        "x Nullable(Float64), f FixedString(16), m Map(LowCardinality(String), UInt8), "
        "c Array(LowCardinality(String)), b Bool) ENGINE = MergeTree ORDER BY t"
    )
    t = dt.datetime(2026, 3, 29, 1, 0, 0, 123456, dt.UTC)
    rows = [
        (t, "é", None, bytes(range(16)), {"spike": 3}, ["a", "b"], True),
        (t + dt.timedelta(seconds=1), "", 0.0, bytes(16), {}, [], False),
    ]
    assert client.insert("kinds", rows).written_rows == 2
    found = client.query("SELECT * FROM kinds ORDER BY t", tz_mode="aware")
    assert found.result_rows == rows


@pytest.mark.parametrize("compress", ["lz4", "zstd", "gzip", False])
def test_compression_both_ways(connect: Connect, table: str, compress: str | bool) -> None:
    client = connect(compress=compress)
    rows = [(i, f"row {i}") for i in range(50_000)]
    client.insert(table, rows, column_names=["a", "b"])
    client.insert_arrow(table, pa.table({"a": pa.array([99_999], pa.uint64()), "b": ["last"]}))
    found = client.query("SELECT a, b FROM t ORDER BY a")
    assert found.result_rows == [*rows, (99_999, "last")]
    arrow = client.query_arrow("SELECT a FROM t ORDER BY a")
    assert arrow["a"].to_pylist() == [*range(50_000), 99_999]


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8")), st.booleans())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_parameter_is_never_sql(both: Mapping[bool, Client], text: str, form: bool) -> None:
    found = both[form].query(
        "SELECT {x:String}, {y:Array(String)}", parameters={"x": text, "y": [text]}
    )
    assert found.result_rows == [(text, [text])]


def test_a_long_parameter_travels_as_a_form(connect: Connect) -> None:
    found = connect().query("SELECT length({x:String})", parameters={"x": "y" * 200_000})
    assert found.result_rows == [(200_000,)]


def test_settings_hold_for_one_query(connect: Connect) -> None:
    sql, client = "SELECT getSetting('max_block_size')", connect()
    usual = client.command(sql)
    assert client.command(sql, settings={"max_block_size": 1234}) == 1234
    assert client.command(sql) == usual


def test_an_insert_with_a_token_is_stored_once(connect: Connect, table: str) -> None:
    client = connect()
    client.command("ALTER TABLE t MODIFY SETTING non_replicated_deduplication_window = 9")
    for _ in range(2):
        client.insert(table, [(1, "")], settings={"insert_deduplication_token": "one"})
    assert client.command("SELECT count() FROM t") == 1


def test_a_result_without_rows_has_no_rows(connect: Connect) -> None:
    client = connect()
    assert client.query("SELECT 1 AS a WHERE 0").result_rows == []
    assert client.query("SELECT 1 AS a LIMIT 0").column_names == ("a",)
    assert client.query_arrow("SELECT 1 AS a WHERE 0").num_rows == 0


@pytest.mark.parametrize(
    ("sql", "code", "status"),
    [
        ("SELEC 1", 62, 400),
        ("SELECT nope", 47, 404),
        ("SELECT * FROM nope", 60, 404),
        ("SELECT * FROM nope.nope", 81, 404),
        ("SELECT throwIf(1)", 395, 500),
        ("SELECT 1 SETTINGS nope = 1", 115, 404),
        ("CREATE TABLE x (a Int8) ENGINE = Memory; DROP TABLE x", 62, 400),
        ("SELECT 1 INTO OUTFILE '/tmp/never' FORMAT CSV", 358, 400),
        ("SELECT count() FROM numbers(1e12) SETTINGS max_execution_time = 0.2", 159, 408),
        ("SELECT {x:String}", 456, 500),
    ],
)
def test_errors_have_clickhouse_s_code_and_status(
    connect: Connect, plain: httpx.Client, sql: str, code: int, status: int
) -> None:
    answer = plain.post("/", content=sql)
    told = answer.headers["x-clickhouse-exception-code"]
    assert (answer.status_code, told) == (status, str(code))
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
    with pytest.raises(DatabaseError) as raised:
        connect().command(sql)
    assert raised.value.code == code


def test_memory_of_a_query_is_bounded(connect: Connect) -> None:
    with pytest.raises(DatabaseError) as raised:
        connect().command("SELECT length(groupArray(repeat('x', 1000000))) FROM numbers(10000)")
    assert raised.value.code == 241


@pytest.mark.parametrize("compress", ["lz4", False])
def test_an_error_on_the_way_is_an_error_at_the_client(connect: Connect, compress: object) -> None:
    sql = "SELECT throwIf(number = 500000), number FROM numbers(100000000)"
    with (
        connect(compress=compress).query_row_block_stream(sql) as blocks,
        pytest.raises(StreamFailureError, match="395"),
    ):
        for _ in blocks:
            pass


def test_a_plain_client_sees_that_a_result_is_cut(plain: httpx.Client) -> None:
    sql = "SELECT throwIf(number = 500000) FROM numbers(100000000)"
    with pytest.raises(httpx.RemoteProtocolError):
        plain.post("/", content=sql)
    whole = plain.post("/", params={"wait_end_of_query": "1"}, content=sql)
    assert whole.status_code == 500


def test_large_results_and_inserts_pass_through(
    served: Served, connect: Connect, table: str
) -> None:
    client, process = connect(compress=False), psutil.Process(served[1].pid)
    before, most, rows = process.memory_info().rss, 0, 0
    sql = "SELECT number AS a, number * 0.5 AS b FROM numbers(20000000)"
    with client.query_column_block_stream(sql) as blocks:
        for block in blocks:
            rows += len(block[0])
            most = max(most, process.memory_info().rss)
    assert rows == 20_000_000
    with client.query_arrow_stream(sql) as batches:
        arrow = 0
        for batch in batches:
            arrow += batch.num_rows
            most = max(most, process.memory_info().rss)
    assert arrow == 20_000_000
    assert most - before < 200 << 20  # of 320 MB


def test_a_bomb_fills_neither_memory_nor_disk(served: Served, plain: httpx.Client) -> None:
    process = psutil.Process(served[1].pid)
    before = process.memory_info().rss
    bomb = zstd.compress(bytes(1 << 20)) * 1030  # 1.03 GiB in 52 kB
    insert, zipped = {"query": "INSERT INTO t FORMAT Native"}, {"Content-Encoding": "zstd"}
    answer = plain.post("/", params=insert, content=bomb, headers=zipped, timeout=60)
    assert (answer.status_code, answer.headers["x-clickhouse-exception-code"]) == (413, "307")
    assert process.memory_info().rss - before < 100 << 20
    assert list((served[0].home / "data" / "clickhouse" / "scratch").iterdir()) == []


def test_a_request_that_breaks_off_does_nothing(
    served: Served, connect: Connect, login: tuple[str, str], table: str
) -> None:
    head = (
        f"POST /?user={login[0]}&password={login[1]}&database=vigie HTTP/1.1\r\n"
        "Host: x\r\nContent-Length: 1000\r\n\r\nINSERT INTO t FORMAT CSV\n1,a\n"
    )
    with socket.create_connection((served[0].host, served[0].clickhouse_port)) as half:
        half.sendall(head.encode())
        time.sleep(0.2)
    assert connect().command("SELECT count() FROM t") == 0


def test_query_in_the_address_and_data_in_the_body(
    connect: Connect, plain: httpx.Client, table: str
) -> None:
    query = {"query": "INSERT INTO t (a, b) FORMAT CSV"}
    assert plain.post("/", params=query, content="1,x\n2,y\n").is_success
    body = "INSERT INTO t FORMAT JSONEachRow\n" + '{"a": 3, "b": "z"}\n'
    answer = plain.post("/", content=body)
    assert answer.headers["x-clickhouse-summary"] == '{"written_rows": "1"}'
    plain.post("/", content="INSERT INTO t VALUES (4, 'v')").raise_for_status()
    found = plain.get("/", params={"query": "SELECT * FROM t ORDER BY a FORMAT CSV"})
    assert found.text == '1,"x"\n2,"y"\n3,"z"\n4,"v"\n'
    assert found.headers["x-clickhouse-format"] == "CSV"


def test_data_that_cannot_be_read_leaves_nothing(
    connect: Connect, plain: httpx.Client, table: str
) -> None:
    body = "INSERT INTO t FORMAT CSV\n" + "1,x\n" * 1000 + "two,y\n"
    assert plain.post("/", content=body).status_code == 400
    assert connect().command("SELECT count() FROM t") == 0


def test_a_get_changes_nothing(connect: Connect, plain: httpx.Client, table: str) -> None:
    answer = plain.get("/", params={"query": "DROP TABLE t"})
    assert answer.headers["x-clickhouse-exception-code"] == "164"
    assert connect().command("EXISTS t") == 1


@pytest.mark.parametrize(
    "params", [{"compress": "1"}, {"decompress": "1"}, {"role": "r"}, {"a b": "1"}, {"nope": "1"}]
)
def test_what_is_not_supported_is_refused(plain: httpx.Client, params: dict[str, str]) -> None:
    answer = plain.post("/", params=params, content="SELECT 1")
    assert answer.is_error
    assert "Code: " in answer.text


def test_nobody_gets_in_without_the_password(url: str, login: tuple[str, str]) -> None:
    name, password = login
    headers = {"X-ClickHouse-User": name, "X-ClickHouse-Key": password}
    query = {"user": name, "password": password}
    assert httpx.post(url, content="SELECT 1", headers=headers).text == "1\n"
    assert httpx.post(url, content="SELECT 1", params=query).text == "1\n"
    for auth in (None, (name, ""), (name, password + "x"), ("default", "")):
        answer = httpx.post(url, content="SELECT 1", auth=auth)
        assert (answer.status_code, "Code: 516." in answer.text) == (403, True)


def test_the_reader_asks_by_name_alone(connect: Connect, url: str, tmp_path: Path) -> None:
    connect().command(
        "CREATE OR REPLACE TABLE public_window (property String, device String, channel String, "
        "start DateTime64(6, 'UTC'), duration UInt32) ENGINE = MergeTree ORDER BY start"
    )
    connect().command(
        "INSERT INTO public_window VALUES ('fill', 'd', '', '2026-01-01 00:00:00', 900)"
    )
    asked = {
        "param_property": "fill",
        "param_device": "d",
        "param_since": "2026-01-01 00:00:00",
        "param_until": "2026-01-02 00:00:00",
        "param_limit": "10",
        "default_format": "JSONEachRow",
    }
    answer = httpx.get(f"{url}/queries/windows", params=asked, auth=READER)
    assert answer.json()["start"] == "2026-01-01 00:00:00.000000"
    injected = asked | {"param_device": "' OR 1 = 1 --"}
    assert httpx.get(f"{url}/queries/windows", params=injected, auth=READER).text == ""

    refused = [
        httpx.post(url, content="SELECT 1", auth=READER),
        httpx.post(f"{url}/queries/windows", params=asked, content=" SETTINGS x=1", auth=READER),
        httpx.get(f"{url}/queries/windows", params=asked | {"readonly": "0"}, auth=READER),
        httpx.post(f"{url}/queries/windows", files={"query": (None, "SELECT 1")}, auth=READER),
    ]
    assert {answer.headers["x-clickhouse-exception-code"] for answer in refused} == {"497"}
    assert httpx.get(f"{url}/queries/nope", auth=READER).status_code == 404

    written = tmp_path / "written"
    named = {k: v for k, v in asked.items() if k != "default_format"}
    for shape in (f"CSVWithNames; SELECT 1 INTO OUTFILE '{written}' FORMAT CSV", "nope", ""):
        for sent in (
            {"params": asked | {"default_format": shape}},
            {"params": named, "headers": {"X-ClickHouse-Format": shape}},
        ):
            answer = httpx.get(f"{url}/queries/windows", auth=READER, **sent)
            assert (answer.status_code, "Code: 73." in answer.text) == (404, True)
    assert not written.exists()


def test_readers_do_not_hold_up_writers(connect: Connect, table: str) -> None:
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(connect().query, "SELECT sleepEachRow(1) FROM numbers(3)")
        clients = [connect() for _ in range(4)]
        time.sleep(0.2)
        list(pool.map(lambda c: [c.insert(table, [(i, "")]) for i in range(5)], clients))
        assert not slow.done()
    assert connect().command("SELECT count() FROM t") == 20


def test_rows_move_to_the_cold_volume(served: Served, connect: Connect, table: str) -> None:
    client = connect()
    client.insert(table, [(1, "old")])
    client.command("ALTER TABLE t MOVE PARTITION tuple() TO VOLUME 'cold'")
    [[disk, path]] = client.query(
        "SELECT disk_name, path FROM system.parts WHERE table = 't' AND active"
    ).result_rows
    assert disk == "cold"
    assert path.startswith(str(served[0].home / "data" / "clickhouse" / "cold"))
    assert client.command("SELECT b FROM t") == "old"
