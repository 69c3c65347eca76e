"""What an operator should see: the conditions of devices, folded by gateway and network.

Pure: conditions, what is declared and a clock in, alerts out. ``conditions`` holds what observe
said, ``outages`` folds silences, ``standing`` makes the alerts of an instant.
"""

from streams.alerts.alert import Alert, transition
from streams.alerts.condition import SILENT, Condition, Key
from streams.alerts.episode import Folded
from streams.alerts.fleet import Fleet
from streams.alerts.outages import sweep
from streams.alerts.standing import standing

__all__ = [
    "SILENT",
    "Alert",
    "Condition",
    "Fleet",
    "Folded",
    "Key",
    "standing",
    "sweep",
    "transition",
]
