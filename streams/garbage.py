"""How often Python looks for objects that hold each other: seldom, where a process makes millions
of short-lived ones a minute and hardly any that do.

Source: the documentation of Python's ``gc``: ``freeze`` and ``set_threshold``.
"""

import gc

_NEW, _YOUNG, _MIDDLE = 100_000, 20, 20
"""Objects made beyond those freed until the youngest are looked at (700 where nobody says), and
how many such looks until older ones are."""


def collect_seldom() -> None:
    """From now on in this process. What is there already is not looked at any more: modules, and
    the inventory of a city."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW, _YOUNG, _MIDDLE)
