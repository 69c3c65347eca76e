"""What must be forgotten."""

from streams.inventory.declared import Dated, DeviceId, Text


class Erasure(Dated):
    """What one device observed in ``[from, to)`` is erased and does not come back.

    It stays declared for ever: a late copy, a file that is read again or a replay would bring
    back what has been erased. The device need not be declared any more.

    Source: Regulation (EU) 2016/679, article 17.
    """

    device: DeviceId
    reason: Text = ""
