"""Quillmoor: the demo shop, invented from its brands to its orders, made by a seeded generator from hand-written tables."""
