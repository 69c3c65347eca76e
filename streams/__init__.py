"""Kafka to Kafka: the judgement of data and the agents that drive it."""
