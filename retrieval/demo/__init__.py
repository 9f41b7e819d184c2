"""Quillmoor: an invented shop, from its brands to its orders, made by a seeded generator from hand-written tables."""
