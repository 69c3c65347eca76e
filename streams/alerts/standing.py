"""The alerts that stand at an instant."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from streams.alerts.alert import DEVICE, GATEWAY, NETWORK, Alert
from streams.alerts.condition import SILENT, Condition, Key
from streams.alerts.episode import Episode, Folded
from streams.alerts.fleet import Fleet
from streams.alerts.silences import HOLD
from streams.duration import DAY

EXPLAINED = frozenset({"incomplete", "losses"})
"""What a silence brings with it: both look back over a day."""

LEVELS = {DEVICE: 2, GATEWAY: 3, NETWORK: 4}
"""Of what is no condition's own; a silence that was folded keeps the level at which it begins."""
_FOR_EVER = 1 << 62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


Over = dict[Key, tuple[Condition, Alert]]
"""The alerts of conditions that are over, which no time changes any more: of one inventory."""


def standing(
    conditions: Mapping[Key, Condition],
    folded: Folded,
    fleet: Fleet,
    clock: int,
    over: Over | None = None,
) -> dict[str, Alert]:
    """All alerts by id, open ones and those closed by ``clock`` (UTC microseconds).

    ``folded`` is the sweep over the silences among the conditions, until ``clock``. ``over`` is
    taken up and added to: of a fortnight nearly all conditions are over.
    """
    over = {} if over is None else over
    silences: dict[str, list[Condition]] = {}
    for one in conditions.values():
        if one.kind == SILENT:
            silences.setdefault(one.device, []).append(one)
    episodes = (_of_episode(e, conditions) for e in folded.episodes)
    found = [replace(a, silenced=_silenced(a, fleet, clock)) for a in episodes]
    found += _of_conditions(conditions, silences, fleet, clock, over)
    return {a.id: a for a in found}


def _of_conditions(
    conditions: Mapping[Key, Condition],
    silences: Mapping[str, list[Condition]],
    fleet: Fleet,
    clock: int,
    over: Over,
) -> Iterator[Alert]:
    """One alert for each condition that has outlived its decision, or that is of an instant."""
    for key, one in conditions.items():
        if one.kind == SILENT:
            continue
        if key in over and over[key][0] is one:
            yield over[key][1]
            continue
        decided = one.opened_at + HOLD
        if one.kind in EXPLAINED:
            spans = [_explains(s, one, fleet) for s in silences.get(one.device, ())]
            decided = max([decided, *spans])
        passing = one.closed_at is not None and one.opened_at < one.closed_at <= decided
        if decided <= clock and not passing:
            made = _of_condition(one, clock)
            made = replace(made, silenced=_silenced(made, fleet, clock))
            if made.closed_at is not None and one.kind not in EXPLAINED:
                over[key] = one, made
            yield made


def _explains(silence: Condition, one: Condition, fleet: Fleet) -> int:
    """Until when a silence explains what is missing; 0 where it does not."""
    heard = silence.opened_at - fleet.patience(silence.device, silence.opened_at)
    until = _FOR_EVER if silence.closed_at is None else silence.closed_at + DAY
    return until if heard <= one.opened_at < until else 0


def _of_condition(one: Condition, clock: int) -> Alert:
    closed = one.closed_at if one.closed_at is not None and one.closed_at <= clock else None
    return Alert(
        rule=one.kind,
        subject=one.device,
        opened_at=one.opened_at,
        updated_at=one.opened_at if closed is None else closed,
        closed_at=closed,
        level=one.level,
        devices=(one.device,),
        reason=one.reason,
        property=one.property,
        channel=one.channel,
    )


def _of_episode(one: Episode, conditions: Mapping[Key, Condition]) -> Alert:
    said = conditions.get(one.members[0]) if one.kind == DEVICE and not one.into else None
    return Alert(
        rule=SILENT if one.kind == DEVICE else f"{one.kind}_outage",
        subject=one.subject,
        opened_at=one.opened_at,
        updated_at=one.updated_at,
        closed_at=one.closed_at,
        level=said.level if said else LEVELS[one.kind],
        devices=tuple(sorted({key[0] for key in one.members})),
        reason=_reason(one, said.reason if said else ""),
        subject_kind=one.kind,
    )


def _reason(one: Episode, said: str) -> str:
    if one.into:
        return f"folded into {one.into}"
    if one.kind == DEVICE:
        return said
    last = (_EPOCH + timedelta(microseconds=one.since)).isoformat(timespec="seconds")
    return (
        f"{len(one.members)} devices that {one.kind} {one.subject} carried fell silent together, "
        f"the last one heard at {last.replace('+00:00', 'Z')}"
    )


def _silenced(one: Alert, fleet: Fleet, clock: int) -> bool:
    """Whether maintenance covers every device at the opening and has not ended since."""
    at = clock if one.closed_at is None else one.closed_at
    ends = [fleet.maintained(device, one.opened_at) for device in one.devices]
    return all(end is not None and at < end for end in ends)
