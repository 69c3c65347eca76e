"""Payload codecs in Python: one file, one :class:`streams.codecs.payload.PayloadCodec` each."""
