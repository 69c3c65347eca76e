"""One generator per thing that is drawn, so that adding one thing changes no other."""

from random import Random


def seeded(seed: int, *what: object) -> Random:
    """A generator that depends on the seed and on the name of what it draws, nothing else."""
    name = ":".join(str(part) for part in (seed, *what))
    return Random(name)  # noqa: S311  a simulation has to be repeatable, not secret
