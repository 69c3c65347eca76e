"""The product's pure core against the oracle, without any server."""
