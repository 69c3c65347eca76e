"""The outside world to Kafka or ClickHouse, and back."""
