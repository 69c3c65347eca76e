"""Which alerts stand at an instant: decisions, what a silence explains, maintenance."""

import pytest

from streams.alerts import Alert, Condition, Fleet, Folded, standing, sweep, transition
from streams.alerts.alert import alert
from tests.streams.alerts.world import at, declared, device, fleet, plain, silent, written

FLEET = fleet(["d1", "d2", "d3"])


def alerts(found: list[Condition], clock: int, of: Fleet = FLEET) -> list[Alert]:
    known = {c.key: c for c in found}
    silences = {k: c for k, c in known.items() if c.kind == "silent"}
    stand = standing(known, sweep(Folded(), silences, of, clock), of, clock)
    return sorted(stand.values(), key=lambda a: (a.opened_at, a.rule, a.subject))


def rules(found: list[Condition], clock: int) -> list[str]:
    return [a.rule for a in alerts(found, clock)]


@pytest.mark.parametrize(
    ("closed", "clock", "raised"),
    [
        (None, at(1, 1), False),
        (None, at(1, 2), True),
        (at(1, 2), at(1, 9), False),
        (at(1, 3), at(1, 9), True),
        (at(1), at(1, 9), True),
    ],
)
def test_a_condition_is_decided_two_minutes_after_it_opened(
    closed: int | None, clock: int, raised: bool
) -> None:
    """One that ends before raises nothing, but for one that is of an instant, such as a reset."""
    assert bool(alerts([plain("d1", "battery", at(1), closed)], clock)) == raised


def test_what_ends_later_than_the_clock_is_open() -> None:
    (early,) = alerts([plain("d1", "battery", at(1), at(3))], at(2))
    (late,) = alerts([plain("d1", "battery", at(1), at(3))], at(3))
    assert (early.closed_at, early.updated_at) == (None, at(1))
    assert (late.closed_at, late.updated_at) == (at(3), at(3))
    assert early.id == late.id


def test_an_id_tells_series_subjects_and_openings_apart() -> None:
    found = [
        plain("d1", "threshold", at(1)),
        plain("d1", "threshold", at(2)),
        plain("d2", "threshold", at(1)),
        plain("d1", "threshold", at(1), prop="no2"),
        plain("d1", "abnormal", at(1)),
    ]
    assert len({a.id for a in alerts(found, at(5))}) == 5


@pytest.mark.parametrize("kind", ["incomplete", "losses"])
def test_what_a_silence_brings_with_it_is_no_alert_until_a_day_after(kind: str) -> None:
    silence = silent("d1", at(1), at(6))
    missing = plain("d1", kind, at(6, 5))
    assert rules([silence, missing], at(29)) == ["silent"]
    assert rules([silence, missing], at(30)) == ["silent", kind]
    ended = plain("d1", kind, at(6, 5), at(29))
    assert rules([silence, ended], at(90)) == ["silent"]
    assert rules([silence, plain("d2", kind, at(6, 5))], at(7)) == ["silent", kind]
    assert rules([silence, plain("d1", kind, at(0, 20))], at(7)) == [kind, "silent"]


def test_a_silence_explains_no_battery() -> None:
    assert rules([silent("d1", at(1)), plain("d1", "battery", at(2))], at(3)) == [
        "silent",
        "battery",
    ]


def maintained(*spans: tuple[int, int | None]) -> Fleet:
    acts = [
        (
            "maintenance",
            {"id": f"m{i}", "device": "d1", "what": "moved", "who": "team", "from": written(start)}
            | ({} if end is None else {"to": written(end)}),
        )
        for i, (start, end) in enumerate(spans)
    ]
    return Fleet(declared([*device("d1"), *device("d2"), *device("d3"), *acts]))


@pytest.mark.parametrize(
    ("spans", "clock", "silenced"),
    [
        ([(at(0), at(4))], at(3, 59), True),
        ([(at(0), at(4))], at(4), False),
        ([(at(0), at(4)), (at(4), at(6))], at(5), True),
        ([(at(0), at(4)), (at(4, 1), at(6))], at(5), False),
        ([(at(2), at(4))], at(3), False),
        ([(at(0), None)], at(3), False),
        ([], at(3), False),
    ],
)
def test_maintenance_at_the_opening_silences_until_it_ends(
    spans: list[tuple[int, int | None]], clock: int, silenced: bool
) -> None:
    (found,) = alerts([plain("d1", "battery", at(1))], clock, maintained(*spans))
    assert found.silenced == silenced


def test_what_ends_under_maintenance_stays_silenced() -> None:
    (found,) = alerts([plain("d1", "battery", at(1), at(3))], at(9), maintained((at(0), at(4))))
    assert found.silenced
    (found,) = alerts([plain("d1", "battery", at(1), at(4))], at(9), maintained((at(0), at(4))))
    assert not found.silenced


def test_an_outage_is_silenced_only_where_all_its_devices_are() -> None:
    down = [silent(n, at(1)) for n in ("d1", "d2", "d3")]
    (found,) = alerts(down, at(2), maintained((at(0), at(4))))
    assert (found.rule, found.silenced) == ("gateway_outage", False)


def test_outages_have_levels_of_their_own_and_a_silence_that_of_its_condition() -> None:
    (alone,) = alerts([silent("d1", at(1), level=3)], at(30))
    assert (alone.rule, alone.subject, alone.level) == ("silent", "d1", 3)
    (down,) = alerts([silent(n, at(1)) for n in ("d1", "d2", "d3")], at(30))
    assert (down.rule, down.subject_kind, down.subject, down.level) == (
        "gateway_outage",
        "gateway",
        "g1",
        3,
    )
    assert down.reason == (
        "3 devices that gateway g1 carried fell silent together, "
        "the last one heard at 2026-03-02T00:30:00Z"
    )


BEFORE = Alert("r", "d1", 1, 1, None, 2, ("d1",), "seen")


@pytest.mark.parametrize(
    ("before", "changes", "what"),
    [
        (None, {}, "opened"),
        (None, {"closed_at": 2}, "closed"),
        (BEFORE, {}, None),
        (BEFORE, {"reason": "more", "updated_at": 9}, None),
        (BEFORE, {"level": 3}, "updated"),
        (BEFORE, {"devices": ("d1", "d2")}, "updated"),
        ({"devices": ("d1", "d2")}, {"devices": ("d1", "d2", "d3")}, "joined"),
        ({"devices": ("d1", "d2")}, {"devices": ("d1", "d2", "e")}, "updated"),
        ({"devices": ("d1", "d2", "d3")}, {"devices": ("d1", "d2")}, "updated"),
        ({"devices": ("d1", "d2", "d3")}, {"devices": ("d1", "d2", "d4")}, "updated"),
        ({"devices": ("d1", "d2")}, {"devices": ("d1", "d2", "d3"), "level": 3}, "updated"),
        ({"devices": ("d1", "d2")}, {"devices": ("d1", "d2", "d3"), "closed_at": 2}, "closed"),
        (BEFORE, {"closed_at": 2}, "closed"),
        (BEFORE, {"closed_at": 2, "withdrawn": True}, "withdrawn"),
        (BEFORE, {"silenced": True}, "updated"),
        ({"silenced": True}, {}, "opened"),
        ({"silenced": True}, {"silenced": True, "level": 3}, "updated"),
        ({"closed_at": 2}, {}, "opened"),
        ({"closed_at": 2}, {"closed_at": 3}, "closed"),
    ],
)
def test_transitions(before: object, changes: dict[str, object], what: str | None) -> None:
    first = BEFORE.record() | before if isinstance(before, dict) else BEFORE.record()
    now = alert(BEFORE.record() | changes)
    assert transition(None if before is None else alert(first), now, lambda d: d[0]) == what


def test_an_alert_survives_the_wire() -> None:
    assert alert(BEFORE.record()) == BEFORE
    assert len(BEFORE.id) == 32
