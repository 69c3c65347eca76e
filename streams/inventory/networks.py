"""What is known of a network server beside its format."""

from pydantic import Field

from streams.inventory.declared import Declared, Text
from streams.inventory.fieldwork import Effect


class Disturbance(Effect):
    """What a network server did to the data of ``[from, to)``, such as wrong times, and why."""

    reason: Text


class Network(Declared):
    """A network server: its id is the one that sources name in ``network``.

    ``forwards_every_frame`` is whether a gap in the frame counter is a frame lost on the air; a
    server that forwards a choice of frames makes gaps of its own. ``affects`` is said of the data
    of all devices that are declared to be on it (``network`` of a device).
    """

    name: str = Field(max_length=200)
    operator: Text = ""
    contact: Text = ""
    forwards_every_frame: bool = True
    affects: tuple[Disturbance, ...] = Field((), max_length=100)
