"""Silences folded, by hand and as a property: where a sweep stops changes nothing."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.alerts import Condition, Fleet, Folded, sweep
from streams.alerts.kept import pack, unpack
from tests.streams.alerts.world import MINUTE, at, fleet, silent

NAMES = [f"d{i}" for i in range(1, 21)]
FLEET = fleet(NAMES)
Told = tuple[str, str, int, int | None, list[str], str]


def told(silences: Iterable[Condition], until: int, of: Fleet = FLEET) -> list[Told]:
    """Kind, subject, opening, end, devices and what it became part of, of every episode."""
    folded = sweep(Folded(), {s.key: s for s in silences}, of, until)
    return [
        (e.kind, e.subject, e.opened_at, e.closed_at, sorted(k[0] for k in e.members), e.into)
        for e in folded.episodes
    ]


def test_a_device_alone_is_an_alert_of_its_own_once_it_has_waited_for_others() -> None:
    alone = [silent("d1", at(1), at(3))]
    assert told(alone, at(1, 9)) == []
    assert told(alone, at(1, 10)) == [("device", "d1", at(1), None, ["d1"], "")]
    assert told(alone, at(3)) == [("device", "d1", at(1), at(3), ["d1"], "")]


def test_a_silence_that_ends_before_it_is_decided_is_nothing() -> None:
    assert told([silent("d1", at(1), at(1, 10))], at(5)) == []


def test_two_of_a_gateway_are_two_and_three_are_its_outage() -> None:
    two = [silent("d1", at(1)), silent("d2", at(1, 4))]
    assert [t[:2] for t in told(two, at(5))] == [("device", "d1"), ("device", "d2")]
    three = [*two, silent("d3", at(1, 8))]
    assert told(three, at(5)) == [("gateway", "g1", at(1), None, ["d1", "d2", "d3"], "")]


def test_who_cannot_have_failed_at_the_same_instant_is_not_folded() -> None:
    apart = [silent("d1", at(1)), silent("d2", at(1, 31)), silent("d3", at(2, 2))]
    assert [t[0] for t in told(apart, at(5))] == ["device"] * 3


def test_a_gateway_through_which_somebody_was_heard_since_is_not_down() -> None:
    others = [silent("d1", at(1)), silent("d2", at(1, 4)), silent("d3", at(1, 8))]
    heard = silent("d4", at(0, 50), at(0, 59))
    assert [t[0] for t in told([*others, heard], at(5))] == ["device"] * 3
    elsewhere = silent("d4", at(0, 50), at(0, 59), ("g2",))
    assert [t[0] for t in told([*others, elsewhere], at(5))] == ["gateway"]


def test_the_gateway_that_explains_most_is_the_one() -> None:
    both = [silent(n, at(1, i), gateways=("g1", "g2")) for i, n in enumerate(NAMES[:4])]
    found = told([*both, silent("d5", at(1, 4), gateways=("g2",))], at(5))
    assert found == [("gateway", "g2", at(1), None, ["d1", "d2", "d3", "d4", "d5"], "")]


def test_a_device_that_several_gateways_hear_counts_for_each_by_its_share() -> None:
    """In a dense city whoever falls silent by chance would else make an outage of each of them."""
    only = fleet(NAMES, ["tts"])
    both = [silent(n, at(1), gateways=("g1", "g2")) for n in NAMES[:6]]
    assert [t[0] for t in told(both[:5], at(5), only)] == ["device"] * 5
    assert [t[:2] for t in told(both, at(5), only)] == [("gateway", "g1")]


def test_who_comes_back_through_another_gateway_says_nothing_of_this_one() -> None:
    down = [silent(n, at(1), gateways=("g1",)) for n in NAMES[:3]]
    back = silent("d4", at(0, 50), at(0, 59), ("g1", "g2"))
    assert [t[:2] for t in told([*down, back], at(5))] == [("gateway", "g1")]


def test_a_network_is_down_though_one_gateway_in_the_middle_heard_everybody() -> None:
    around = [silent(n, at(1), gateways=("g0", f"g{i % 5 + 1}")) for i, n in enumerate(NAMES)]
    assert [t[:2] for t in told(around, at(5))] == [("network", "tts")]


def test_a_network_is_down_though_each_of_its_gateways_was_found_to_be_first() -> None:
    """Who falls silent after that is of a gateway that is down, and of the network as well."""
    silences = [silent(n, at(1, i), gateways=(f"g{i % 2}",)) for i, n in enumerate(NAMES)]
    found = told(silences, at(9), fleet(NAMES, ["tts"]))
    still = [t[:2] for t in found if t[3] is None]
    assert (still, len(found[-1][4])) == ([("network", "tts")], len(NAMES))


def test_who_comes_later_joins_and_what_it_was_said_alone_becomes_part() -> None:
    early = [silent(n, at(1, i)) for i, n in enumerate(("d1", "d2"))]
    late = silent("d3", at(1, 25))
    found = told([*early, late], at(5))
    into = "the outage of gateway g1"
    assert found == [
        ("device", "d1", at(1), at(1, 35), ["d1"], into),
        ("device", "d2", at(1, 1), at(1, 35), ["d2"], into),
        ("gateway", "g1", at(1), None, ["d1", "d2", "d3"], ""),
    ]
    joined = told([*early, late, silent("d4", at(1, 26))], at(5))
    assert joined[-1] == ("gateway", "g1", at(1), None, ["d1", "d2", "d3", "d4"], "")


def test_an_outage_is_over_when_more_than_half_are_back_and_who_is_not_gets_time() -> None:
    ends = {"d1": at(4), "d2": at(4, 2), "d3": at(4, 5), "d4": at(4, 20)}
    silences = [silent(n, at(1), end) for n, end in ends.items()]
    assert told(silences, at(9)) == [
        ("gateway", "g1", at(1), at(4, 5), ["d1", "d2", "d3", "d4"], "")
    ]
    dead = [*silences[:3], silent("d4", at(1))]
    assert told(dead, at(9))[1:] == [("device", "d4", at(4, 35), None, ["d4"], "")]


def test_a_network_is_down_when_no_gateway_of_its_own_explains_it() -> None:
    silences = [silent(n, at(1, i), gateways=(f"g{i % 2}",)) for i, n in enumerate(NAMES[:6])]
    assert told(silences, at(5)) == [
        ("network", "tts", at(1), None, sorted(NAMES[:6]), ""),
    ]
    one_gateway = [silent(n, at(1, i)) for i, n in enumerate(NAMES[:6])]
    assert [t[:2] for t in told(one_gateway, at(5))] == [("gateway", "g1")]
    two_networks = [silent(n, at(1), network=f"n{i % 2}") for i, n in enumerate(NAMES[:6])]
    assert {t[0] for t in told(two_networks, at(5))} == {"gateway"}


@pytest.mark.parametrize(
    ("networks", "size", "down", "kind"),
    [
        (["tts"], 20, 11, "gateway"),
        (["tts"], 20, 12, "network"),
        (["tts", "lora"], 80, 7, "gateway"),
        (["tts", "lora"], 80, 8, "network"),
    ],
)
def test_a_share_of_what_stands_somewhere_must_be_silent(
    networks: list[str], size: int, down: int, kind: str
) -> None:
    """Sixty percent where all devices are of one network, ten of all where there are several."""
    only = fleet([f"d{i}" for i in range(1, size + 1)], networks)
    silences = [silent(n, at(1), gateways=(f"g{i % 2}",)) for i, n in enumerate(NAMES[:down])]
    assert {t[0] for t in told(silences, at(5), only)} == {kind}


def test_gateways_become_part_of_their_networks_outage() -> None:
    first = [silent(n, at(1, i), gateways=("g1",)) for i, n in enumerate(NAMES[:3])]
    then = [silent(n, at(1, 20 + i), gateways=("g2",)) for i, n in enumerate(NAMES[3:5])]
    found = told([*first, *then], at(5))
    assert found == [
        ("gateway", "g1", at(1), at(1, 30), ["d1", "d2", "d3"], "the outage of network tts"),
        ("network", "tts", at(1), None, ["d1", "d2", "d3", "d4", "d5"], ""),
    ]


def test_a_silence_that_never_was_leaves_what_it_was_part_of() -> None:
    silences = {s.key: s for s in (silent(n, at(1)) for n in NAMES[:3])}
    folded = sweep(Folded(), silences, FLEET, at(2))
    del silences[silent("d2", at(1)).key]
    rest = sweep(folded, silences, FLEET, at(3))
    assert [sorted(k[0] for k in e.members) for e in rest.episodes] == [["d1", "d3"]]


minutes = st.integers(0, 10 * 60)
SILENCES = st.lists(
    st.builds(
        lambda name, opened, lasts, gateways, network: silent(
            name,
            at(0, opened),
            None if lasts is None else at(0, opened + lasts),
            tuple(gateways),
            network,
        ),
        st.sampled_from(NAMES),
        minutes,
        st.none() | st.integers(1, 300),
        st.sets(st.sampled_from(["g1", "g2", "g3"]), max_size=2),
        st.sampled_from(["tts", "lora", ""]),
    ),
    max_size=30,
).map(lambda found: _one_at_a_time(found))


def _one_at_a_time(found: list[Condition]) -> list[Condition]:
    """A device is silent once at a time."""
    kept: dict[str, list[Condition]] = {}
    for one in sorted(found, key=lambda s: (s.opened_at, s.device)):
        before = kept.setdefault(one.device, [])
        last = before[-1].closed_at if before else 0
        if last is not None and last < one.opened_at:
            before.append(one)
    return [one for of in kept.values() for one in of]


@given(SILENCES, st.lists(minutes, max_size=5), st.sampled_from([0, 45]))
def test_where_a_sweep_stops_and_is_kept_changes_nothing(
    silences: list[Condition], stops: list[int], ahead: int
) -> None:
    """Nor does it what is known of the next minutes already, from partitions that are ahead."""
    end = at(16)
    whole = sweep(Folded(), {s.key: s for s in silences}, FLEET, end)
    folded = Folded()
    for stop in sorted({at(0, m) for m in stops} | {end}):
        known = {
            s.key: silent(
                s.device,
                s.opened_at,
                s.closed_at if s.closed_at and s.closed_at <= stop + ahead * MINUTE else None,
                s.gateways,
                s.network,
            )
            for s in reversed(silences)
            if s.opened_at <= stop + ahead * MINUTE
        }
        folded = unpack(pack(sweep(folded, known, FLEET, stop)))
    assert folded == whole


@given(SILENCES)
def test_every_silence_that_outlives_its_decision_is_in_one_open_alert(
    silences: list[Condition],
) -> None:
    end = at(16)
    folded = sweep(Folded(), {s.key: s for s in silences}, FLEET, end)
    away = [key for e in folded.episodes if e.closed_at is None for key in e.away]
    still = {s.key for s in silences if s.open_at(end)}
    assert len(away) == len(set(away))
    assert set(away) | set(folded.due) == still
