"""The door: what network servers post is kept verbatim on Kafka before they are told so."""

from connectors.webhook.server import main

__all__ = ["main"]
