"""Files of loggers: cut into uplinks, appended to Kafka once, and said what became of each row."""
