"""The shop as tools for other programs, over the Model Context Protocol: searching, reading needs, the copilot, and
the service desk under the same permissions as the agents' own page."""
