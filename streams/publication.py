"""Whether values may leave: nothing personal is published finer than its use case declares."""

from collections.abc import Sequence

from streams.inventory import Property, UseCase


def withheld(
    use_case: UseCase | None, properties: Sequence[Property], period: float, devices: int = 1
) -> str:
    """Why values of a use case may not be published, empty where they may.

    A value is computed from these properties, stands for ``period`` seconds and for so many
    ``devices`` together. What belongs to no use case that is declared has nobody who would
    allow it.
    """
    of_use_case = use_case is not None and use_case.personal_data != "none"
    personal = [p.id for p in properties if p.personal_data != "none"]
    if not of_use_case and not personal:
        return ""
    name = use_case.id if use_case else "of no use case"
    what = f"{name} is personal data" if of_use_case else f"{', '.join(personal)} is personal data"
    if use_case is None or use_case.published is None:
        return f"{what}, and its use case declares nothing as published"
    least = use_case.published
    if period < least.least_period:
        return f"{what}: published from {least.least_period:g} s on, and this is {period:g} s"
    if devices < least.least_devices:
        return f"{what}: published for {least.least_devices} devices together, this is {devices}"
    return ""
