"""A dead letter says where it came from and why, and keeps what came."""

from hypothesis import given
from hypothesis import strategies as st

from streams.dead_letters import MESSAGE_MAX, headers, said


@given(
    st.text(), st.integers(0), st.integers(0), st.text(), st.text(), st.text(max_size=MESSAGE_MAX)
)
def test_what_is_written_is_read(
    topic: str, partition: int, offset: int, stage: str, reason: str, message: str
) -> None:
    read = said(headers(topic, partition, offset, stage, reason, message))
    assert (int(read["partition"]), int(read["offset"])) == (partition, offset)
    expected = [t.encode("utf-8", "replace").decode() for t in (topic, stage, reason, message)]
    assert [read[n] for n in ("topic", "stage", "reason", "message")] == expected


def test_the_message_is_bounded() -> None:
    read = said(headers("t", 0, 0, "sink", "avro", "x" * (10 * MESSAGE_MAX)))
    assert read["message"] == "x" * MESSAGE_MAX


def test_headers_of_the_sender_are_not_ours() -> None:
    assert said([("traceparent", b"00-1"), ("vigie.errors.reason", None)]) == {"reason": ""}
    assert said(None) == {}


def test_of_a_letter_that_died_twice_the_last_reason_counts() -> None:
    twice = headers("a", 0, 1, "decode", "avro", "") + headers("b", 3, 4, "sink", "row", "")
    assert (said(twice)["topic"], said(twice)["reason"]) == ("b", "row")
