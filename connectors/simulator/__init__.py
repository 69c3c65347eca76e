"""A simulated city that posts uplinks as the real network servers do, and knows the truth."""
