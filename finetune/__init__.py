"""Making and judging the models. Imports both siblings; nobody imports it at run time."""
