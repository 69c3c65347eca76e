"""``vigie quality`` as a script meets it."""

import json

import pytest

import streams.quality
from streams.discover import discover
from streams.quality import QualityTest
from tests.cli.command_line import vigie

SPIKE = '{"suspect": 5, "fail": 20, "max_gap": 2250}'


def check(text: str, *arguments: str) -> list[int]:
    done = vigie("quality", "check", *arguments, given=text.encode())
    assert (done.returncode, done.stderr) == (0, b"")
    return [int(line) for line in done.stdout.splitlines()]


def test_one_flag_a_line_in_the_order_of_the_lines() -> None:
    text = (
        "time,value\n2026-01-05T00:00:00Z,10\n2026-01-05T00:30:00Z,999.99\n"
        "2026-01-05T01:15:00+01:00,12\n1767574800,\n2026-01-05T00:45:00Z,13\n"
    )
    assert check(text, "--test", "spike", "--params", SPIKE) == [2, 4, 4, 9, 2]


def test_other_columns_are_compared_with() -> None:
    text = "time,value,pm2_5\n0,12,10\n900,8,10\n1800,8,\n"
    assert check(text, "--test", "multivariate", "--params", '{"at_least": ["pm2_5"]}') == [1, 3, 2]
    text = "time,value,a,b,c\n0,1000,20,21,22\n900,21,20,21,22\n"
    params = '{"uncertainty": 1, "within": 300}'
    assert check(text, "--test", "neighbours", "--params", params) == [3, 1]


def test_without_an_arrival_samples_arrive_now() -> None:
    assert check("0,1\n4102444800,1\n", "--test", "impossible_date") == [1, 4]
    text = "time,value,arrival\n0,1,60\n4102444800,1,4102444800\n"
    assert check(text, "--test", "data_reception", "--params", '{"fail": 59}') == [4, 1]


def test_as_ioos_qc_does() -> None:
    text = "0,1\n60,1\n86400,9\n86460,\n"
    ioos = ("--compat", "ioos_qc", "--params", '{"threshold": 0.00001, "fail_threshold": 1}')
    assert check(text, "--test", "rate_of_change", *ioos) == [1, 1, 3, 9]
    own = ("--params", '{"suspect": 0.001, "max_gap": 3600}')
    assert check(text, "--test", "rate_of_change", *own) == [2, 1, 2, 9]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--test", "spoke"), b"climatology"),
        (("--test", "clock", "--compat", "ioos_qc"), b"rate_of_change"),
        (("--test", "spike", "--params", "{"), b"Invalid JSON"),
        (("--test", "spike", "--params", '{"max_gap": 1, "max": 2}'), b"max: Extra"),
        (("--test", "spike"), b"max_gap: Field required"),
    ],
)
def test_what_is_asked_wrongly_is_told(arguments: tuple[str, ...], said: bytes) -> None:
    done = vigie("quality", "check", *arguments, given=b"0,1\n", COLUMNS="200")
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr


def test_a_line_that_cannot_be_read_is_told_and_nothing_is_said() -> None:
    done = vigie("quality", "check", "--test", "clock", given=b"0,1\n\xff,1\n")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith("vigie: line 2: time '\ufffd' is neither".encode())


def test_the_list_has_every_test_with_the_schema_of_its_parameters() -> None:
    found = {t["name"]: t for t in json.loads(vigie("quality", "list", "--output", "json").stdout)}
    assert set(found) == set(discover(streams.quality, QualityTest))
    assert found["spike"]["compat"] == ["ioos_qc"]
    assert found["neighbours"]["peers"] is True
    assert set(found["gross_range"]["params"]["properties"]) == {"fail", "suspect"}
    assert b"stuck_zero" in vigie("quality", "list").stdout
