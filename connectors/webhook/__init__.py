"""The door: what network servers post is kept verbatim on Kafka before they are told so."""
