"""Making and judging the model that tells whether a passage answers a question."""
