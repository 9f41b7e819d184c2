"""The corpus that the compact writer learns from: plans of every kind and replies composed from phrase tables."""
