"""CSV of loggers: every row an event or a refusal of its own."""

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.networks.csv import CSV, ROWS_MAX
from streams.errors import Skip
from streams.inventory import Source
from streams.uplinks import Event

LOGGER = {"separator": ";", "decimal": ",", "time": "time", "device": "LOGGER-1"}
HEAD = b"time;level;state\n"
ROW = b"2026-02-12T15:15:49Z;1,5;ok\n"


def source(**other: Any) -> Source:
    return Source.model_validate({"id": "s", "network": "csv", "table": LOGGER | other})


def read(body: bytes, query: dict[str, str] | None = None, **other: Any) -> list[Event | Skip]:
    return list(CSV.reader(source(**other))(body, query or {}))


def one(body: bytes, **other: Any) -> Event:
    (event,) = read(body, **other)
    assert isinstance(event, Event)
    return event


def refusals(found: list[Event | Skip]) -> list[tuple[str, str]]:
    return [(e.reason, str(e).split(":")[0]) for e in found if isinstance(e, Skip)]


def test_a_row_is_an_event_with_its_values() -> None:
    event = one(HEAD + ROW)
    assert (event.kind, event.device, event.payload) == ("uplink", "LOGGER-1", None)
    assert event.observed_at == 1_770_909_349_000_000
    assert event.decoded == {"level": 1.5, "state": "ok"}


def test_a_point_is_never_taken_for_a_separator_of_thousands() -> None:
    rows = b"time;level\n2026-02-12T15:15:49Z;1.5\n2026-02-12T15:15:50Z;1.500,5\n"
    values = [e.decoded for e in read(rows, thousands=".") if isinstance(e, Event)]
    assert values == [{"level": "1.5"}, {"level": 1500.5}]


def test_a_head_of_many_columns_of_one_name_is_refused_at_once() -> None:
    with pytest.raises(Skip, match="1000 at most") as refused:
        read(b";".join([b"c"] * 30_000) + b"\n" + ROW)
    assert refused.value.reason == "columns"


def test_as_many_columns_as_there_may_be_each_have_a_name() -> None:
    names = b";".join([b"time", *[b"c"] * 499, *[b"c_2"] * 500])
    row = b";".join([b"2026-02-12T15:15:49Z", *[b"%d" % n for n in range(999)]])
    decoded = one(names + b"\n" + row).decoded or {}
    assert sorted(decoded.values()) == list(range(999))


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0", 0),
        ("0,0", 0.0),
        ("-0,5", -0.5),
        ("1e3", 1000.0),
        ("", None),
        ("NA", None),
        ("-9999", None),
        ("1.5", "1.5"),
        ("false", "false"),
        ("12 mm", "12 mm"),
        ("1 234,5", 1234.5),
        ("-1 234 567", -1234567),
        ("1 5", "1 5"),
        ("12 34,5", "12 34,5"),
        ("1\u202f234", 1234),
        ("12345678901234567890", 12345678901234567890.0),
        ('"1,5"', 1.5),
        ('"a;b"', "a;b"),
        ('"say ""so"""', 'say "so"'),
    ],
)
def test_zero_is_a_value_and_missing_is_missing(cell: str, value: object) -> None:
    body = HEAD + f"2026-02-12T15:15:49Z;{cell};ok\n".encode()
    event = one(body, thousands=" ", missing=["", "NA", "-9999"])
    assert event.decoded == {"level": value, "state": "ok"}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'2026-02-12T15:15:49Z;"1,5;ok\n', "quotes"),
        (b"2026-02-12T15:1\n", "columns"),
        (b"2026-02-12T15:15:49Z;1;2;3\n", "columns"),
        (b"2026-02-30T15:15:49Z;1;2\n", "no_time"),
        (b"2026-02-12T15:15:49Z;\xff;2\n", "encoding"),
        (b"x" * 70_000 + b"\n", "too_long"),
    ],
)
def test_a_row_that_cannot_be_read_costs_its_neighbours_nothing(bad: bytes, reason: str) -> None:
    found = read(HEAD + ROW + b"\r\n" + bad + ROW.replace(b"1,5", b"1,6"))
    assert [type(e) for e in found] == [Event, Skip, Event]
    assert refusals(found) == [(reason, "line 4")]


def test_lines_have_the_numbers_of_the_file_that_they_were_cut_from() -> None:
    assert refusals(read(HEAD + ROW + b"x\n", {"line": "2002"})) == [("columns", "line 2003")]


@pytest.mark.parametrize(
    "body",
    [
        HEAD + ROW,
        (HEAD + ROW).replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + HEAD + ROW,
        HEAD + ROW.rstrip(b"\n"),
        HEAD.replace(b"\n", b";;\n") + ROW.replace(b"\n", b";;;\n"),
        HEAD + b"\n\n" + ROW + b"  \n",
    ],
)
def test_the_same_row_is_the_same_message_however_the_file_is_written(body: bytes) -> None:
    assert one(body) == one(HEAD + ROW)


def test_the_same_row_is_the_same_message_whatever_the_mapping_says_of_it() -> None:
    told = one(HEAD + ROW, decimal=".", columns={"level": "niveau"}, separator=";")
    assert told.decoded == {"niveau": "1,5"}
    assert told.dedup == one(HEAD + ROW).dedup


def test_another_table_of_the_same_logger_is_another_message() -> None:
    assert one(HEAD + ROW).dedup != one(HEAD.replace(b"level", b"depth") + ROW).dedup
    assert one(HEAD + ROW).dedup != one(HEAD + ROW, device="LOGGER-2").dedup


def test_date_and_time_may_stand_in_two_columns_and_the_device_in_another() -> None:
    body = b"serial,date,time,level\n70-b3-d5-e7-5e-00-4a-01,12/02/2026,16:15:49,3\nprobe 7,,,\n"
    found = read(
        body,
        separator=",",
        decimal=".",
        device=None,
        device_column="serial",
        time=["date", "time"],
        format="%d/%m/%Y %H:%M:%S",
        timezone="Europe/Paris",
    )
    assert isinstance(found[0], Event)
    assert found[0].device == "70B3D5E75E004A01"
    assert found[0].observed_at == 1_770_909_349_000_000
    assert found[0].decoded == {"level": 3}
    assert refusals(found) == [("no_device", "line 3")]


def test_lines_before_and_after_the_names_are_passed_over() -> None:
    body = b"Serial 7\nSite Brest\n" + HEAD + b"UTC;m;-\n" + ROW
    assert one(body, skip=2, skip_after=1) == one(HEAD + ROW)


def test_a_file_without_names_takes_those_of_the_mapping() -> None:
    assert one(ROW, names=["time", "level", "state"]) == one(HEAD + ROW)
    assert one(b"\xef\xbb\xbf" + ROW, names=["time", "level", "state"]) == one(HEAD + ROW)


@pytest.mark.parametrize(("encoding", "codec"), [("latin-1", "latin-1"), ("utf-16", "utf-16")])
def test_other_encodings_are_read_where_they_are_declared(encoding: str, codec: str) -> None:
    body = "time;Température\n2026-02-12T15:15:49Z;-3,5\n".encode(codec)
    assert one(body, encoding=encoding).decoded == {"Température": -3.5}


def test_columns_of_one_name_are_told_apart() -> None:
    event = one(b"time;level;level;;level_2\n2026-02-12T15:15:49Z;1;2;3;4\n")
    assert event.decoded == {"level": 1, "level_2": 2, "column_4": 3, "level_2_2": 4}


@pytest.mark.parametrize(
    ("body", "other", "reason"),
    [
        (b"", {}, "empty"),
        (b"a\nb\n", {"skip": 2}, "empty"),
        (b"time,level\n", {}, "no_column"),
        (HEAD, {"columns": {"depth": "depth"}}, "no_column"),
        (HEAD, {"device": None, "device_column": "serial"}, "no_column"),
        (b"\xff\xfe\n", {}, "encoding"),
        (b'"time\n', {}, "quotes"),
        (HEAD + ROW * (ROWS_MAX + 1), {}, "malformed"),
    ],
)
def test_a_body_that_cannot_be_read_says_why(
    body: bytes, other: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Skip) as why:
        read(body, **other)
    assert why.value.reason == reason


def test_a_source_without_a_table_cannot_be_read() -> None:
    plain = Source(id="s", network="csv")
    with pytest.raises(Skip) as why:
        CSV.reader(plain)(HEAD + ROW, {})
    assert why.value.reason == "no_table"


@given(
    body=st.binary(max_size=200)
    | st.text(st.sampled_from('time;\n\r"0123456789-TZ:,.\0é'), max_size=200).map(str.encode),
    encoding=st.sampled_from(["utf-8", "latin-1", "utf-16"]),
    skip=st.integers(0, 2),
    form=st.sampled_from(["rfc3339", "s", "%d/%m/%Y %H:%M"]),
)
def test_any_bytes_are_events_or_refused(body: bytes, encoding: str, skip: int, form: str) -> None:
    head = "time;level\n".encode(encoding)
    for content in (body, head * (skip + 1) + body):
        try:
            found = read(content, encoding=encoding, skip=skip, format=form)
        except Skip as why:
            found = [why]
        for event in found:
            if isinstance(event, Skip):
                assert event.reason.isidentifier()
            else:
                assert re.fullmatch(r"LOGGER-1/[0-9a-f]{64}", event.dedup)
                assert 0 <= event.observed_at < 253_402_300_800_000_000


@given(st.permutations(range(6)), st.lists(st.integers(0, 6), max_size=3))
def test_a_row_says_the_same_in_any_order_and_any_cut(order: list[int], cuts: list[int]) -> None:
    rows = [f"2026-02-12T15:1{n}:49Z;{n},5;ok\n".encode() for n in range(6)]
    whole = {e.dedup for e in read(HEAD + b"".join(rows)) if isinstance(e, Event)}
    edges = sorted({0, 6, *cuts})
    found = set()
    for start, end in pairwise(edges):
        body = HEAD + b"".join(rows[n] for n in order[start:end])
        found |= {e.dedup for e in read(body) if isinstance(e, Event)}
    assert found == whole


MAPPINGS = st.fixed_dictionaries(
    {"time": st.sampled_from(["time", ["time", "level"], "é"])},
    optional={
        "separator": st.sampled_from([";", ",", "\t", "|", '"', "\n", "\\", "é", " "]),
        "decimal": st.sampled_from([".", ","]),
        "thousands": st.sampled_from(["", ".", ",", " ", "'"]),
        "encoding": st.sampled_from(["utf-8", "latin-1", "utf-16"]),
        "skip": st.integers(0, 3),
        "skip_after": st.integers(0, 2),
        "names": st.sampled_from([[], ["time", "level"], ["time", "time", "level"]]),
        "format": st.sampled_from(["rfc3339", "s", "us", "%d/%m/%Y", "%H", "%c", "%%", "%z", "%j"]),
        "timezone": st.sampled_from(["UTC", "Europe/Paris", "Etc/GMT-1", "Pacific/Apia"]),
        "ambiguous": st.sampled_from(["refuse", "earlier", "later"]),
        "device_column": st.sampled_from(["level", "time"]),
        "columns": st.sampled_from([{}, {"level": "l"}, {"level": "l", "é": "l"}]),
        "missing": st.lists(st.text(max_size=2), max_size=2),
    },
)
TABLES = st.text(st.sampled_from("time;level,é\n\r\"'0123456789-TZ:. \t|"), max_size=120)


@given(mapping=MAPPINGS, table=TABLES, head=st.sampled_from(["", "time;level\n", "time,level\n"]))
def test_any_mapping_reads_any_table_or_refuses_it(
    mapping: dict[str, Any], table: str, head: str
) -> None:
    owner = {} if "device_column" in mapping else {"device": "d"}
    try:
        declared = Source.model_validate({"id": "s", "network": "csv", "table": mapping | owner})
    except ValueError:
        return
    codec = mapping.get("encoding", "utf-8")
    try:
        found = CSV.reader(declared)((head + table).encode(codec, "replace"), {})
    except Skip as why:
        found = [why]
    for event in found:
        if isinstance(event, Skip):
            assert event.reason.isidentifier()
        else:
            assert 0 <= event.observed_at < 253_402_300_800_000_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"separator": "\n"},
        {"separator": '"'},
        {"separator": ";;"},
        {"separator": ","},
        {"thousands": ","},
        {"format": "%q"},
        {"format": "day"},
        {"format": "%d/%m/%Y %H:%M %Z"},
        {"timezone": "Europe/Brest"},
        {"timezone": "../UTC"},
        {"device_column": "serial"},
        {"device": None},
        {"names": ["time"], "skip_after": 1},
        {"time": []},
    ],
)
def test_a_table_that_cannot_work_is_refused_when_it_is_declared(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        source(**wrong)
