"""Whether quality tests and calibrations are there, and take the parameters they are given."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from streams.condition_plan import CONDITIONS
from streams.inventory.declared import Declared, Place
from streams.inventory.devices import Device
from streams.inventory.judgement import Calibration, Profile
from streams.inventory.use_cases import UseCase
from streams.inventory.watching import Conditions
from streams.segment import KINDS, TESTS


def unusable(declared: Declared) -> Iterator[tuple[Place, str]]:
    """What of a profile or a calibration cannot be used, each with its place in the object."""
    if isinstance(declared, Profile | Device | UseCase):
        yield from _conditions(declared.conditions, isinstance(declared, Profile))
    if isinstance(declared, Profile):
        for name, given in (declared.tests or {}).items():
            at: Place = ("tests", name)
            if name in TESTS:
                yield from _refused(TESTS[name].params, given, at)
            else:
                yield at, f"there is no test {name!r}: {_remedy(name, TESTS)}"
    elif isinstance(declared, Calibration):
        kind = KINDS.get(declared.kind)
        if kind is None:
            yield ("kind",), f"there is no kind {declared.kind!r}: {_remedy(declared.kind, KINDS)}"
        else:
            yield from _refused(kind.params, declared.params, ("params",))


def _conditions(given: Conditions, of_series: bool) -> Iterator[tuple[Place, str]]:
    """A profile is about series, and so are the conditions that it may set."""
    known = {name: kind for name, kind in CONDITIONS.items() if kind.series or not of_series}
    for name, params in given.items():
        at: Place = ("conditions", name)
        if name not in known:
            where = " of one series" if of_series else ""
            yield at, f"there is no condition {name!r}{where}: {_remedy(name, known)}"
        elif params is not False:
            yield from _refused(known[name].params, params, at)


def _refused(
    model: type[BaseModel], given: Mapping[str, Any], at: Place
) -> Iterator[tuple[Place, str]]:
    try:
        model.model_validate(given)
    except ValidationError as e:
        for error in e.errors(include_url=False, include_input=False, include_context=False):
            place: Place = (*at, *error["loc"])
            message = error["msg"].removeprefix("Value error, ")
            if error["type"] == "extra_forbidden":
                name = str(error["loc"][-1])
                message = f"there is no such parameter: {_remedy(name, model.model_fields)}"
            yield place, f"{'.'.join(map(str, place))}: {message}"


def _remedy(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
