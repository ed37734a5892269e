"""A workspace with a believable past, to try Bandeja with."""
