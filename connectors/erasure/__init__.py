"""Erasing what a device observed from Kafka and the store, with a receipt."""
