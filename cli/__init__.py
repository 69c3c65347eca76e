"""The operator's hand: one file per command family."""
