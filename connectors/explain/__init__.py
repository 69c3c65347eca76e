"""What the life of a value is told from: the store, and the uplink on its topic."""
