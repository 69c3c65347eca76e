"""The servers that docker compose would start, for a machine without docker."""
