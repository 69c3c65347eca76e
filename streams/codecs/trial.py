"""One call of a codec and what its mapping makes of it, for whoever writes them."""

from typing import Any

from streams.codecs.batch import answer
from streams.codecs.call import Call, Outcome
from streams.errors import Skip
from streams.inventory import Codec
from streams.mapping import Times, mapper
from streams.registry import Registry


def mapped(call: Call, outcome: Outcome, codec: Codec, registry: Registry) -> dict[str, Any]:
    """What the codec said, and ``measures`` as they would be on a reading.

    The frame arrives at the time of the call. What the mapping refuses is among the errors,
    with its reason first. On a port that carries no measures there are none, and a warning.
    """
    told, measures = answer(outcome), []
    if not codec.carries(call.port):
        told["warnings"].append(f"port {call.port} is none of ports: its frames are not decoded")
    elif outcome.data is not None:
        try:
            result = mapper(codec, registry)(outcome.data, Times(call.at, call.at))
            measures = result.measures
            refused = result.refused
        except Skip as why:
            refused = why
        if refused:
            told["errors"].append(f"{refused.reason}: {refused}")
    return told | {"measures": measures}
