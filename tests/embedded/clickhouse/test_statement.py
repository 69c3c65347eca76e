"""Where a statement ends, where its data begins, and what it must not touch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded.clickhouse.refusal import Code, Refusal
from embedded.clickhouse.statement import Insert, Query, blanked, parse

FORMATS = {name.lower(): name for name in ("Native", "CSV", "JSON", "Values", "TSV")}


def of(sql: str | bytes, *, whole: bool = True) -> Query | Insert:
    return parse(sql.encode() if isinstance(sql, str) else sql, FORMATS, whole=whole)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", Query("SELECT 1", None, rows=True)),
        ("SELECT 1 FORMAT json;", Query("SELECT 1", "JSON", rows=True)),
        ("SELECT 1\n FORMAT Native", Query("SELECT 1", "Native", rows=True)),
        ("SELECT 'a'", Query("SELECT 'a'", None, rows=True)),
        ("SELECT 1 -- FORMAT CSV\n;", Query("SELECT 1", None, rows=True)),
        ("SELECT 'é FORMAT CSV'", Query("SELECT 'é FORMAT CSV'", None, rows=True)),
        (
            "SELECT 1 FORMAT CSV SETTINGS max_threads = 1",
            Query("SELECT 1 SETTINGS max_threads = 1", "CSV", rows=True),
        ),
        ("SELECT 1 ORDER BY format DESC", Query("SELECT 1 ORDER BY format DESC", None, rows=True)),
        ("((WITH 1 AS a SELECT a))", Query("((WITH 1 AS a SELECT a))", None, rows=True)),
        ("SHOW TABLES", Query("SHOW TABLES", None, rows=False)),
        ("INSERT INTO t VALUES (1)", Query("INSERT INTO t VALUES (1)", None, rows=False)),
        ("INSERT INTO t SELECT 1 FORMAT CSV", Query("INSERT INTO t SELECT 1", "CSV", rows=False)),
    ],
)
def test_a_statement_and_its_format(sql: str, expected: Query) -> None:
    assert of(sql) == expected


@pytest.mark.parametrize("between", ["\n", "\r\n", " \n", ";\n", ";\t\n"])
@pytest.mark.parametrize("data", [b"\n\x02\x01", b" x", b"FORMAT CSV", b"'", b"\xff\xfe"])
def test_data_begins_right_after_the_first_line_break(between: str, data: bytes) -> None:
    head = f"/* FORMAT CSV */ INSERT INTO `t FORMAT CSV` (values, b) FORMAT native{between}"
    found = of(head.encode() + data, whole=False)
    assert isinstance(found, Insert)
    assert (found.format, found.sql.split()[-1]) == ("Native", "b)")
    assert head.encode()[found.data_at :] + data == data


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 INTO OUTFILE '/tmp/x'",
        "SELECT 1 into/**/\noutfile '/tmp/x' FORMAT CSV",
        "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV",
        "SELECT $a$ $a$ INTO OUTFILE 'x'",
        "SELECT a$b$, 1 INTO OUTFILE 'x' -- $b$",
    ],
)
def test_no_file_of_the_host_is_touched(sql: str) -> None:
    with pytest.raises(Refusal) as refused:
        of(sql)
    assert refused.value.code == Code.INTO_OUTFILE_NOT_ALLOWED


@given(st.text(st.sampled_from("ab'\\\"`-*/$# \n")), st.sampled_from("'\"`"))
def test_whatever_is_quoted_says_nothing(text: str, quote: str) -> None:
    inner = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    bare = blanked(f"SELECT {quote}{inner} INTO OUTFILE {quote} x")
    assert bare.replace("'", "").split() == ["SELECT", "x"]


def test_a_statement_has_an_end() -> None:
    with pytest.raises(Refusal) as refused:
        of("SELECT 1 + ", whole=False)
    assert refused.value.status == 413


def test_a_statement_is_utf8() -> None:
    with pytest.raises(Refusal) as refused:
        of(b"SELECT '\xff'")
    assert refused.value.status == 400
