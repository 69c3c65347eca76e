"""How fast it is, against what the machine could do: one file a benchmark, found by its name."""
