"""Uplinks of a period sent again through the live way, into it or beside it."""
