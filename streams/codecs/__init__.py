"""Payload codecs: TS013 JavaScript in a sandbox, and Python codecs by discovery."""
