"""Which alerts somebody wants to be told of. Pure."""

from streams.alerts.alert import Alert
from streams.inventory.notifiers import Notifier
from streams.registry import Registry


def wants(notifier: Notifier, happened: str, one: Alert, registry: Registry) -> bool:
    """Whether a notifier is told of a transition; of one that maintenance silences nobody is."""
    if one.silenced or happened not in notifier.transitions or one.level < notifier.least_level:
        return False
    if notifier.rules and one.rule not in notifier.rules:
        return False
    devices = [d for name in one.devices if (d := registry.get("device", name)) is not None]
    cases, groups = {d.use_case for d in devices}, {d.group for d in devices}
    return (not notifier.use_cases or bool(cases.intersection(notifier.use_cases))) and (
        not notifier.groups or bool(groups.intersection(notifier.groups))
    )
